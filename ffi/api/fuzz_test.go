package api

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/datasync/datasynctest"
)

func seedFlipt(f *testing.F, call string) {
	f.Helper()
	var table struct {
		Cases []struct{ Call, Request string }
	}
	read(f, "flipt.json", &table)
	for _, c := range table.Cases {
		if c.Call == call {
			f.Add([]byte(c.Request))
		}
	}
	var invalid map[string]json.RawMessage
	read(f, "flipt_invalid.json", &invalid)
	var requests []string
	require.NoError(f, json.Unmarshal(invalid[call], &requests))
	for _, request := range requests {
		f.Add([]byte(request))
	}
}

func fuzzFlipt(f *testing.F, call string) {
	f.Helper()
	seedFlipt(f, call)
	l, handle := opened(f)
	evaluate := evaluations(l)[call]
	f.Fuzz(func(t *testing.T, request []byte) {
		before := string(request)
		reply := evaluate(handle, request, nil)
		require.Equal(t, before, string(request), "the request is the caller's")
		require.True(t, utf8.Valid(reply), "%q", reply)
		var e envelope
		require.NoError(t, json.Unmarshal(reply, &e), "%q", reply)
		require.Equal(t, e.Status == "success", e.ErrorMessage == nil, "%q", reply)
		if e.Status == "success" {
			require.True(t, json.Valid(request) && utf8.Valid(request))
		}
		if e.ErrorMessage != nil {
			require.NotContains(t, *e.ErrorMessage, "panic")
		}
	})
}

func FuzzEvaluateVariant(f *testing.F) { fuzzFlipt(f, "evaluate_variant") }

func FuzzEvaluateBoolean(f *testing.F) { fuzzFlipt(f, "evaluate_boolean") }

func FuzzEvaluateBatch(f *testing.F) { fuzzFlipt(f, "evaluate_batch") }

func FuzzUpdateAuthentication(f *testing.F) {
	for _, seed := range []string{`"none"`, `{"client_token":"t"}`, `{"jwt_token":""}`, `{"client_token":"a","jwt_token":"b"}`, `null`, `{`, `x`} {
		f.Add([]byte(seed))
	}
	l := New(Host{})
	handle := l.InitializeEngine([]byte(`{"url":"http://127.0.0.1:1","start_wait_ms":0,"update_interval":100000}`))
	f.Cleanup(func() { l.DestroyEngine(handle) })
	f.Fuzz(func(t *testing.T, authentication []byte) {
		var e envelope
		require.NoError(t, json.Unmarshal(l.UpdateAuthentication(handle, authentication, nil), &e))
		require.Equal(t, e.Status == "success", e.ErrorMessage == nil)
	})
}

// onlyMember checks that the reply has one member, ok or error, and returns its name.
func onlyMember(t *testing.T, reply []byte) string {
	t.Helper()
	require.True(t, utf8.Valid(reply), "%q", reply)
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(reply, &members), "%q", reply)
	require.Len(t, members, 1)
	if _, ok := members["ok"]; ok {
		return "ok"
	}
	require.Contains(t, members, "error")
	require.NotContains(t, string(members["error"]), "panic in")
	return "error"
}

func FuzzCall(f *testing.F) {
	var table struct {
		Cases []struct{ Method, Params string }
	}
	read(f, "json.json", &table)
	for _, c := range table.Cases {
		f.Add(c.Method, []byte(c.Params))
	}
	f.Add("all", []byte(`{"context":{"a":{"b":[1,2.5e3,null,true]},"targetingKey":"u"}}`))
	f.Add("explain", []byte(`{"key":"theme","context":{"plan":"pro"}}`))
	f.Add("flipt.snapshot", []byte(`{}`))
	f.Add("track", []byte(`{"event":"e","value":1}`))
	l := New(Host{})
	client := l.InitializeEngine(options(f))
	f.Cleanup(func() { l.DestroyEngine(client) })
	f.Fuzz(func(t *testing.T, method string, params []byte) {
		if method == "update" {
			t.Skip("would change the flags under the other cases")
		}
		if onlyMember(t, l.Call(client, []byte(method), params, nil)) == "ok" {
			require.True(t, params == nil || json.Valid(params) && utf8.Valid(params), "%q", params)
		}
	})
}

