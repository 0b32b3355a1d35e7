package engine

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/localserver"
)

// evaluate is what a host does for one evaluation.
func evaluate(c *Client, key string, ec *eval.Context) {
	var out eval.Outcome
	c.Resolve(key, ec, &out)
	c.Expose(nil, ec, &out)
}

// bodies are the events that the server accepted, their times replaced.
func bodies(t *testing.T, s *localserver.Server) []string {
	t.Helper()
	var all []string
	for _, e := range s.Events() {
		var event map[string]any
		require.NoError(t, json.Unmarshal(e.Body, &event))
		for _, list := range []string{"variations", "userVariations", "metrics"} {
			entries, _ := event[list].([]any)
			for _, entry := range entries {
				entry, _ := entry.(map[string]any)
				if at, ok := entry["timestamp"].(float64); ok {
					require.Positive(t, at)
					entry["timestamp"] = "now"
					if at < 1e12 {
						entry["timestamp"] = at
					}
				}
			}
		}
		text, err := json.Marshal(event)
		require.NoError(t, err)
		all = append(all, string(text))
	}
	return all
}

func TestTheVendorHearsOfEvaluationsAndOfWhatIsTracked(t *testing.T) {
	users := map[string]string{
		"featbit": `{"keyId":"u","name":"Ada","customizedProperties":[{"name":"age","value":"30"},{"name":"vip","value":"True"}]}`,
		"featureflagco": `{"keyId":"u","userName":"Ada","email":"","country":"",
			"customizedProperties":[{"name":"age","value":"30"}]}`, // booleans are no attributes
	}
	evaluations := map[string]string{
		"featbit": `"variations":[{"featureFlagKey":"a","sendToExperiment":%t,"timestamp":%s,"variation":{"id":"v","value":"%s","reason":"%s"}}]`,
		"featureflagco": `"userVariations":[{"featureFlagKeyName":"a","sendToExperiment":%t,"timestamp":%s,
			"variation":{"localId":1,"variationValue":"%s","reason":"%s"}}]`,
	}
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		s := v.serve(t, localserver.Options{})
		c := open(t, v.options(s, map[string]any{"app_type": "some app", "events_flush_interval": 3600}), Host{})
		ec := eval.Context{TargetingKey: "u", Attributes: []eval.Attribute{
			{Name: "name", Value: eval.StringValue("Ada")}, {Name: "age", Value: eval.Value{Kind: eval.Number, Text: "30"}},
			{Name: "vip", Value: eval.BoolValue(true)}, {Name: "tags", Value: eval.Value{Kind: eval.JSON, Text: "[1]"}},
		}}
		const context = `"context":{"targetingKey":"u","name":"Ada","age":30,"vip":true}`
		evaluate(c, "a", &ec)
		evaluate(c, "z", &ec)             // there is no such flag
		evaluate(c, "a", &eval.Context{}) // no user
		for params, want := range map[string]string{
			`{"event":"",` + context + `}`:                                "track: event is missing",
			`{"event":"e","value":"9",` + context + `}`:                   "the value of a metric is not a number",
			`{"event":"e","data":{},` + context + `}`:                     "data: a metric of " + v.backend + " has a value and no further details",
			`{"event":"e","context":{"targetingKey":" "}}`:                "key is not valid",
			`{"event":"e","context":{"targetingKey":"u","name":["Ada"]}}`: "name is not valid",
			`{"event":"e","context":{"targetingKey":"u"},"else":1}`:       "track: else is not a parameter",
			`{"event":"e","value":null,"context":{"targetingKey":5}}`:     "track: context cannot be read: context: targetingKey must be a string",
		} {
			require.Equal(t, want, call(t, c, "track", params), params)
		}
		require.JSONEq(t, `{"accepted":true}`, call(t, c, "track", `{"event":"signup",`+context+`}`))
		require.JSONEq(t, `{"accepted":true,"refused":{"zero":"the value of a metric is not a number","":"the name of a metric is empty"}}`,
			call(t, c, v.backend+".track_metrics", `{"metrics":{"one":1,"zero":null,"two":2.50,"":3},`+context+`}`))
		require.JSONEq(t, `{"accepted":false,"refused":{"x":"the value of a metric is not a number"}}`,
			call(t, c, v.backend+".track_metrics", `{"metrics":{"x":"1"},`+context+`}`))
		require.JSONEq(t, `{"accepted":true}`, call(t, c, v.backend+".identify", `{`+context+`}`))
		variation := map[string]string{"featbit": `"v"`, "featureflagco": `1`}[v.backend]
		require.JSONEq(t, `{"accepted":true}`, call(t, c, v.backend+".expose",
			`{"key":"a","variation":`+variation+`,"value":"A0","reason":"target match","in_experiment":true,"timestamp":123456,`+context+`}`))
		require.JSONEq(t, `{"flushed":true}`, call(t, c, "flush", "{}"))

		user, evaluation := users[v.backend], evaluations[v.backend]
		metric := func(name, value string) string {
			at := map[string]string{"featbit": `,"timestamp":"now"`}[v.backend]
			return fmt.Sprintf(`{"eventName":"%s","numericValue":%s,"route":"index/metric","type":"CustomEvent","appType":"some app"%s}`, name, value, at)
		}
		want := []string{
			`{"user":` + user + `,` + fmt.Sprintf(evaluation, false, `"now"`, "A1", "fall through all rules") + `}`,
			`{"user":` + user + `,"metrics":[` + metric("signup", "1") + `]}`,
			`{"user":` + user + `,"metrics":[` + metric("one", "1") + `,` + metric("two", "2.5") + `]}`,
			`{"user":` + user + `}`,
			`{"user":` + user + `,` + fmt.Sprintf(evaluation, true, `123456`, "A0", "target match") + `}`,
		}
		got := bodies(t, s)
		require.Len(t, got, len(want))
		for i := range want {
			require.JSONEq(t, want[i], got[i])
		}
		for _, asked := range s.Requests() {
			if asked.Method == "POST" {
				header := map[string]string{"featbit": "Authorization", "featureflagco": "Envsecret"}[v.backend]
				require.Equal(t, []string{v.secret}, asked.Headers[header])
				require.Equal(t, []string{"fb-python-server-sdk"}, asked.Headers["User-Agent"])
				require.Equal(t, []string{"application/json"}, asked.Headers["Content-Type"])
			}
		}
		stats := c.Status().Events
		require.Equal(t, uint64(5), stats.Sent)
		require.Zero(t, stats.Dropped)
	})
}

