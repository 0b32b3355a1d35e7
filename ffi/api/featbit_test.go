package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/localserver"
)

// featBitFlag is a flag of FeatBit that serves its first variation to the user "in", and its second to all others.
func featBitFlag(key, kind, first, second string) string {
	return fmt.Sprintf(`{"id":"id-%s","name":"Flag %s","description":"about %s","key":"%s","variationType":"%s","variations":[{"id":"v1","value":%q},`+
		`{"id":"v2","value":%q}],"targetUsers":[{"keyIds":["in"],"variationId":"v1"}],"rules":[],"isEnabled":true,"disabledVariationId":"v2",`+
		`"fallthrough":{"variations":[{"id":"v2","rollout":[0,1]}],"includedInExpt":false},"exptIncludeAllTargets":false,`+
		`"updatedAt":"2024-05-01T10:00:00Z","isArchived":false}`, key, key, key, key, kind, first, second)
}

// The calls of Flipt's engine answer for another vendor's flags, and that vendor hears of it.
func TestFeatBitThroughTheCallsOfFlipt(t *testing.T) {
	s := localserver.StartTest(t, localserver.Options{Backend: localserver.BackendFeatBit})
	require.NoError(t, s.SetDocument("", []byte(`{"messageType":"data-sync","data":{"eventType":"full","segments":[],"featureFlags":[`+
		featBitFlag("dark", "boolean", "true", "false")+","+featBitFlag("limit", "number", "10.0", "5")+","+
		featBitFlag("theme", "string", "wide", "plain")+","+featBitFlag("layout", "json", `{"a":1}`, `{}`)+`]}}`)))
	l := at(t, someTime)
	options, err := json.Marshal(map[string]any{
		"backend": "featbit", "env_secret": localserver.FeatBitSecret, "streaming_url": s.URL(), "event_url": s.URL(),
	})
	require.NoError(t, err)
	handle := l.InitializeEngine(options)
	require.NotZero(t, handle)

	const rest = `"request_duration_millis":0.0,"timestamp":"` + someTime + `"`
	variant := func(key, user, match, reason, value, attachment string) string {
		return `{"match":` + match + `,"segment_keys":[],"reason":"` + reason + `_EVALUATION_REASON","flag_key":"` + key +
			`","variant_key":"` + value + `"` + attachment + `,` + rest + `}`
	}
	request := func(key, user string) string {
		return `{"flag_key":"` + key + `","entity_id":"` + user + `","context":{"plan":"pro"}}`
	}
	ok := func(result string) string { return `{"status":"success","result":` + result + `,"error_message":null}` }
	for _, c := range []struct{ key, user, want string }{
		{"theme", "in", variant("theme", "in", "true", "MATCH", "wide", "")},
		{"theme", "out", variant("theme", "out", "false", "DEFAULT", "plain", "")},
		{"limit", "in", variant("limit", "in", "true", "MATCH", "10", "")},
		{"layout", "in", variant("layout", "in", "true", "MATCH", "v1", `,"variant_attachment":"{\"a\":1}"`)},
	} {
		require.JSONEq(t, ok(c.want), string(l.EvaluateVariant(handle, []byte(request(c.key, c.user)), nil)), c)
	}
	dark := func(enabled, reason string) string {
		return `{"enabled":` + enabled + `,"flag_key":"dark","reason":"` + reason + `_EVALUATION_REASON",` + rest + `,"segment_keys":[]}`
	}
	require.JSONEq(t, ok(dark("true", "MATCH")), string(l.EvaluateBoolean(handle, []byte(request("dark", "in")), nil)))
	require.JSONEq(t, ok(dark("false", "DEFAULT")), string(l.EvaluateBoolean(handle, []byte(request("dark", "out")), nil)))
	require.Equal(t, "invalid request: flag not found", failureOf(t, l.EvaluateBoolean(handle, []byte(request("gone", "in")), nil)))
	require.Contains(t, failureOf(t, l.EvaluateVariant(handle, []byte(request("dark", "in")), nil)), "invalid request: ")
	require.Equal(t, "invalid request: key is not valid", failureOf(t, l.EvaluateVariant(handle, []byte(request("theme", " ")), nil)))

	var batch struct {
		Status string
		Result struct{ Responses []struct{ Type string } }
	}
	require.NoError(t, json.Unmarshal(l.EvaluateBatch(handle, []byte(`[`+request("dark", "in")+`,`+request("theme", "in")+`,`+request("gone", "in")+`]`), nil), &batch))
	require.Equal(t, "success", batch.Status)
	require.Len(t, batch.Result.Responses, 3)
	require.Equal(t, "BOOLEAN_EVALUATION_RESPONSE_TYPE", batch.Result.Responses[0].Type)
	require.Equal(t, "VARIANT_EVALUATION_RESPONSE_TYPE", batch.Result.Responses[1].Type)
	require.Equal(t, "ERROR_EVALUATION_RESPONSE_TYPE", batch.Result.Responses[2].Type)
	require.JSONEq(t, ok(`[
		{"key":"dark","enabled":true,"type":"BOOLEAN_FLAG_TYPE","description":"about dark","default_variant":{"id":"v2","key":"v2","attachment":"false"}},
		{"key":"layout","enabled":true,"type":"VARIANT_FLAG_TYPE","description":"about layout","default_variant":{"id":"v2","key":"v2","attachment":"{}"}},
		{"key":"limit","enabled":true,"type":"VARIANT_FLAG_TYPE","description":"about limit","default_variant":{"id":"v2","key":"v2","attachment":"5"}},
		{"key":"theme","enabled":true,"type":"VARIANT_FLAG_TYPE","description":"about theme","default_variant":{"id":"v2","key":"v2","attachment":"plain"}}
	]`), string(l.ListFlags(handle, nil)))

	l.DestroyEngine(handle) // sends what is waiting
	// A flag that is of another kind than the call serves nothing.
	require.Equal(t, map[string]int{"theme": 3, "limit": 1, "layout": 1, "dark": 3}, s.EventsByName(1))
}

