package api

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/eval"
)

type evaluation func(handle uint64, request, dst []byte) []byte

func evaluations(l *Library) map[string]evaluation {
	return map[string]evaluation{
		"evaluate_variant": l.EvaluateVariant, "evaluate_boolean": l.EvaluateBoolean, "evaluate_batch": l.EvaluateBatch,
		"update_authentication": l.UpdateAuthentication,
	}
}

func TestFliptRepliesByteForByte(t *testing.T) {
	var table struct {
		Now   string
		Cases []struct{ Name, Call, Request, Reply string }
	}
	read(t, "flipt.json", &table)
	l := at(t, table.Now)
	handle := l.InitializeEngine(options(t))
	defer l.DestroyEngine(handle)
	for _, c := range table.Cases {
		t.Run(c.Name, func(t *testing.T) {
			got := evaluations(l)[c.Call](handle, []byte(c.Request), []byte("kept"))
			require.Equal(t, "kept"+c.Reply, string(got), "request %s", c.Request)
		})
	}
}

type envelope struct {
	Status       string
	Result       json.RawMessage
	ErrorMessage *string `json:"error_message"`
}

// failureOf checks that the reply is a well-formed failure and returns its message.
func failureOf(t testing.TB, reply []byte) string {
	t.Helper()
	var e envelope
	require.NoError(t, json.Unmarshal(reply, &e), "%s", reply)
	require.Equal(t, "failure", e.Status, "%s", reply)
	require.Equal(t, "null", string(e.Result), "%s", reply)
	require.NotNil(t, e.ErrorMessage, "%s", reply)
	return *e.ErrorMessage
}

func TestMalformedRequestsAreFailures(t *testing.T) {
	var table map[string]json.RawMessage
	read(t, "flipt_invalid.json", &table)
	l, handle := opened(t)
	for call, evaluate := range evaluations(l) {
		var requests []string
		if raw, ok := table[call]; ok {
			require.NoError(t, json.Unmarshal(raw, &requests))
		}
		for _, request := range requests {
			message := failureOf(t, evaluate(handle, []byte(request), nil))
			require.True(t, strings.HasPrefix(message, "invalid request: "), "%s %q: %s", call, request, message)
		}
	}
}

func TestInvalidUTF8IsAFailure(t *testing.T) {
	l, handle := opened(t)
	for _, request := range []string{
		"{\"flag_key\":\"\xff\",\"entity_id\":\"u\"}", "{\"flag_key\":\"theme\",\"entity_id\":\"\xc3\"}", "\xff", "{\"\xff\":1}",
		"{\"flag_key\":\"theme\",\"entity_id\":\"u\",\"context\":{\"\xf0\x9f\":\"v\"}}",
		"{\"flag_key\":\"theme\",\"entity_id\":\"u\",\"context\":{\"k\":\"\xed\xa0\x80\"}}",
		"{\"flag_key\":\"theme\",\"entity_id\":\"u\",\"ignored\":\"\xff\"}",
	} {
		require.Contains(t, failureOf(t, l.EvaluateVariant(handle, []byte(request), nil)), "invalid request: ", "%q", request)
		require.Contains(t, failureOf(t, l.EvaluateBatch(handle, []byte("["+request+"]"), nil)), "invalid request: ", "%q", request)
	}
	require.Zero(t, l.InitializeEngine([]byte("{\"url\":\"\xff\"}")))
	require.Equal(t, "internal error: invalid UTF-8: the authentication is not UTF-8",
		failureOf(t, l.UpdateAuthentication(handle, []byte("\"\xff\""), nil)))
}

func TestNullIsAFailure(t *testing.T) {
	l, handle := opened(t)
	require.Zero(t, l.InitializeEngine(nil))
	for call, evaluate := range evaluations(l) {
		require.Equal(t, "error engine null pointer", failureOf(t, evaluate(0, []byte("{}"), nil)), call)
		require.NotEmpty(t, failureOf(t, evaluate(handle, nil, nil)), call)
	}
	require.Equal(t, "error engine null pointer", failureOf(t, l.UpdateAuthentication(handle, nil, nil)))
	require.Equal(t, "error engine null pointer", failureOf(t, l.ListFlags(0, nil)))
	require.Equal(t, "error engine null pointer", failureOf(t, l.GetSnapshot(0, nil)))
	l.DestroyEngine(0)
}

