package evaljson

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/eval"
)

func TestContextKeepsTypesAndDigits(t *testing.T) {
	var ec eval.Context
	require.NoError(t, Context([]byte(`{"targetingKey":"u","a":1.0,"b":true,"c":null,"d":[1, 2],"e":"x\u0041"}`), &ec))
	require.Equal(t, eval.Context{TargetingKey: "u", Attributes: []eval.Attribute{
		{Name: "a", Value: eval.Value{Kind: eval.Number, Text: "1.0"}},
		{Name: "b", Value: eval.BoolValue(true)},
		{Name: "c"},
		{Name: "d", Value: eval.Value{Kind: eval.JSON, Text: "[1, 2]"}},
		{Name: "e", Value: eval.StringValue("xA")},
	}}, ec)
}

func TestNullIsAnEmptyContext(t *testing.T) {
	var ec eval.Context
	require.NoError(t, Context([]byte(`null`), &ec))
	require.Empty(t, ec)
}

func TestContextThatMakesNoSenseIsAnError(t *testing.T) {
	var ec eval.Context
	require.Equal(t, ErrTargetingKey, Context([]byte(`{"targetingKey":5,"a":"b"}`), &ec))
	for _, text := range []string{`5`, `"x"`, `[]`, `{`, `{"a"}`, `{"a":}`} {
		require.Error(t, Context([]byte(text), &ec), text)
	}
}

func TestAppendedMembersAreReadBack(t *testing.T) {
	text := AppendText([]byte{'{'}, "text", "a\"{")
	text = AppendBool(text, "yes", true)
	for name, raw := range map[string]string{"number": "1.50", "null": "null", "object": `{"a":[1]}`, "no": "false", "s": `"é"`} {
		text = AppendValue(AppendName(text, name), Value([]byte(raw)))
	}
	require.JSONEq(t, `{"text":"a\"{","yes":true,"number":1.50,"null":null,"object":{"a":[1]},"no":false,"s":"é"}`, string(append(text, '}')))
	require.Contains(t, string(text), `"number":1.50`)
}
