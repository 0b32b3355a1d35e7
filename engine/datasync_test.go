package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/localserver"
)

// syncVendor is one of the two vendors that speak the data-sync protocol, with the items of a test's environment.
type syncVendor struct {
	backend string
	secret  string
	// flag writes a flag that serves value to everybody, and other to the users of segment s. seconds are its time.
	flag    func(key, value string, seconds int) string
	segment func(id string, seconds int, users ...string) string
	id      func(key string) string // that a flag is changed by on the server
}

var featBitVendor = syncVendor{
	backend: localserver.BackendFeatBit,
	secret:  localserver.FeatBitSecret,
	flag: func(key, value string, seconds int) string {
		return fmt.Sprintf(`{"id":"id-%s","name":"Flag %s","key":%q,"variationType":"string","variations":[{"id":"v","value":%q},`+
			`{"id":"w","value":"other"}],"targetUsers":[],"rules":[{"name":"in","includedInExpt":false,"conditions":[{"property":`+
			`"User is in segment","op":null,"value":"[\"s\"]"}],"variations":[{"id":"w","rollout":[0,1]}]}],"isEnabled":true,`+
			`"disabledVariationId":"v","fallthrough":{"dispatchKey":null,"includedInExpt":false,"variations":[{"id":"v",`+
			`"rollout":[0,1],"exptRollout":1}]},"exptIncludeAllTargets":false,"updatedAt":%q,"isArchived":false}`,
			key, key, key, value, at(seconds))
	},
	segment: func(id string, seconds int, users ...string) string {
		return fmt.Sprintf(`{"id":%q,"name":%q,"included":%s,"excluded":[],"rules":[],"updatedAt":%q,"isArchived":false}`,
			id, id, list(users), at(seconds))
	},
	id: func(key string) string { return key },
}

var featureFlagCoVendor = syncVendor{
	backend: localserver.BackendFeatureFlagCo,
	secret:  localserver.FeatureFlagCoSecret,
	flag: func(key, value string, seconds int) string {
		return fmt.Sprintf(`{"id":"FF__41__52__63__%s","isArchived":false,"timestamp":%d,"ff":{"name":"Flag %s","keyName":"%s",`+
			`"status":"Enabled","isDefaultRulePercentageRolloutsIncludedInExpt":true,"defaultRulePercentageRollouts":[{"exptRollout":0,`+
			`"rolloutPercentage":[0,1],"valueOption":{"localId":1,"variationValue":%q}}],"variationOptionWhenDisabled":{"localId":2,`+
			`"variationValue":"off"}},"ffp":[],"fftuwmtr":[{"ruleName":"in","isIncludedInExpt":false,"ruleJsonContent":[{"property":`+
			`"User is in segment","operation":null,"value":"[\"s\"]"}],"valueOptionsVariationRuleValues":[{"exptRollout":0,`+
			`"rolloutPercentage":[0,1],"valueOption":{"localId":3,"variationValue":"other"}}]}],"targetIndividuals":[],`+
			`"exptIncludeAllRules":false}`, key, milliseconds(seconds), key, key, value)
	},
	segment: func(id string, seconds int, users ...string) string {
		return fmt.Sprintf(`{"id":%q,"isArchived":false,"timestamp":%d,"included":%s,"excluded":[],"rules":[]}`,
			id, milliseconds(seconds), list(users))
	},
	id: func(key string) string { return "FF__41__52__63__" + key },
}

// milliseconds is a time of a test's item.
func milliseconds(seconds int) int64 {
	return time.Date(2024, 5, 1, 10, 0, seconds, 0, time.UTC).UnixMilli()
}

func at(seconds int) string {
	return time.UnixMilli(milliseconds(seconds)).UTC().Format("2006-01-02T15:04:05.000Z")
}

func list(items []string) string {
	if items == nil {
		items = []string{}
	}
	text, _ := json.Marshal(items)
	return string(text)
}

