package api

import (
	"encoding/base64"
	"encoding/json"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/backendtest"
)

const fliptVectors = "../../testdata/vectors/flipt"

// undecodable is all that Flipt's engine says of a document that it cannot use.
const undecodable = "error parsing json: failed to parse response body: error decoding response body"

func TestVectors(t *testing.T) {
	cases := backendtest.FliptCases(t, fliptVectors)
	require.Equal(t, 489, len(cases), "the sum of the table in its README")
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			l := at(t, someTime)
			handle := l.InitializeEngine(vectorOptions(t, c))
			require.NotZero(t, handle)
			defer l.DestroyEngine(handle)
			reply := ask(t, l, handle, c.Op, c.Request)
			if c.Op != "batch" && c.Request[0] == '[' {
				// A decoder that takes fields by position is a detail of the original; the interface promises an object.
				require.True(t, strings.HasPrefix(failureOf(t, reply), "invalid request: "), "%s", reply)
				return
			}
			if want, failed := c.Want.(map[string]any)["error"].(string); failed {
				requireFailure(t, want, failureOf(t, reply))
				return
			}
			require.Equal(t, c.Want, resultOf(t, c.Op, reply))
		})
	}
}

func vectorOptions(t *testing.T, c backendtest.FliptCase) []byte {
	t.Helper()
	options := map[string]any{"namespace": c.Namespace}
	if c.Snapshot == nil {
		options["document"] = c.Document
	} else {
		options["snapshot"] = base64.StdEncoding.EncodeToString(c.Snapshot)
		options["error_strategy"], options["fetch_mode"] = "fallback", "none"
	}
	text, err := json.Marshal(options)
	require.NoError(t, err)
	return text
}

func ask(t *testing.T, l *Library, handle uint64, op string, request []byte) []byte {
	t.Helper()
	switch op {
	case "variant":
		return l.EvaluateVariant(handle, request, nil)
	case "boolean":
		return l.EvaluateBoolean(handle, request, nil)
	case "batch":
		return l.EvaluateBatch(handle, request, nil)
	case "list_flags":
		return l.ListFlags(handle, nil)
	case "get_snapshot":
		return l.GetSnapshot(handle, nil)
	}
	require.Fail(t, "unknown operation", op)
	return nil
}

// requireFailure accepts a detail where Flipt's engine does not say what is wrong with a document.
func requireFailure(t *testing.T, want, got string) {
	t.Helper()
	if want == undecodable && strings.HasPrefix(got, want+": ") {
		return
	}
	require.Equal(t, want, got)
}

// resultOf returns the reply's result in the form in which the vectors state it.
func resultOf(t *testing.T, op string, reply []byte) any {
	t.Helper()
	if op == "get_snapshot" {
		text, err := base64.StdEncoding.DecodeString(string(reply))
		require.NoError(t, err, "%s", reply)
		var snapshot any
		require.NoError(t, json.Unmarshal(text, &snapshot))
		return map[string]any{"snapshot": snapshot}
	}
	var members map[string]any
	require.NoError(t, json.Unmarshal(reply, &members), "%s", reply)
	result := members["result"]
	require.Equal(t, map[string]any{"status": "success", "result": result, "error_message": nil}, members)
	if op == "list_flags" {
		flags, ok := result.([]any)
		require.True(t, ok, "%s", reply)
		key := func(i int) string { return flags[i].(map[string]any)["key"].(string) }
		sort.Slice(flags, func(i, j int) bool { return key(i) < key(j) })
		return map[string]any{"flags": flags}
	}
	withoutTimes(result)
	return result
}

// withoutTimes removes, at any depth, the members that no vector states.
func withoutTimes(value any) {
	switch v := value.(type) {
	case map[string]any:
		delete(v, "request_duration_millis")
		delete(v, "timestamp")
		for _, member := range v {
			withoutTimes(member)
		}
	case []any:
		for _, element := range v {
			withoutTimes(element)
		}
	}
}