func TestDestroyedEngineIsANullEngine(t *testing.T) {
	l := at(t, someTime)
	handle := l.InitializeEngine(options(t))
	l.DestroyEngine(handle)
	l.DestroyEngine(handle)
	require.Equal(t, "error engine null pointer", failureOf(t, l.EvaluateVariant(handle, []byte(`{"flag_key":"bare","entity_id":"u"}`), nil)))
	again := l.InitializeEngine(options(t))
	defer l.DestroyEngine(again)
	require.NotEqual(t, handle, again, "a handle is never used again")
	require.Equal(t, "error engine null pointer", failureOf(t, l.ListFlags(handle, nil)))
}

func TestInvalidOptionsAreToldByEveryCall(t *testing.T) {
	l := at(t, someTime)
	for options, names := range map[string]string{
		`{"update_interval":"soon"}`: "update_interval", `{"fetch_mode":"pigeon"}`: "fetch_mode", `[]`: "object", ``: "object", `garbage`: "object",
		`{"namespace":"shop"`: "JSON",
	} {
		handle := l.InitializeEngine([]byte(options))
		require.NotZero(t, handle, "%q", options)
		for call, evaluate := range evaluations(l) {
			message := failureOf(t, evaluate(handle, []byte(`{"flag_key":"bare","entity_id":"u"}`), nil))
			require.True(t, strings.HasPrefix(message, "internal error: invalid options: "), "%s: %s", call, message)
			require.Contains(t, message, names)
		}
		require.Contains(t, failureOf(t, l.ListFlags(handle, nil)), names)
		require.Contains(t, failureOf(t, l.GetSnapshot(handle, nil)), names)
		require.Contains(t, string(l.Call(handle, []byte("status"), nil, nil)), `"code":"INVALID_CONFIG"`)
		l.DestroyEngine(handle)
	}
}

func TestListFlags(t *testing.T) {
	l, handle := opened(t)
	want := `{"status":"success","result":[` +
		`{"key":"bare","enabled":true,"type":"VARIANT_FLAG_TYPE","description":""},` +
		`{"key":"big","enabled":true,"type":"VARIANT_FLAG_TYPE"},` +
		`{"key":"dark","enabled":false,"type":"BOOLEAN_FLAG_TYPE","description":"dark mode"},` +
		`{"key":"limit","enabled":true,"type":"VARIANT_FLAG_TYPE"},` +
		`{"key":"off","enabled":false,"type":"VARIANT_FLAG_TYPE","default_variant":{"id":"d1","key":"plain","attachment":"{\"size\":1}"}},` +
		`{"key":"quote\"é\n","enabled":true,"type":"VARIANT_FLAG_TYPE"},` +
		`{"key":"theme","enabled":true,"type":"VARIANT_FLAG_TYPE","description":"the theme","default_variant":{"id":"d2","key":"grey"}}` +
		`],"error_message":null}`
	require.Equal(t, want, string(l.ListFlags(handle, nil)))
}

func TestSnapshotIsBareBase64ThatOpensAnEngine(t *testing.T) {
	l, handle := opened(t)
	snapshot := l.GetSnapshot(handle, nil)
	_, err := base64.StdEncoding.DecodeString(string(snapshot))
	require.NoError(t, err, "%s", snapshot)
	again := l.InitializeEngine([]byte(`{"namespace":"shop","url":"http://127.0.0.1:1","error_strategy":"fallback","start_wait_ms":0,"snapshot":"` + string(snapshot) + `"}`))
	defer l.DestroyEngine(again)
	request := []byte(`{"flag_key":"theme","entity_id":"u","context":{"plan":"pro"}}`)
	require.Equal(t, string(l.EvaluateVariant(handle, request, nil)), string(l.EvaluateVariant(again, request, nil)))
}