func syncMessage(event string, flags []string, segments ...string) []byte {
	return []byte(`{"messageType":"data-sync","data":{"eventType":"` + event + `","featureFlags":[` + strings.Join(flags, ",") +
		`],"segments":[` + strings.Join(segments, ",") + `]}}`)
}

// forEachVendor runs a test for both.
func forEachVendor(t *testing.T, test func(t *testing.T, v syncVendor)) {
	for _, v := range []syncVendor{featBitVendor, featureFlagCoVendor} {
		t.Run(v.backend, func(t *testing.T) { test(t, v) })
	}
}

// serve starts a server with the flags a and b and the segment s, of the seconds 1, 2 and 3.
func (v syncVendor) serve(t *testing.T, options localserver.Options) *localserver.Server {
	t.Helper()
	options.Backend = v.backend
	s := localserver.StartTest(t, options)
	require.NoError(t, s.SetDocument("", syncMessage("full", []string{v.flag("a", "A1", 1), v.flag("b", "B1", 2)}, v.segment("s", 3, "in"))))
	return s
}

// options are those of a client of the server which tries again at once. More replace them.
func (v syncVendor) options(s *localserver.Server, more map[string]any) map[string]any {
	options := map[string]any{
		"backend": v.backend, "env_secret": v.secret, "streaming_url": s.URL(), "event_url": s.URL() + "/",
		"streaming_first_retry_delay": 0.001, "events_retry_interval": 0.001, "events_flush_interval": 0, "log_level": "debug",
	}
	for name, value := range more {
		options[name] = value
	}
	return options
}

// patience bounds every wait of these tests. Nothing is compared with it.
const patience = time.Minute

// wait takes events until one is what is waited for.
func waitFor(t *testing.T, c *Client, wanted func(Event) bool) Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var seen []string
	for {
		e, ok := c.Next(ctx)
		if !ok {
			require.FailNow(t, "the event did not come", "%+v\n%s", c.Status(), strings.Join(seen, "\n"))
		}
		if wanted(e) {
			return e
		}
		text, _ := json.Marshal(e)
		seen = append(seen, string(text))
		require.NotEqual(t, "closed", e.Type, "%s", strings.Join(seen, "\n"))
	}
}

// waitState takes events until the client came into the state.
func waitState(t *testing.T, c *Client, state State) Status {
	t.Helper()
	return *waitFor(t, c, func(e Event) bool { return e.Type == "status" && e.Status.State == state }).Status
}

// waitChange takes events until flags changed, and returns which.
func waitChange(t *testing.T, c *Client) []string {
	t.Helper()
	return waitFor(t, c, func(e Event) bool { return e.Type == "change" }).Flags
}

// served is what a user gets, or the code of the error.
func served(c *Client, key, user string) string {
	var out eval.Outcome
	c.Resolve(key, &eval.Context{TargetingKey: user}, &out)
	return out.Value.String() + string(out.ErrorCode)
}

// call runs a method and returns its result as JSON.
func call(t *testing.T, c *Client, method, params string) string {
	t.Helper()
	result, err := c.Call(t.Context(), method, []byte(params))
	if err != nil {
		return err.Error()
	}
	text, err := json.Marshal(result)
	require.NoError(t, err)
	return string(text)
}

// requests are the data-sync requests that the sockets received, one for each.
func requests(s *localserver.Server) []string {
	var sent []string
	for _, socket := range s.Sockets() {
		if len(socket.Received) > 0 {
			sent = append(sent, socket.Received[0])
		}
	}
	return sent
}

func request(version int64) string {
	return fmt.Sprintf(`{"messageType":"data-sync","data":{"timestamp":%d}}`, version)
}

