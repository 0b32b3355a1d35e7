package bucket

import (
	"hash/crc32"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCRC32EqualsTheStandardSum(t *testing.T) {
	words := []string{"", "a", "flag", "entity-1", "überraschung", "123456789", "12345678", "\x00", strings.Repeat("long", 33)}
	for _, first := range words {
		for _, second := range words {
			require.Equal(t, crc32.ChecksumIEEE([]byte(first+second)), CRC32(first, second), "%q + %q", first, second)
		}
	}
	// The check value of the CRC catalogue.
	require.Equal(t, uint32(0xCBF43926), CRC32("1234", "56789"))
}

func BenchmarkCRC32NoAlloc(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		CRC32("checkout-theme", "user-123456")
	}
}