func TestMethodsOfTheVendor(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		s := localserver.StartTest(t, localserver.Options{Backend: v.backend})
		require.NoError(t, s.SetDocument("", syncMessage("full", []string{v.flag("z", "Z1", 1), v.flag("a", "A1", 2)})))
		c := open(t, v.options(s, nil), Host{})
		waitChange(t, c)
		require.NoError(t, s.Push(syncMessage("patch", []string{v.flag("m", "M1", 4), v.flag("z", "Z2", 3)})))
		waitChange(t, c)
		require.JSONEq(t, `{"keys":["z","a","m"]}`, call(t, c, v.backend+".flag_keys", "{}"), "as they first came")
		require.JSONEq(t, `{"version":1714557604000}`, call(t, c, v.backend+".version", "{}"))
		require.JSONEq(t, `{"document":`+string(syncMessage("full", []string{v.flag("z", "Z2", 3), v.flag("a", "A1", 2), v.flag("m", "M1", 4)}))+`}`,
			call(t, c, v.backend+".document", "{}"))
		for params, want := range map[string]string{
			`{"key":"a"}`: "variation is missing", `{"variation":"v"}`: "key is missing", `{"key":"a","variation":"v","timestamp":-1}`: "timestamp is -1",
			`{"key":"a","variation":"v","more":1}`: "more is not a parameter", `[]`: "want a JSON object",
			`{"key":"a","variation":"v"}`:                              "key is not valid",
			`{"key":"a","variation":"v","prerequisites":5}`:            "prerequisites is not a list",
			`{"key":"a","variation":"v","prerequisites":[5]}`:          "prerequisites holds something that is not an object",
			`{"key":"a","variation":"v","prerequisites":[{"key":""}]}`: "key is missing",
		} {
			require.Contains(t, call(t, c, v.backend+".expose", params), want, params)
		}
		require.Contains(t, call(t, c, v.backend+".track_metrics", `{"metrics":[]}`), v.backend+".track_metrics: metrics is not an object of numbers")
		require.Contains(t, call(t, c, v.backend+".version", `{"x":1}`), "x is not a parameter")
		require.Equal(t, "key is not valid", call(t, c, v.backend+".identify", `{}`))

		down := open(t, v.options(s, map[string]any{"streaming_url": "http://127.0.0.1:9", "start_wait_ms": 0}), Host{})
		require.JSONEq(t, `{"keys":[]}`, call(t, down, v.backend+".flag_keys", ""))
		require.JSONEq(t, `{"version":0}`, call(t, down, v.backend+".version", ""))
		require.JSONEq(t, `{"document":`+string(syncMessage("full", nil))+`}`, call(t, down, v.backend+".document", ""))
	})
}