func TestFlagsComeOverTheWebsocketAndChange(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		s := v.serve(t, localserver.Options{})
		c := open(t, v.options(s, nil), Host{})
		status := c.Status()
		require.Equal(t, Ready, status.State, "%v", status.Error)
		require.Equal(t, "A1", served(c, "a", "u"))
		require.Equal(t, "other", served(c, "a", "in"))
		require.Equal(t, "FLAG_NOT_FOUND", served(c, "z", "u"))
		require.Equal(t, []string{"a", "b"}, waitChange(t, c))
		require.Equal(t, []string{request(0)}, requests(s))
		socket := s.Sockets()[0]
		require.Contains(t, socket.Path, "/streaming?token=")
		require.Contains(t, socket.Path, "&type=server")
		require.Equal(t, []string{"fb-python-server-sdk"}, socket.Headers["User-Agent"])

		require.NoError(t, s.Push(syncMessage("patch", []string{v.flag("b", "B2", 10)})))
		require.Equal(t, []string{"b"}, waitChange(t, c))
		require.Equal(t, "B2", served(c, "b", "u"))

		require.NoError(t, s.Push(syncMessage("patch", []string{v.flag("a", "A2", 21)}, v.segment("s", 20, "u"))))
		require.Equal(t, []string{"a", "b"}, waitChange(t, c), "b tests the segment, which is older than the flag")
		require.Equal(t, "A2", served(c, "a", "in"))
		require.Equal(t, "other", served(c, "b", "u"))

		require.NoError(t, s.ChangeFlag(v.id("a"), []byte(`{"isArchived":true}`)))
		require.Equal(t, []string{"a"}, waitChange(t, c))
		require.Equal(t, "FLAG_NOT_FOUND", served(c, "a", "u"))
		require.Equal(t, Ready, c.Status().State)
	})
}

func TestFramesThatCarryNoFlagsChangeNothing(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		s := v.serve(t, localserver.Options{})
		c := open(t, v.options(s, map[string]any{"ping_interval": 0.1}), Host{})
		waitChange(t, c)
		version := c.Status().Version
		for _, frame := range []string{
			`{"messageType":"pong","data":{}}`, `[1,2]`, `null`, `{"messageType":"data-sync","data":{"eventType":"other","featureFlags":[],"segments":[]}}`,
			`{"messageType":"data-sync","data":{"eventType":"patch","featureFlags":[]}}`,
		} {
			require.NoError(t, s.Push([]byte(frame)))
		}
		require.NoError(t, s.Push(syncMessage("patch", []string{`{"isArchived":false}`, v.flag("a", "A2", 10)})))
		require.Equal(t, []string{"a"}, waitChange(t, c), "the item after one that lacks its identity is taken")
		require.Equal(t, version+1, c.Status().Version)
		require.Equal(t, Ready, c.Status().State)
		require.Len(t, s.Sockets(), 1)
	})
}

func TestALostConnectionIsResumed(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		s := v.serve(t, localserver.Options{})
		c := open(t, v.options(s, nil), Host{})
		waitState(t, c, Ready)
		for _, lost := range []struct {
			cut   func()
			kind  string
			words string
		}{
			{s.CloseConnections, map[string]string{"featbit": "WebSocket error", "featureflagco": "Network error"}[v.backend],
				"Connection to remote host was lost: "},
			{func() { require.NoError(t, s.CloseStreams(1011, "service unavailable, close by server")) }, "Unknown close code",
				"service unavailable, close by server (close code 1011)"},
			{func() { require.NoError(t, s.CloseStreams(1005, "")) }, "Unknown close code", "Unknown close code (close code 1005)"},
		} {
			before := len(s.Sockets())
			lost.cut()
			status := waitState(t, c, Stale)
			require.Equal(t, lost.kind, status.ErrorKind)
			require.Contains(t, *status.Error, lost.words)
			require.Equal(t, "A1", served(c, "a", "u"))
			status = waitState(t, c, Ready)
			require.Nil(t, status.Error)
			sent := requests(s)
			require.Equal(t, request(milliseconds(3)), sent[len(sent)-1])
			require.Greater(t, len(s.Sockets()), before)
		}
	})
}