// FeatBit hears once of an evaluation whose result had to be fetched again, and never of one that is to be kept from it.
func TestTheFastCallTellsTheVendorOnce(t *testing.T) {
	s := localserver.StartTest(t, localserver.Options{Backend: localserver.BackendFeatBit})
	require.NoError(t, s.SetDocument("", []byte(`{"messageType":"data-sync","data":{"eventType":"full","segments":[],"featureFlags":[`+
		featBitFlag("limit", "number", "10.0", "5")+`]}}`)))
	l := New(Host{})
	handle := l.InitializeEngine([]byte(fmt.Sprintf(
		`{"backend":"featbit","env_secret":%q,"streaming_url":%q,"event_url":%q}`, localserver.FeatBitSecret, s.URL(), s.URL())))
	request := fastRequest("limit", wantVendor)
	request.TargetingKey = text("in")
	for _, capacity := range []int{1, 512} {
		result := fastResult(capacity)
		require.Zero(t, l.ResolveInto(handle, request, result))
		if capacity > 1 {
			require.Equal(t, texts{value: "10.0", variant: "v1", vendor: vendorTexts{reason: "target match", flagName: "Flag limit"}}, result.read(t))
		}
	}
	request.Flags = noExposure
	require.Zero(t, l.ResolveInto(handle, request, fastResult(512)))
	require.Contains(t, string(l.Call(handle, []byte("resolve"),
		[]byte(`{"key":"limit","context":{"targetingKey":"in"},"exposure":false}`), nil)), `"vendorReason":"target match"`)
	l.DestroyEngine(handle)
	require.Equal(t, map[string]int{"limit": 1}, s.EventsByName(1))
}

// What the bits of a request leave out, and what they do not.
func TestTheFastCallLeavesOutWhatTheCallerNeedsNot(t *testing.T) {
	s := localserver.StartTest(t, localserver.Options{Backend: localserver.BackendFeatBit})
	flag := strings.Replace(featBitFlag("half", "string", "a", "b"), `"variations":[{"id":"v2","rollout":[0,1]}],"includedInExpt":false`,
		`"variations":[{"id":"v2","rollout":[0,1],"exptRollout":0.5}],"includedInExpt":true`, 1)
	require.NoError(t, s.SetDocument("", []byte(`{"messageType":"data-sync","data":{"eventType":"full","segments":[],"featureFlags":[`+
		flag+`]}}`)))
	l := New(Host{})
	handle := l.InitializeEngine([]byte(fmt.Sprintf(
		`{"backend":"featbit","env_secret":%q,"streaming_url":%q,"event_url":%q}`, localserver.FeatBitSecret, s.URL(), s.URL())))
	request := fastRequest("half", wantVendor, str("plan", "pro"))
	answer := func(user string, flags uint32) *Result {
		request.TargetingKey, request.Flags = text(user), flags
		result := fastResult(512)
		require.Zero(t, l.ResolveInto(handle, request, result))
		return result
	}
	var counts, counted *Result
	var user string
	for i := 0; counted == nil; i++ {
		user = fmt.Sprintf("user-%d", i)
		if result := answer(user, noExposure); result.InExperiment == 1 {
			counted = result
		} else {
			counts = result
		}
	}
	require.NotNil(t, counts, "some users do not count")
	late := answer(user, noExperiment|validTexts)
	require.Zero(t, late.InExperiment)
	require.Equal(t, counts.ID, late.ID)
	require.Equal(t, counts.read(t), late.read(t))

	known := make([]uint64, 4)
	request.Known, request.KnownCount = unsafe.SliceData(known), 4
	require.NotZero(t, answer(user, noExposure|noExperiment|knownTexts).Length)
	known[late.ID>>3&3] = late.ID
	require.NotZero(t, answer(user, noExposure|noExperiment).Length, "known counts with the bit only")
	short := answer(user, noExperiment|knownTexts)
	require.Equal(t, late.ID, short.ID)
	require.Zero(t, short.Length)

	request.Flags = flagBits + 1
	require.Equal(t, eval.CodeInvalidRequest.Number(), l.ResolveInto(handle, request, fastResult(512)))
	l.DestroyEngine(handle) // sends what is waiting
	require.Equal(t, map[string]int{"half": 2}, s.EventsByName(1))
}
