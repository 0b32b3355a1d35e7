package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/eval"
)

func someVisitor(id string) *eval.Context {
	return &eval.Context{TargetingKey: id, Attributes: []eval.Attribute{{Name: "plan", Value: eval.StringValue("gold")}}}
}

// everything evaluates all flags, and writes down the values.
func everything(t *testing.T, c *Client, ec *eval.Context) map[string]any {
	t.Helper()
	values := map[string]any{}
	var out eval.Outcome
	require.NoError(t, c.ResolveAll(ec, &out, func(o *eval.Outcome) { values[o.FlagKey] = o.Value.String() }))
	return values
}

func TestWithoutVisitorObjects(t *testing.T) {
	vendor := newABTasty(t)
	c := open(t, vendor.options(map[string]any{"tracking": map[string]any{"batch_interval": 3600}}), Host{})
	require.Equal(t, Ready, c.Status().State)
	require.Equal(t, map[string]any{"on": "true", "n": "5", "o": `{"a":[1]}`}, everything(t, c, someVisitor("v")))
	evaluate(c, "on", someVisitor("v"))
	evaluate(c, "unknown", someVisitor("v"))
	evaluate(c, "on", someVisitor(""))
	require.JSONEq(t, `{"accepted":true}`, call(t, c, "track", `{"event":"signup","value":5,"context":{"targetingKey":"v"}}`))
	for params, want := range map[string]string{
		`{"event":"e"}`: "the context has no targetingKey, which is the visitor's id",
		`{"event":"e","data":{},"context":{"targetingKey":"v"}}`:    "data: an event of flagship has a value and no further details",
		`{"event":"e","value":"x","context":{"targetingKey":"v"}}`:  "the value of an event is x, want a whole number that is not negative",
		`{"event":"e","value":-1.5,"context":{"targetingKey":"v"}}`: "the value of an event is -1.5, want a whole number that is not negative",
	} {
		require.Equal(t, want, call(t, c, "track", params))
	}
	require.JSONEq(t, `{"flushed":true}`, call(t, c, "flush", ""))
	require.Equal(t, []string{"v saw v"}, short(vendor.told(t, "activate")))
	hits := vendor.told(t, "hits")
	require.Len(t, hits, 1)
	delete(hits[0], "qt")
	require.Equal(t, map[string]any{
		"vid": "v", "cuid": nil, "t": "EVENT", "ec": "Action Tracking", "ea": "signup", "ev": 5.0,
	}, hits[0])
	stats := c.Status().Events
	require.Equal(t, uint64(2), stats.Sent)
	require.Equal(t, map[string]uint64{"hits": 1, "activations": 1}, map[string]uint64{
		"hits": stats.Lanes["hits"].Sent, "activations": stats.Lanes["activations"].Sent,
	})
	text, err := json.Marshal(c.Status())
	require.NoError(t, err)
	require.Contains(t, string(text), `"events":{"accepted":2,"sent":2`)

	vendor.serve(`{"panic":true}`)
	_, err = refresh(c)
	require.NoError(t, err)
	require.Equal(t, eval.ReasonDisabled, resolve(c, "on").Reason)
	evaluate(c, "on", someVisitor("w"))
	require.Empty(t, c.Close())
	require.Len(t, vendor.told(t, "activate"), 1)
}