func TestWhatChangedWhileAwayIsCaughtUp(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		s := v.serve(t, localserver.Options{})
		c := open(t, v.options(s, nil), Host{})
		waitState(t, c, Ready)
		waitChange(t, c)
		require.NoError(t, s.SetFaults(localserver.Fault{Kind: localserver.FaultAnswer, Status: 503, Path: "/streaming", Times: 3}))
		s.CloseConnections()
		waitState(t, c, Stale)
		status := waitFor(t, c, func(e Event) bool { return e.Type == "status" && strings.Contains(*e.Status.Error, "503") }).Status
		require.Equal(t, "WebSocket error", status.ErrorKind)
		require.Contains(t, *status.Error, "Handshake status 503: ws://")
		require.NotContains(t, *status.Error, "token")
		require.NoError(t, s.SetDocument("", syncMessage("full",
			[]string{v.flag("a", "A1", 1), v.flag("b", "B2", 30), v.flag("c", "C1", 30)}, v.segment("s", 29, "new"))))
		require.Equal(t, []string{"a", "b", "c"}, waitChange(t, c), "a tests the segment, and the server gives it a later time than that")
		require.Equal(t, "B2", served(c, "b", "u"))
		require.Equal(t, "other", served(c, "a", "new"))
	})
}

func TestAnEmptyEnvironmentMakesReady(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		s := localserver.StartTest(t, localserver.Options{Backend: v.backend})
		c := open(t, v.options(s, nil), Host{})
		require.Equal(t, Ready, c.Status().State)
		require.Equal(t, "FLAG_NOT_FOUND", served(c, "a", "u"))
		require.NoError(t, s.Push(syncMessage("patch", []string{v.flag("a", "A1", 1)})))
		require.Equal(t, []string{"a"}, waitChange(t, c))
	})
}

// Where the vendors' clients end for good, the host can see why, and what is held goes on working.
func TestARefusedTokenEndsIt(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		s := v.serve(t, localserver.Options{})
		other := strings.Replace(v.secret, "Y", "Z", 1)
		if v.backend == localserver.BackendFeatBit {
			other = strings.Replace(v.secret, "b", "c", 1)
		}
		c := open(t, v.options(s, map[string]any{"env_secret": other}), Host{})
		status := c.Status()
		require.Equal(t, Fatal, status.State)
		require.Equal(t, "Request invalid", status.ErrorKind)
		require.Regexp(t, `^Request invalid \(close code 4003\): env_secret is not that of an environment of this server `+
			`\(its clock and this machine's agree to [12] s\)$`, *status.Error)
		require.Equal(t, "PROVIDER_NOT_READY", served(c, "a", "u"))
		require.Len(t, s.Sockets(), 1)

		c = open(t, v.options(s, nil), Host{})
		waitState(t, c, Ready)
		require.NoError(t, s.CloseStreams(4003, "invalid request, close by server"))
		status = waitState(t, c, Fatal)
		require.Equal(t, "Request invalid", status.ErrorKind)
		require.Equal(t, "A1", served(c, "a", "u"))
		require.Len(t, s.Sockets(), 2, "no further attempt")
		require.Contains(t, call(t, c, "refresh", "{}"), "Request invalid")
	})
}

// As the vendors' clients do, which try again for as long as their caller waits.
func TestOpeningWaitsForFlagsThroughFailures(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		s := v.serve(t, localserver.Options{})
		require.NoError(t, s.SetFaults(localserver.Fault{Kind: localserver.FaultAnswer, Status: 503, Path: "/streaming", Times: 3}))
		c := open(t, v.options(s, map[string]any{"start_wait_ms": 60_000, "streaming_first_retry_delay": 0.001}), Host{})
		require.Equal(t, Ready, c.Status().State)
	})
}