// Every event arrives, once, although half of the requests fail.
func TestEventsSurviveAServerThatFailsHalfOfTheTime(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		s := v.serve(t, localserver.Options{})
		require.NoError(t, s.SetFaults(
			localserver.Fault{Kind: localserver.FaultAnswer, Status: 503, Share: 0.3, Path: "/track", Times: -1},
			localserver.Fault{Kind: localserver.FaultAnswer, Status: 429, Share: 0.15, Path: "/track", Times: -1},
			localserver.Fault{Kind: localserver.FaultReset, Share: 0.15, Path: "/track", Times: -1},
		))
		c := open(t, v.options(s, nil), Host{})
		const users = 1000
		for i := range users {
			evaluate(c, "a", &eval.Context{TargetingKey: fmt.Sprint("user ", i)})
		}
		c.Close()
		counts := s.EventCounts()
		require.Equal(t, users, counts.Events)
		require.Equal(t, users, counts.Users)
		require.Empty(t, s.EventsByUser(2))
		for _, asked := range s.Requests() {
			if asked.Method == "POST" {
				var elements []json.RawMessage
				require.NoError(t, json.Unmarshal([]byte(asked.Body), &elements))
				require.LessOrEqual(t, len(elements), 500)
			}
		}
	})
}

// What the server finds wrong does not take its neighbours with it, and wrong credentials cost nothing once they are mended.
func TestOnlyWhatTheServerRefusesIsLost(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		s := v.serve(t, localserver.Options{})
		c := open(t, v.options(s, map[string]any{"events_flush_interval": 3600}), Host{})
		for i := range 20 {
			evaluate(c, "a", &eval.Context{TargetingKey: fmt.Sprint("user ", i)})
		}
		require.NoError(t, s.SetFaults(
			localserver.Fault{Kind: localserver.FaultAnswer, Status: 401, Path: "/track", Times: 3},
			localserver.Fault{Kind: localserver.FaultAnswer, Status: 413, Path: "/track"},           // all 20
			localserver.Fault{Kind: localserver.FaultAnswer, Status: 400, Path: "/track", Times: 4}, // the first 10, 5, 2 and 1 of them
		))
		require.JSONEq(t, `{"flushed":true}`, call(t, c, "flush", "{}"))
		require.Equal(t, 19, s.EventCounts().Events)
		stats := c.Status().Events
		require.Equal(t, uint64(19), stats.Sent)
		require.Equal(t, uint64(1), stats.Dropped.Refused)
		require.Equal(t, uint64(3), stats.Retried)
	})
}

func TestEventsCanBeTurnedOff(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		s := v.serve(t, localserver.Options{})
		c := open(t, v.options(s, map[string]any{"disable_events": true}), Host{})
		evaluate(c, "a", &eval.Context{TargetingKey: "u"})
		require.JSONEq(t, `{"accepted":false}`, call(t, c, "track", `{"event":"e","context":{"targetingKey":"u"}}`))
		require.JSONEq(t, `{"flushed":true}`, call(t, c, "flush", "{}"))
		c.Close()
		require.Zero(t, s.EventCounts())
	})
}

// Events that nobody could take are sent by the next process.
func TestEventsInASpoolAreSentByTheNextClient(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		s := v.serve(t, localserver.Options{})
		options := v.options(s, map[string]any{"spool_path": filepath.Join(t.TempDir(), "spool"), "close_wait_ms": 0})
		require.NoError(t, s.SetFaults(localserver.Fault{Kind: localserver.FaultAnswer, Status: 503, Path: "/track", Times: -1}))
		c := open(t, options, Host{})
		for i := range 100 {
			evaluate(c, "a", &eval.Context{TargetingKey: fmt.Sprint("user ", i)})
		}
		require.Eventually(t, func() bool { return c.Status().Events.SpoolBytes > 0 && c.Status().Events.Retried > 0 }, patience, 1)
		c.Close()
		require.Zero(t, s.EventCounts().Events)
		require.NoError(t, s.SetFaults())
		next := open(t, options, Host{})
		require.Eventually(t, func() bool { return s.EventCounts().Users == 100 }, patience, 1)
		next.Close()
		require.Empty(t, s.EventsByUser(2))
	})
}

// Nobody listens to a client that is closed: what it lost is in the answer.
func TestClosingTellsWhatWasLost(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		s := v.serve(t, localserver.Options{})
		c := open(t, v.options(s, map[string]any{"close_wait_ms": 20}), Host{})
		waitState(t, c, Ready)
		require.NoError(t, s.SetFaults(localserver.Fault{Kind: localserver.FaultHang, Path: "/track", Times: -1}))
		for range 3 {
			call(t, c, "track", `{"event":"e","context":{"targetingKey":"u"}}`)
		}
		require.Equal(t, "events that this client lost: 3 when the client was closed before the server had taken them", c.Close())
		require.Empty(t, c.Close())

		require.NoError(t, s.SetFaults())
		c = open(t, v.options(s, nil), Host{})
		call(t, c, "track", `{"event":"e","context":{"targetingKey":"u"}}`)
		require.Empty(t, c.Close())
	})
}