func TestTheDecisionAPIIsAskedForEachVisitor(t *testing.T) {
	vendor := newABTasty(t)
	c := open(t, vendor.options(map[string]any{"decision_mode": "decision_api", "fetch_flags_buffering_time": 3600}), Host{})
	require.Equal(t, Ready, c.Status().State)
	flags, err := c.Flags()
	require.NoError(t, err)
	require.Empty(t, flags, "nobody has asked")
	require.Equal(t, map[string]any{"on": "true", "n": "5", "none": ""}, everything(t, c, someVisitor("v")))
	var out eval.Outcome
	c.Resolve("on", someVisitor("v"), &out)
	require.Equal(t, eval.BoolValue(true), out.Value)
	require.Equal(t, []string{"v", "TARGETING_MATCH"}, []string{out.Variant, out.Reason.String()})
	c.Expose(nil, someVisitor("v"), &out)
	require.Len(t, vendor.requests("campaigns"), 1, "the answer is used again")
	asked := vendor.requests("campaigns")[0]
	require.JSONEq(t, `{"visitorId":"v","anonymousId":null,"trigger_hit":false,"visitor_consent":true,"context":{"plan":"gold"}}`, asked.Body)
	require.Equal(t, "key", asked.Header.Get("X-Api-Key"))
	c.Resolve("on", someVisitor("w"), &out)
	c.Resolve("on", &eval.Context{TargetingKey: "v"}, &out)
	require.Len(t, vendor.requests("campaigns"), 3)
	flags, err = c.Flags()
	require.NoError(t, err)
	require.Len(t, flags, 3)

	vendor.set(func() { vendor.answer = `{"campaigns":[]}` })
	c.Resolve("on", someVisitor("x"), &out)
	require.Equal(t, eval.ReasonDefault, out.Reason, "others have such a flag")
	require.Equal(t, eval.CodeFlagNotFound, resolve(c, "unknown").ErrorCode)
	vendor.set(func() { vendor.answer = `{"panic":true}` })
	c.Resolve("on", someVisitor("y"), &out)
	require.Equal(t, eval.ReasonDisabled, out.Reason)
	c.Resolve("on", &eval.Context{}, &out)
	require.Equal(t, eval.CodeTargetingKeyMissing, out.ErrorCode)
	trace := c.Explain("on", someVisitor("v"))
	require.Equal(t, "the server decided: variation v", trace.Steps[0].Note)
	require.Equal(t, "in the mode decision_api the server decides: there is no document to bring", call(t, c, "update", `{"document":{}}`))
	require.JSONEq(t, `{"flushed":true}`, call(t, c, "flush", ""))
	require.Equal(t, []string{"v saw v"}, short(vendor.told(t, "activate")))
}

func TestADecisionAPIThatFails(t *testing.T) {
	vendor := newABTasty(t)
	c := open(t, vendor.options(map[string]any{"decision_mode": "decision_api", "fetch_timeout": 0.05, "fetch_flags_buffering_time": 0}), Host{})
	vendor.set(func() { vendor.status["campaigns"] = 403 })
	const refused = "env_id and api_key do not belong together, or one of them is wrong: "
	out := resolve(c, "on")
	require.Equal(t, eval.CodeGeneral, out.ErrorCode)
	require.Contains(t, out.ErrorMessage, refused+vendor.URL)
	require.Contains(t, waitFor(t, c, func(e Event) bool { return e.Type == "log" }).Message, "flags cannot be had: "+refused)
	require.ErrorContains(t, c.ResolveAll(someVisitor("v"), &eval.Outcome{}, nil), refused)
	vendor.set(func() { vendor.status["campaigns"], vendor.answer = 0, `{"campaigns":{}}` })
	require.Contains(t, resolve(c, "on").ErrorMessage, "has campaigns that are {}, want an array")
	vendor.set(func() { vendor.answer = `{"campaigns":[{"id":"half"},` + campaignOn + `]}` })
	require.Empty(t, resolve(c, "on").ErrorCode, "a campaign that makes no sense does not take the others along")
	require.Equal(t, "campaigns[0] of the answer has no variationGroupId", waitFor(t, c, func(e Event) bool { return e.Type == "log" }).Message)
	release := vendor.stall(t, "campaigns")
	out = resolve(c, "on")
	require.Equal(t, eval.CodeTimeout, out.ErrorCode)
	require.Equal(t, "the decision API did not answer within 50ms", out.ErrorMessage)
	release()
	require.Empty(t, resolve(c, "on").ErrorCode)
}

// An evaluation that waits for the server does not outlive its client.
func TestClosingEndsAnEvaluationThatWaits(t *testing.T) {
	vendor := newABTasty(t)
	c := open(t, vendor.options(map[string]any{"decision_mode": "decision_api", "fetch_timeout": 3600, "request_timeout": 3600}), Host{})
	vendor.stall(t, "campaigns")
	waiting := make(chan *eval.Outcome, 1)
	go func() { waiting <- resolve(c, "on") }()
	vendor.await(t, "campaigns", 1)
	c.Close()
	require.Equal(t, eval.CodeGeneral, (<-waiting).ErrorCode)
}