func TestAWrongClockIsNamed(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		for _, offset := range []time.Duration{-2 * time.Minute, 2 * time.Minute} {
			s := v.serve(t, localserver.Options{ClockOffset: offset})
			date := time.Now().Add(offset).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
			require.NoError(t, s.SetFaults(localserver.Fault{
				Kind: localserver.FaultAnswer, Status: 401, Path: "/track", Headers: map[string]string{"Date": date},
			}))
			c := open(t, v.options(s, nil), Host{})
			status := c.Status()
			require.Equal(t, Fatal, status.State)
			direction := "ahead of"
			if offset > 0 {
				direction = "behind"
			}
			require.Regexp(t, `^Request invalid \(close code 4003\): this machine's clock is 1(19|20|21) s `+direction+
				` the server's, which accepts a difference of 30 s$`, *status.Error)
			for _, asked := range s.Requests() {
				if asked.Method == "POST" {
					require.Empty(t, asked.Headers["Authorization"], "who we are is not told again")
					require.Empty(t, asked.Headers["Envsecret"])
				}
			}
		}
		s := v.serve(t, localserver.Options{ClockOffset: time.Hour})
		require.NoError(t, s.SetFaults(localserver.Fault{Kind: localserver.FaultReset, Path: "/track"}))
		c := open(t, v.options(s, nil), Host{})
		require.Contains(t, *c.Status().Error, "Request invalid (close code 4003): env_secret is not that of an environment of this server, "+
			"or this machine's clock and the server's differ by more than 30 s (the server's could not be read: ")
	})
}

func TestTextThatIsNotJSONEndsIt(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		s := v.serve(t, localserver.Options{})
		c := open(t, v.options(s, nil), Host{})
		waitState(t, c, Ready)
		require.NoError(t, s.Push([]byte("not json")))
		status := waitState(t, c, Fatal)
		require.Equal(t, "Received Data invalid", status.ErrorKind)
		require.NotEmpty(t, *status.Error)
		require.Equal(t, "A1", served(c, "a", "u"))
		require.Eventually(t, func() bool { return s.Sockets()[0].Code == 1001 }, patience, time.Millisecond)
		require.Len(t, s.Sockets(), 1)
	})
}

// What is JSON to everybody else does not end it.
func TestAFrameThatIsNestedTooDeepIsSurvived(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		s := v.serve(t, localserver.Options{})
		c := open(t, v.options(s, map[string]any{"streaming_first_retry_delay": 0.001}), Host{})
		waitState(t, c, Ready)
		require.NoError(t, s.Push([]byte(`{"messageType":"data-sync","more":`+strings.Repeat("[", 130)+strings.Repeat("]", 130)+`}`)))
		status := waitState(t, c, Stale)
		require.Contains(t, *status.Error, "nested deeper than 128 levels")
		waitState(t, c, Ready)
		require.Len(t, s.Sockets(), 2)
	})
}

func TestAFrameThatIsTooLongIsSurvived(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		s := v.serve(t, localserver.Options{})
		require.NoError(t, s.SetFaults(localserver.Fault{Kind: localserver.FaultOversize, BodyBytes: 1 << 20, Path: "/streaming"}))
		c := open(t, v.options(s, map[string]any{"max_body_bytes": 1 << 19}), Host{})
		status := waitState(t, c, Failed)
		require.Equal(t, "Runtime error", status.ErrorKind)
		require.Contains(t, *status.Error, "max_body_bytes")
		waitState(t, c, Ready)
		require.Equal(t, "A1", served(c, "a", "u"))
	})
}

func TestAServerThatSaysNothingIsNotWaitedFor(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		s := v.serve(t, localserver.Options{})
		require.NoError(t, s.SetFaults(localserver.Fault{Kind: localserver.FaultStream, DropMessages: -1, Path: "/streaming"}))
		c := open(t, v.options(s, map[string]any{"start_wait_ms": 20}), Host{})
		require.Equal(t, NotReady, c.Status().State)
		require.Equal(t, "PROVIDER_NOT_READY", served(c, "a", "u"))
		require.Eventually(t, func() bool { return len(requests(s)) == 1 }, patience, time.Millisecond)
		require.JSONEq(t, `{"changed":true}`, call(t, c, "refresh", "{}"))
		require.Equal(t, Ready, c.Status().State)
	})
}