func FuzzOpen(f *testing.F) {
	for _, seed := range []string{`}`, `"namespace":"x"}`, `"update_interval":5.0}`, `"document":{"flags":[]}}`, `"document":{"flags":[{"key":1}]}}`,
		`"authentication":{"client_token":"t"}}`, `"tls_config":{}}`, `"snapshot":"e30="}`, `"restore":{"document":"","format":"","current":1}}`, `x`} {
		f.Add([]byte(seed))
	}
	l := New(Host{})
	f.Fuzz(func(t *testing.T, rest []byte) {
		for _, outside := range []string{"url", "file", "cache", "data", "wait", "backend", `\`} {
			if strings.Contains(strings.ToLower(string(rest)), outside) {
				t.Skip("would reach beyond this process")
			}
		}
		reply := l.Open(append([]byte(`{"url":"http://127.0.0.1:1","start_wait_ms":0,`), rest...), nil)
		if onlyMember(t, reply) == "ok" {
			var opened struct{ OK struct{ Client uint64 } }
			require.NoError(t, json.Unmarshal(reply, &opened))
			l.Close(opened.OK.Client, nil)
		}
		l.DestroyEngine(l.InitializeEngineLegacy(rest, []byte(`{"url":"http://127.0.0.1:1","start_wait_ms":0}`)))
		if merged, err := withNamespace("n", rest); err == nil {
			require.True(t, json.Valid(merged), "%q", merged)
		}
	})
}

func FuzzResolveInto(f *testing.F) {
	f.Add("theme", "u", "plan", "pro", uint32(3), uint32(0), 1.5, int64(7), 100)
	f.Add("dark", "", "plan", "pro", uint32(3), uint32(6), 0.0, int64(0), 0)
	f.Add("limit", "u", "n", `{"a":1}`, uint32(4), uint32(3), 0.0, int64(0), 8)
	f.Add("nope", "\xff", "\xff", "1e5", uint32(2), uint32(9), 0.0, int64(0), 8)
	l, handle := opened(f)
	f.Fuzz(func(t *testing.T, key, entity, name, value string, kind, w uint32, double float64, whole int64, capacity int) {
		request := fastRequest(key, want(w), Attribute{Name: text(name), Text: text(value), Number: double, Integer: whole, Kind: kind})
		request.TargetingKey = text(entity)
		result := fastResult(max(0, min(capacity, 4096)))
		code := l.ResolveInto(handle, request, result)
		require.Equal(t, code, result.Code)
		require.Equal(t, code == 0, result.MessageLength == 0)
		if result.Length <= result.Capacity {
			result.read(t)
			require.True(t, utf8.Valid(unsafe.Slice(result.Buffer, result.ValueLength)))
		}
	})
}

func FuzzVisitorFlagInto(f *testing.F) {
	f.Add("btn_color", "red", uint32(3), uint32(1), 1.5, int64(7), uint64(0), 100)
	f.Add("max_items", "1e5", uint32(2), uint32(0), 0.0, int64(0), uint64(0), 0)
	f.Add("\xff", `{"a":1}`, uint32(4), uint32(1), 0.0, int64(0), uint64(1), 8)
	f.Add("nope", "", uint32(2), uint32(2), 0.0, int64(0), uint64(0), 8)
	var file flagshipFile
	datasynctest.Read(f, filepath.Join(flagshipVectors, "example_environment.json"), &file)
	l := New(Host{})
	client := flagshipClient(f, l, object{"document": file.Bucketing})
	v := fetched(f, l, client, nil)
	f.Fuzz(func(t *testing.T, key, value string, kind, flags uint32, double float64, whole int64, stranger uint64, capacity int) {
		fallback := Attribute{Text: text(value), Number: double, Integer: whole, Kind: kind}
		request := &VisitorRequest{Visitor: v + stranger, Key: text(key), Fallback: fallback, Flags: flags}
		result := visitorResult(max(0, min(capacity, 4096)))
		code := l.VisitorFlagInto(client, request, result)
		require.Equal(t, code, result.Code)
		require.Equal(t, code == 0, result.Status != 0, "all flags are fetched")
		require.True(t, code == 0 || result.ValueKind == 0 && result.Length == 0)
		require.True(t, flags == expose || result.Exposure == 0)
		if result.Length <= result.Capacity {
			require.True(t, utf8.Valid(unsafe.Slice(result.Buffer, result.Length)))
		}
	})
}