func TestUpdateAuthentication(t *testing.T) {
	l := at(t, someTime)
	handle := l.InitializeEngine([]byte(`{"url":"http://127.0.0.1:1","start_wait_ms":0}`))
	defer l.DestroyEngine(handle)
	const done = `{"status":"success","result":null,"error_message":null}`
	for _, valid := range []string{`{"client_token":"t"}`, `{"jwt_token":"t"}`, `"none"`} {
		require.Equal(t, done, string(l.UpdateAuthentication(handle, []byte(valid), nil)), valid)
	}
	for _, invalid := range []string{``, `{`, `{"client_token":5}`, `{"password":"x"}`, `5`, `{"client_token":"t"}}`, `"none","authentication":1`} {
		message := failureOf(t, l.UpdateAuthentication(handle, []byte(invalid), nil))
		require.True(t, strings.HasPrefix(message, "internal error: invalid auth JSON: "), "%q: %s", invalid, message)
	}
}

func TestTwoArgumentsAreNamespaceAndOptions(t *testing.T) {
	l := at(t, someTime)
	own := strings.Replace(string(options(t)), `"namespace":"shop",`, `"namespace":"ignored",`, 1)
	handle := l.InitializeEngineLegacy([]byte("shop"), []byte(own))
	defer l.DestroyEngine(handle)
	reply := string(l.EvaluateVariant(handle, []byte(`{"flag_key":"bare","entity_id":"u"}`), nil))
	require.Contains(t, reply, `"variant_key":"","variant_attachment":"","request_duration_millis":0.0`, "these callers expect the member always")
	require.Contains(t, failureOf(t, l.EvaluateVariant(handle, []byte(`{"flag_key":"nope","entity_id":"u"}`), nil)), "shop/nope")

	broken := l.InitializeEngineLegacy([]byte("shop"), []byte(`{"url":`))
	defer l.DestroyEngine(broken)
	require.Contains(t, failureOf(t, l.ListFlags(broken, nil)), "invalid options")
	require.Zero(t, l.InitializeEngineLegacy([]byte("\xff"), []byte(`{}`)))
	require.Zero(t, l.InitializeEngineLegacy(nil, []byte(`{}`)))
}

func TestUnreachableServerFailsEveryCall(t *testing.T) {
	l := at(t, someTime)
	handle := l.InitializeEngine([]byte(`{"url":"http://127.0.0.1:1","start_wait_ms":1}`))
	defer l.DestroyEngine(handle)
	for _, request := range []string{`[]`, `[{"flag_key":"a","entity_id":"u"}]`} {
		require.NotEmpty(t, failureOf(t, l.EvaluateBatch(handle, []byte(request), nil)))
	}
	require.NotEmpty(t, failureOf(t, l.EvaluateVariant(handle, []byte(`{"flag_key":"a","entity_id":"u"}`), nil)))
	require.NotEmpty(t, failureOf(t, l.ListFlags(handle, nil)))
}

// With the error strategy "fallback" an engine begins with an empty set of flags, whatever became of its first fetch.
func TestFallbackWithoutFlagsIsAnEmptySet(t *testing.T) {
	l := at(t, someTime)
	for _, options := range []string{
		`{"url":"http://127.0.0.1:1","start_wait_ms":0,"error_strategy":"fallback","namespace":"shop"}`,
		`{"fetch_mode":"none","error_strategy":"fallback","namespace":"shop"}`,
	} {
		handle := l.InitializeEngine([]byte(options))
		const missing = "invalid request: failed to get flag information shop/a"
		request := `{"flag_key":"a","entity_id":"u"}`
		require.Equal(t, missing, failureOf(t, l.EvaluateVariant(handle, []byte(request), nil)))
		require.Equal(t, missing, failureOf(t, l.EvaluateBoolean(handle, []byte(request), nil)))
		require.Equal(t, `{"status":"success","result":[],"error_message":null}`, string(l.ListFlags(handle, nil)))
		const batch = `{"status":"success","result":{"responses":[%s],"request_duration_millis":0.0},"error_message":null}`
		require.Equal(t, fmt.Sprintf(batch, ""), string(l.EvaluateBatch(handle, []byte(`[]`), nil)))
		require.Equal(t, fmt.Sprintf(batch, errorEntry("a", "NOT_FOUND_ERROR_EVALUATION_REASON")),
			string(l.EvaluateBatch(handle, []byte(`[`+request+`]`), nil)))
		for _, w := range []want{wantFliptVariant, wantFliptBoolean, wantFliptAny} {
			result := fastResult(200)
			require.Equal(t, eval.CodeFlagNotFound.Number(), l.ResolveInto(handle, fastRequest("a", w), result))
			require.Equal(t, missing, result.read(t).message)
		}
		require.Equal(t, eval.CodeNotReady.Number(), l.ResolveInto(handle, fastRequest("a", wantAny), fastResult(200)))
		l.DestroyEngine(handle)
	}
}