// Kinds of failures are named as the vendors' clients name them, and every one is followed by another attempt.
func TestFailuresToConnectAreNamed(t *testing.T) {
	refused := map[string]string{"featbit": "Network error", "featureflagco": "System error"}
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		hanging := v.serve(t, localserver.Options{})
		require.NoError(t, hanging.SetFaults(localserver.Fault{Kind: localserver.FaultHang, Path: "/streaming", Times: -1}))
		untrusted := v.serve(t, localserver.Options{TLS: &localserver.TLS{}})
		denied := v.serve(t, localserver.Options{})
		require.NoError(t, denied.SetFaults(localserver.Fault{Kind: localserver.FaultAnswer, Status: 403, Path: "/streaming", Times: -1}))
		gone := v.serve(t, localserver.Options{})
		gone.Close()
		for _, c := range []struct {
			url, kind, words string
			timeout          float64
		}{
			{gone.URL(), refused[v.backend], "connection refused", 5},
			{hanging.URL(), "WebSocket error", "the connection was not open within 100ms", 0.1},
			{strings.Replace(untrusted.URL(), "https", "wss", 1), "WebSocket error", "certificate", 5},
			{denied.URL(), "WebSocket error", "Handshake status 403: ws://", 5},
			{"ws://no-such-host.invalid", "WebSocket error", "no-such-host.invalid", 5},
		} {
			c1 := open(t, v.options(gone, map[string]any{"streaming_url": c.url, "websocket_timeout": c.timeout, "start_wait_ms": 0}), Host{})
			status := waitState(t, c1, Failed)
			require.Equal(t, c.kind, status.ErrorKind, c.url)
			require.Contains(t, *status.Error, c.words)
			waitFor(t, c1, func(e Event) bool {
				return e.Type == "log" && strings.HasPrefix(e.Message, "fetching failed, next attempt in ")
			})
			c1.Close()
		}
	})
}

// A connection whose other side is gone is noticed by the pings that nobody answers.
func TestAHalfOpenConnectionIsLeft(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		s := v.serve(t, localserver.Options{})
		require.NoError(t, s.SetFaults(localserver.Fault{
			Kind: localserver.FaultStream, AfterMessages: 1, Then: localserver.ThenStall, Path: "/streaming",
		}))
		c := open(t, v.options(s, map[string]any{"ping_interval": 0.1}), Host{})
		require.Equal(t, Ready, c.Status().State)
		status := waitState(t, c, Stale)
		require.Contains(t, *status.Error, "the server sent nothing within 300ms")
		waitState(t, c, Ready)
		require.Contains(t, s.Sockets()[0].Received, `{"messageType":"ping","data":null}`)
	})
}

// Each client has its environment, its server and its events.
func TestClientsOfSeveralEnvironments(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		type environment struct {
			server *localserver.Server
			client *Client
		}
		var all []environment
		for i := range 4 {
			s := localserver.StartTest(t, localserver.Options{Backend: v.backend})
			require.NoError(t, s.SetDocument("", syncMessage("full", []string{v.flag("a", fmt.Sprint("value ", i), 1)})))
			all = append(all, environment{s, open(t, v.options(s, nil), Host{})})
		}
		for i, e := range all {
			require.Equal(t, fmt.Sprint("value ", i), served(e.client, "a", "u"))
			require.JSONEq(t, `{"accepted":true}`, call(t, e.client, "track", fmt.Sprintf(`{"event":"e%d","context":{"targetingKey":"u"}}`, i)))
			require.JSONEq(t, `{"flushed":true}`, call(t, e.client, "flush", "{}"))
			require.Equal(t, map[string]int{fmt.Sprint("e", i): 1}, e.server.EventsByName(1))
		}
		require.NoError(t, all[1].server.Push(syncMessage("patch", []string{v.flag("a", "changed", 9)})))
		waitFor(t, all[1].client, func(e Event) bool { return e.Type == "change" && e.Version == 2 })
		all[2].client.Close()
		require.Equal(t, "value 0", served(all[0].client, "a", "u"))
		require.Equal(t, "changed", served(all[1].client, "a", "u"))
	})
}