func TestAnswersOfTheDecisionAPIAreBounded(t *testing.T) {
	vendor := newABTasty(t)
	c := open(t, vendor.options(map[string]any{"decision_mode": "decision_api", "fetch_flags_buffering_time": 3600}), Host{})
	var out eval.Outcome
	for i := range 1001 {
		c.Resolve("on", someVisitor(fmt.Sprint(i)), &out)
	}
	c.Resolve("on", someVisitor("1000"), &out)
	require.Len(t, vendor.requests("campaigns"), 1001)
	c.Resolve("on", someVisitor("0"), &out)
	require.Len(t, vendor.requests("campaigns"), 1002, "the oldest was forgotten")
}

func TestAFileThatCannotBeHad(t *testing.T) {
	vendor := newABTasty(t)
	for _, status := range []int{401, 403, 404} {
		vendor.set(func() { vendor.status["file"] = status })
		c := open(t, vendor.options(nil), Host{})
		require.Equal(t, Failed, c.Status().State)
		want := fmt.Sprintf(`there is no environment file for env_id "env": %s/env/bucketing.json answered %d`, vendor.URL, status)
		require.Contains(t, *c.Status().Error, want)
		require.Contains(t, waitFor(t, c, func(e Event) bool { return e.Type == "log" }).Message, want)
		visitor := newVisitor(t, c, "v", "")
		require.JSONEq(t, `{"done":true,"error":"there is no environment file yet"}`, call(t, c, "flagship.visitor.fetch", `{"visitor":`+visitor+`}`))
		require.Contains(t, own(t, c, "bucketing_fail"), fmt.Sprint(status))
	}
	vendor.set(func() { delete(vendor.status, "file") })
	for file, want := range map[string]string{
		everybodyOn[:len(everybodyOn)/2]: "the environment file cannot be read", `[]`: "the environment file cannot be read",
		`{"campaigns":5}`: "campaigns is 5, want an array",
	} {
		vendor.serve(file)
		c := open(t, vendor.options(nil), Host{})
		require.Equal(t, Failed, c.Status().State)
		require.Contains(t, *c.Status().Error, want)
		vendor.serve(everybodyOn)
		_, err := refresh(c)
		require.NoError(t, err)
		vendor.serve(file)
		_, err = refresh(c)
		require.ErrorContains(t, err, want)
		require.Equal(t, Stale, c.Status().State)
		require.Equal(t, eval.BoolValue(true), resolve(c, "on").Value, "the last good file stays")
	}
	vendor.serve(`{"campaigns":[{"id":"broken"},` + everybodyOn[len(`{"campaigns":[`):])
	c := open(t, vendor.options(nil), Host{})
	require.Equal(t, Ready, c.Status().State)
	require.Equal(t, eval.BoolValue(true), resolve(c, "on").Value)
	require.Equal(t, "campaign broken is left out: it has no list of variationGroups",
		waitFor(t, c, func(e Event) bool { return e.Type == "log" && e.Level == "warn" }).Message)
}

func TestPollsAreEvents(t *testing.T) {
	vendor := newABTasty(t)
	sdk := sdkClient(t, t.Name(), "javascript")
	started := open(t, vendor.options(map[string]any{"sdk_instance": t.Name()}), Host{})
	require.JSONEq(t, `{"type":"sdk_status","status":1,"name":"SDK_INITIALIZING"}`, own(t, sdk, "sdk_status"))
	require.JSONEq(t, `{"type":"bucketing_updated","modified":"Mon, 02 Mar 2026 08:30:00 GMT"}`, own(t, sdk, "bucketing_updated"))
	require.JSONEq(t, `{"type":"sdk_status","status":3,"name":"SDK_INITIALIZED"}`, own(t, sdk, "sdk_status"))
	require.JSONEq(t, `{"type":"bucketing_success","status":200}`, own(t, sdk, "bucketing_success"))
	_, err := refresh(started)
	require.NoError(t, err)
	require.JSONEq(t, `{"type":"bucketing_success","status":304}`, own(t, sdk, "bucketing_success"))
	text, err := json.Marshal(Event{Type: "x", Own: []byte(`{"type":"x","y":[1]}`)})
	require.NoError(t, err)
	require.JSONEq(t, `{"type":"x","y":[1]}`, string(text))
}

