package flagship

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/datasync/datasynctest"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/evaljson"
)

func TestFlagValueVectors(t *testing.T) {
	type answer struct {
		Returns json.RawMessage
		Exposed bool `json:"exposed_by_visitorExposed_after_getValue"`
		Exists  bool
	}
	var file struct {
		Rows []struct {
			Flag    string
			Value   json.RawMessage
			Default json.RawMessage
			JS      *answer
			Python  *answer
		}
	}
	datasynctest.Read(t, filepath.Join(vectorDir, "flag_values.json"), &file)
	require.Len(t, file.Rows, 159)
	for _, row := range file.Rows {
		for name, want := range map[string]*answer{"js": row.JS, "python": row.Python} {
			if want == nil {
				continue
			}
			t.Run(strings.Join([]string{name, row.Flag, string(row.Default)}, "/"), func(t *testing.T) {
				types := map[string]Types{"js": JavaScriptTypes, "python": PythonTypes}[name]
				value, fallback := valueOf(row.Value), valueOf(row.Default)
				require.Equal(t, want.Exists, row.Value != nil)
				if !want.Exists {
					return
				}
				serves, mismatch := types.Serves(value, fallback)
				got := row.Default
				if serves {
					got = row.Value
				}
				if got == nil {
					got = json.RawMessage(`"__undefined__"`)
				}
				require.JSONEq(t, string(want.Returns), string(got))
				if name == "js" {
					require.Equal(t, want.Exposed, !mismatch)
				}
			})
		}
	}
}

func valueOf(raw json.RawMessage) eval.Value {
	if raw == nil {
		return eval.Value{}
	}
	return evaljson.Value(raw)
}

func TestLenientTypesServeWhatTheDocumentationPromises(t *testing.T) {
	for _, c := range []struct {
		value, fallback  string
		serves, mismatch bool
	}{
		{`5`, `null`, true, false}, {`null`, `null`, false, false}, {`null`, `1`, false, false}, {`1`, `2.5`, true, false},
		{`1.5`, `2`, true, false}, {`1`, `true`, false, true}, {`true`, `1`, false, true}, {`"a"`, `"b"`, true, false},
		{`[]`, `{}`, false, true}, {`{}`, `{"a":1}`, true, false},
	} {
		serves, mismatch := LenientTypes.Serves(valueOf([]byte(c.value)), valueOf([]byte(c.fallback)))
		require.Equal(t, c.serves, serves, "%s for %s", c.value, c.fallback)
		require.Equal(t, c.mismatch, mismatch, "%s for %s", c.value, c.fallback)
	}
}

func TestSerializedFlagVectors(t *testing.T) {
	var file struct {
		Rows []struct {
			Value, Serialized, Decoded json.RawMessage
		}
	}
	datasynctest.Read(t, filepath.Join(vectorDir, "to_json_hex.json"), &file)
	require.Len(t, file.Rows, 18)
	deviations := datasynctest.LoadDeviations(t, vectorDir, "to_json_hex/")
	for _, row := range file.Rows {
		name := "to_json_hex/" + string(row.Value)
		t.Run(name, func(t *testing.T) {
			read, err := ReadSerialized(row.Serialized)
			require.NoError(t, err)
			if decoded := row.Decoded; string(decoded) == `"__undefined__"` {
				require.Equal(t, eval.Value{}, read.Value)
			} else if decoded != nil {
				require.JSONEq(t, string(decoded), string(evaljson.AppendValue(nil, read.Value)))
			}
			a := *read.From
			a.Modifications = []Modification{{Key: "f", Value: evaljson.Value(row.Value)}}
			flag := Flag{Modification: &a.Modifications[0], From: &a}
			written := flag.AppendSerialized(nil)
			var want, got object
			datasynctest.Decode(t, row.Serialized, &want)
			datasynctest.Decode(t, written, &got)
			datasynctest.RequireEqual(t, deviations.Want(t, name, want), got)
			again, err := ReadSerialized(written)
			require.NoError(t, err)
			require.JSONEq(t, string(row.Value), string(evaljson.AppendValue(nil, again.Value)))
			require.Equal(t, a.Given, again.From.Given)
		})
	}
	deviations.Done(t)
}

func TestSerializedFlagsThatMakeNoSense(t *testing.T) {
	for _, text := range []string{``, `5`, `{}`, `{"key":5}`, `{"key":"f"`} {
		_, err := ReadSerialized([]byte(text))
		require.Error(t, err, text)
	}
	for _, hex := range []string{"", "7", "zz", "7b2276223a", "7b7d", "5b5d", "+1"} {
		flag, err := ReadSerialized([]byte(`{"key":"f","campaignId":"c","hex":"` + hex + `"}`))
		require.NoError(t, err)
		require.Equal(t, eval.Value{}, flag.Value, hex)
		var d Decision
		d.Begin([]Flag{flag})
		require.Equal(t, "c", d.Find("f").From.CampaignID)
	}
}

func TestContextVectors(t *testing.T) {
	var file struct {
		Rows []struct {
			Key        string
			Value      json.RawMessage
			JS, Python any
		}
	}
	datasynctest.Read(t, filepath.Join(vectorDir, "context_update.json"), &file)
	require.Len(t, file.Rows, 40)
	for _, name := range []string{"js", "python"} {
		deviations := datasynctest.LoadDeviations(t, vectorDir, "context_update/"+name+"/")
		for _, row := range file.Rows {
			id := "context_update/" + name + "/" + row.Key + "=" + string(row.Value)
			t.Run(id, func(t *testing.T) {
				want := map[string]any{"js": row.JS, "python": row.Python}[name] != "ignored"
				problem := CheckAttribute(row.Key, evaljson.Value(row.Value))
				require.Equal(t, deviations.Want(t, id, want), problem == "", problem)
			})
		}
		deviations.Done(t)
	}
}

func TestANumberBeyondDoublesIsNoAttribute(t *testing.T) {
	for number, problem := range map[string]string{
		"1e308": "", "-1e308": "", "1e-400": "", "1e400": "the context value of far is beyond the range of numbers",
		"-1e400": "the context value of far is beyond the range of numbers",
	} {
		require.Equal(t, problem, CheckAttribute("far", eval.Value{Kind: eval.Number, Text: number}), number)
	}
}
