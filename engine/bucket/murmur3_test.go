package bucket_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/bucket"
)

func TestMurmur3Vectors(t *testing.T) {
	text, err := os.ReadFile("../../testdata/vectors/flagship/murmur.json")
	require.NoError(t, err)
	var file struct {
		Rows []struct {
			Input string
			Sum   uint32 `json:"murmur3_x86_32"`
			Mod   uint32 `json:"mod100"`
		}
	}
	require.NoError(t, json.Unmarshal(text, &file))
	require.Len(t, file.Rows, 89)
	for _, row := range file.Rows {
		t.Run(row.Input, func(t *testing.T) {
			require.Equal(t, row.Mod, row.Sum%100)
			for cut := range len(row.Input) + 1 {
				first, second := row.Input[:cut], row.Input[cut:]
				require.Equal(t, row.Sum, bucket.Murmur3{}.With(first).With(second).Sum(), "cut at %d", cut)
			}
		})
	}
}

func BenchmarkMurmur3NoAlloc(b *testing.B) {
	beginning := bucket.Murmur3{}.With("c9s4q1k3r0a5u7ve2mvg")
	b.ReportAllocs()
	for b.Loop() {
		_ = beginning.With("user-123456").Sum()
	}
}