func TestLocalFilesAndWhatTheHostBrings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bucketing.json")
	require.NoError(t, os.WriteFile(file, []byte(everybodyOn), 0o600))
	for name, options := range map[string]map[string]any{
		"file": {"file": file}, "document": {"document": json.RawMessage(everybodyOn)}, "text": {"document": everybodyOn},
		"edge": {"env_id": "e", "api_key": "k", "disable_events": true, "decision_mode": "bucketing_edge", "initial_bucketing": json.RawMessage(everybodyOn)},
	} {
		options["backend"] = "flagship"
		c := open(t, options, Host{})
		require.Equal(t, Ready, c.Status().State, name)
		require.Equal(t, eval.BoolValue(true), resolve(c, "on").Value)
		visitor := newVisitor(t, c, "v", "")
		fetched(t, c, visitor)
		require.Equal(t, "true", field(t, call(t, c, "flagship.visitor.flag", `{"visitor":`+visitor+`,"key":"on"}`), "value"))
	}
	vendor := newABTasty(t)
	c := open(t, vendor.options(map[string]any{"decision_mode": "bucketing_edge", "polling_interval": nil}), Host{})
	visitor := newVisitor(t, c, "v", "")
	require.JSONEq(t, `{"done":true,"error":"there is no environment file yet"}`, call(t, c, "flagship.visitor.fetch", `{"visitor":`+visitor+`}`))
	require.JSONEq(t, `{"changed":true}`, call(t, c, "update", `{"document":`+everybodyOn+`}`))
	fetched(t, c, visitor)
	require.Empty(t, vendor.requests("hits"), "nothing leaves before it is told to")
	require.JSONEq(t, `{"flushed":true}`, call(t, c, "flagship.flush", ""))
	require.Len(t, vendor.requests("hits"), 1)

	vendor.set(func() { vendor.status["file"] = 503 })
	c = open(t, vendor.options(map[string]any{"initial_bucketing": everybodyOn}), Host{})
	require.Equal(t, Stale, c.Status().State)
	fetched(t, c, newVisitor(t, c, "v", ""))
}

func TestAttributesOfOtherVendors(t *testing.T) {
	vendor := newABTasty(t)
	c := open(t, vendor.options(map[string]any{"fetch_third_party_data": true}), Host{})
	visitor := newVisitor(t, c, "v w", "")
	require.JSONEq(t, `{"done":false}`, call(t, c, "flagship.visitor.fetch", `{"visitor":`+visitor+`,"wait":false}`))
	own(t, c, "ready")
	require.Equal(t, "/accounts/env/segments/v w", vendor.requests("segments")[0].Path)
	require.Contains(t, call(t, c, "flagship.visitor.state", `{"visitor":`+visitor+`}`), `"p::s":"gold"`)
}

func TestEventsOfFlagshipCanBeTurnedOff(t *testing.T) {
	vendor := newABTasty(t)
	c := open(t, vendor.options(map[string]any{"disable_events": true}), Host{})
	visitor := newVisitor(t, c, "v", "")
	fetched(t, c, visitor)
	require.JSONEq(t, `{"exposure":"queued"}`, call(t, c, "flagship.visitor.expose", `{"visitor":`+visitor+`,"key":"on"}`),
		"nothing is wrong")
	require.JSONEq(t, `{"accepted":false}`, call(t, c, "track", `{"event":"e","context":{"targetingKey":"v"}}`))
	evaluate(c, "on", someVisitor("v"))
	require.JSONEq(t, `{"flushed":true}`, call(t, c, "flagship.flush", ""))
	require.Empty(t, c.Close())
	require.Empty(t, append(vendor.requests("hits"), vendor.requests("activate")...))
}

// A lane that hangs leaves the other its time, and what it lost is told.
func TestOneLaneThatHangsDoesNotHoldUpTheOther(t *testing.T) {
	vendor := newABTasty(t)
	c := open(t, vendor.options(map[string]any{"close_wait_ms": 200, "tracking": map[string]any{"batch_interval": 3600}}), Host{})
	vendor.stall(t, "activate")
	evaluate(c, "on", someVisitor("v"))
	call(t, c, "track", `{"event":"e","context":{"targetingKey":"v"}}`)
	require.Equal(t, "events that this client lost: 1 when the client was closed before the server had taken them", c.Close())
	require.Equal(t, []string{"v e <nil>"}, short(vendor.told(t, "hits")))
	_, ok := c.Next(context.Background())
	require.True(t, ok)
}
