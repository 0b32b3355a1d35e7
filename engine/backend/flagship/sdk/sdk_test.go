package sdk_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/bucket"
	"github.com/burgee-flags/burgee/engine/eval"
)

func TestHashInputVectors(t *testing.T) {
	text, err := os.ReadFile("../../../../testdata/vectors/flagship/murmur.json")
	require.NoError(t, err)
	var file struct {
		Rows []struct {
			Input      string
			Sum        uint32 `json:"murmur3_x86_32"`
			JS, Python *uint32
		}
	}
	require.NoError(t, json.Unmarshal(text, &file))
	for _, row := range file.Rows {
		t.Run(row.Input, func(t *testing.T) {
			want := map[sdk.HashInput]uint32{sdk.LowBytes: row.Sum, sdk.Packed: row.Sum, sdk.UTF8: row.Sum}
			if row.JS != nil {
				want[sdk.LowBytes] = *row.JS
			}
			if row.Python != nil {
				want[sdk.Packed] = *row.Python
			}
			for input, sum := range want {
				bytes, _ := input.Bytes(row.Input, nil)
				require.Equal(t, sum, bucket.Murmur3{}.With(bytes).Sum(), input)
				require.Equal(t, sum, input.Continue(bucket.Murmur3{}, row.Input).Sum(), input)
			}
		})
	}
}

func TestTextsOfValues(t *testing.T) {
	for number, want := range map[string][2]string{
		"10": {"10", "10"}, "10.0": {"10", "10.0"}, "-0": {"0", "0"}, "-0.0": {"0", "-0.0"}, "1e2": {"100", "100.0"},
		"0.1": {"0.1", "0.1"}, "1e21": {"1e+21", "1e+21"}, "123456789012345678901": {"123456789012345680000", "123456789012345678901"},
		"1e16": {"10000000000000000", "1e+16"}, "1e15": {"1000000000000000", "1000000000000000.0"},
		"0.0001": {"0.0001", "0.0001"}, "0.00001": {"0.00001", "1e-05"}, "0.000001": {"0.000001", "1e-06"},
		"1.5e-7": {"1.5e-7", "1.5e-07"}, "1e-10": {"1e-10", "1e-10"}, "1e100": {"1e+100", "1e+100"}, "1e999": {"Infinity", "inf"},
		"-1e999": {"-Infinity", "-inf"},
	} {
		v := eval.Value{Kind: eval.Number, Text: number}
		require.Equal(t, want[0], string(sdk.JavaScript.AppendText(nil, v)), number)
		require.Equal(t, want[1], string(sdk.Python.AppendText(nil, v)), number)
	}
	require.Equal(t, "true false null x", string(appendAll(sdk.JavaScript)))
	require.Equal(t, "True False None x", string(appendAll(sdk.Python)))
}

func appendAll(l sdk.Language) []byte {
	text := append(l.AppendText(nil, eval.BoolValue(true)), ' ')
	text = append(l.AppendText(text, eval.BoolValue(false)), ' ')
	text = append(l.AppendText(text, eval.Value{}), ' ')
	return l.AppendText(text, eval.StringValue("x"))
}

func TestNumbersAsJavaScriptReadsThem(t *testing.T) {
	for text, want := range map[string]float64{
		"": 0, "  ": 0, "\u00a0\ufeff7\u2028": 7, "12.5": 12.5, ".5": .5, "5.": 5, "+3": 3, "-4e2": -400, "0x1F": 31, "0o17": 15,
		"0B101": 5, "Infinity": math.Inf(1), "-Infinity": math.Inf(-1), "1e999": math.Inf(1), "007": 7,
	} {
		require.Equal(t, want, sdk.JavaScriptNumber(eval.StringValue(text)), "%q", text)
	}
	for _, text := range []string{"x", "1_0", "inf", "NaN", "0x", "-0x1", "0b2", "1e", ".", "٣", "1 2", "\u0085", "infinity", "0x1p2"} {
		require.True(t, math.IsNaN(sdk.JavaScriptNumber(eval.StringValue(text))), "%q", text)
	}
	require.Equal(t, 1.0, sdk.JavaScriptNumber(eval.BoolValue(true)))
	require.Equal(t, 0.0, sdk.JavaScriptNumber(eval.Value{}))
	require.True(t, math.IsNaN(sdk.JavaScriptNumber(eval.Value{Kind: eval.JSON, Text: "[]"})))
}

// The formula of the Python SDK, for a character so high that its first byte overflows into the second.
func TestPackedBytesOverflow(t *testing.T) {
	bytes, _ := sdk.Packed.Bytes("a\U00100000", nil)
	require.Equal(t, "a\xe0\x81\x80", bytes)
	bytes, _ = sdk.LowBytes.Bytes("a\U00100000", nil) // U+DBC0 U+DC00
	require.Equal(t, "a\xc0\x00", bytes)
	bytes, _ = sdk.UTF8.Bytes("a\U00100000", nil)
	require.Equal(t, "a\U00100000", bytes)
}