func errorEntry(flagKey, reason string) string {
	return `{"type":"ERROR_EVALUATION_RESPONSE_TYPE","boolean_evaluation_response":null,"variant_evaluation_response":null,` +
		`"error_evaluation_response":{"flag_key":"` + flagKey + `","namespace_key":"shop","reason":"` + reason + `"}}`
}

// broken is a document with one flag whose definition makes no sense.
const broken = `{"namespace":{"key":"shop"},"flags":[{"key":"bad","type":"VARIANT_FLAG_TYPE","enabled":true,"rules":5},` +
	`{"key":"good","type":"BOOLEAN_FLAG_TYPE","enabled":true,"rollouts":[]}]}`

func TestABrokenFlagLeavesTheRestOfABatch(t *testing.T) {
	l := at(t, someTime)
	handle := l.InitializeEngine([]byte(`{"namespace":"shop","document":` + broken + `}`))
	defer l.DestroyEngine(handle)
	reply := string(l.EvaluateBatch(handle, []byte(`[{"flag_key":"bad","entity_id":"u"},{"flag_key":"good","entity_id":"u"}]`), nil))
	require.True(t, strings.HasPrefix(reply, `{"status":"success","result":{"responses":[`+errorEntry("bad", "UNKNOWN_ERROR_EVALUATION_REASON")+
		`,{"type":"BOOLEAN_EVALUATION_RESPONSE_TYPE","boolean_evaluation_response":{"enabled":true,"flag_key":"good",`), reply)
	message := failureOf(t, l.EvaluateVariant(handle, []byte(`{"flag_key":"bad","entity_id":"u"}`), nil))
	require.True(t, strings.HasPrefix(message, "error parsing json: "), message)
	require.Equal(t, eval.CodeParse.Number(), l.ResolveInto(handle, fastRequest("bad", wantFliptAny), fastResult(500)))
}

func TestEveryMessageHasACategory(t *testing.T) {
	categories := []string{"invalid request: ", "error parsing json: ", "server error: ", "internal error: ", "unknown error: "}
	for _, code := range eval.Codes {
		message := fliptMessage(&eval.Error{Code: code, Op: "fetch", Msg: "it broke"})
		require.True(t, slices.ContainsFunc(categories, func(c string) bool { return strings.HasPrefix(message, c) }), "%s: %s", code, message)
		require.True(t, strings.HasSuffix(message, "it broke"), message)
		for _, category := range categories {
			require.Equal(t, category+"x", fliptMessage(&eval.Error{Code: code, Op: "fetch", Msg: category + "x"}), "none gets two")
			require.Equal(t, category+"x", fliptText(code, category+"x"))
		}
	}
	require.Equal(t, "error engine null pointer", fliptText(eval.CodeGeneral, "error engine null pointer"))
}

func TestAnEngineThatIsBeingClosedIsANullEngine(t *testing.T) {
	l := at(t, someTime)
	handle := l.InitializeEngine(options(t))
	e := l.handles.get(handle)
	defer l.DestroyEngine(handle)
	e.client.Close() // as another thread does between the lookup of the handle and the evaluation
	require.Equal(t, "error engine null pointer", failureOf(t, l.EvaluateVariant(handle, []byte(`{"flag_key":"bare","entity_id":"u"}`), nil)))
	require.Equal(t, "error engine null pointer", failureOf(t, l.EvaluateBatch(handle, []byte(`[]`), nil)))
	require.Equal(t, "error engine null pointer", failureOf(t, l.ListFlags(handle, nil)))
}
