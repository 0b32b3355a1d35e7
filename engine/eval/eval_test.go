package eval

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// flags is a rule set that only describes itself.
type flags map[string]uint64

func (f flags) Resolve(string, *Context, *Outcome) {}
func (f flags) Problem() string                    { return "" }
func (f flags) Keys() []string {
	var keys []string
	for _, key := range []string{"a", "b", "c", "d"} {
		if _, ok := f[key]; ok {
			keys = append(keys, key)
		}
	}
	return keys
}
func (f flags) Flag(key string) (Flag, bool) {
	print, ok := f[key]
	return Flag{Key: key, Fingerprint: print}, ok
}

func TestChangedListsWhatWasAddedRemovedOrRedefined(t *testing.T) {
	require.Equal(t, []string{"a", "c", "d"}, Changed(flags{"a": 1, "b": 2, "c": 3}, flags{"b": 2, "c": 4, "d": 5}))
	require.Equal(t, []string{"a"}, Changed(nil, flags{"a": 1}))
	require.Equal(t, []string{"a"}, Changed(flags{"a": 1}, nil))
	require.Equal(t, []string{}, Changed(flags{"a": 1}, flags{"a": 1}))
}

func TestOfRepeatedAttributesTheLastCounts(t *testing.T) {
	ec := Context{Attributes: []Attribute{{"a", StringValue("1")}, {"b", StringValue("2")}, {"a", StringValue("3")}}}
	v, ok := ec.Lookup("a")
	require.True(t, ok)
	require.Equal(t, "3", v.Text)
	_, ok = ec.Lookup("c")
	require.False(t, ok)
}

func TestAnOutcomeCanBeUsedAgain(t *testing.T) {
	trace := &Trace{}
	o := Outcome{Trace: trace}
	o.Reset("k")
	o.Value, o.Variant, o.ID, o.Segments = StringValue("v"), "v", 7, append(o.Segments, "s")
	o.Fail(CodeGeneral, "why")
	o.Reset("other")
	require.Equal(t, Outcome{FlagKey: "other", Trace: trace, Segments: []string{}, segments: o.segments}, o)
}

func TestEveryCodeHasANumber(t *testing.T) {
	text, err := os.ReadFile("../../testdata/abi/error_codes.json")
	require.NoError(t, err)
	for i, code := range Codes {
		require.Equal(t, uint32(i+1), code.Number()) //nolint:gosec // a short list
		require.Contains(t, string(text), `"`+string(code)+`"`)
	}
	require.Zero(t, Code("").Number())
}

func TestValuesAsJSON(t *testing.T) {
	for want, v := range map[string]Value{
		`null`: {}, `true`: BoolValue(true), `"a\"b"`: StringValue(`a"b`),
		`12345678901234567890`: {Kind: Number, Text: "12345678901234567890"}, `{"a":1}`: {Kind: JSON, Text: `{"a":1}`},
	} {
		got, err := json.Marshal(v.Any())
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
}
