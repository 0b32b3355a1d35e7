package localserver

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	activation     = `{"vid":"u","vaid":"w","caid":"g","aid":null,"qt":12}`
	pageview       = `{"vid":"u","t":"PAGEVIEW","cuid":null,"qt":5012,"dl":"https://shop.test/cart"}`
	click          = `{"vid":"a","t":"EVENT","cuid":"u","qt":12,"ec":"Action Tracking","ea":"click","ev":100}`
	consent        = `{"t":"EVENT","ds":"APP","ec":"User Engagement","ea":"fs_consent","el":"python:true","vid":"u","cuid":null,"qt":0}`
	visitorContext = `{"vid":"u","t":"SEGMENT","cuid":null,"qt":1,"s":{"vip":true}}`
)

func hits(list ...string) string {
	return `{"ds":"APP","cid":"burgee-local","t":"BATCH","qt":0,"h":[` + strings.Join(list, ",") + `]}`
}

func activations(list ...string) string {
	return `{"cid":"burgee-local","batch":[` + strings.Join(list, ",") + `]}`
}

func statusOf(t *testing.T, s *Server, path, body string) int {
	t.Helper()
	response, text := call(t, http.MethodPost, s.URL()+path, body, "X-Sdk-Client", "TypeScript")
	if response.StatusCode == 204 {
		assert.Empty(t, text)
	} else {
		assert.Contains(t, text, `{"message":"`)
	}
	return response.StatusCode
}

func TestHitsAndActivationsAreRecorded(t *testing.T) {
	s := startFlagship(t, environmentWith("1"))
	require.Equal(t, 204, statusOf(t, s, "/v2/activate", activations(activation, strings.Replace(activation, "null", `"a","qa":true`, 1))))
	require.Equal(t, 204, statusOf(t, s, "/", hits(pageview, click, consent, visitorContext)))
	events := s.Events()
	require.Len(t, events, 6)
	for i, want := range []Event{
		{Request: 1, Kind: KindActivation, User: "u", Flags: []string{"w"}, Path: "/v2/activate", Body: []byte(activation)},
		{Request: 1, Kind: KindActivation, User: "u", Flags: []string{"w"}, Path: "/v2/activate", Body: []byte(strings.Replace(activation, "null", `"a","qa":true`, 1))},
		{Request: 2, Kind: KindHit, User: "u", Metrics: []string{"PAGEVIEW"}, Path: "/", Body: []byte(pageview)},
		{Request: 2, Kind: KindHit, User: "u", Metrics: []string{"click"}, Path: "/", Body: []byte(click)},
		{Request: 2, Kind: KindConsent, User: "u", Metrics: []string{"fs_consent"}, Path: "/", Body: []byte(consent)},
		{Request: 2, Kind: KindSegment, User: "u", Metrics: []string{"SEGMENT"}, Path: "/", Body: []byte(visitorContext)},
	} {
		assert.Equal(t, []string{"TypeScript"}, events[i].Headers["X-Sdk-Client"])
		around := `{"cid":"burgee-local"}`
		if want.Request == 2 {
			around = `{"ds":"APP","cid":"burgee-local","t":"BATCH","qt":0}`
		}
		assert.JSONEq(t, around, string(events[i].Batch))
		events[i].Headers, events[i].Batch = nil, nil
		assert.Equal(t, want, events[i])
	}
	assert.Equal(t, EventCounts{Requests: 2, Events: 6, Flags: 2, Metrics: 4, Users: 1, Names: 5}, s.EventCounts())
	assert.Equal(t, map[string]int{"w": 2, "PAGEVIEW": 1, "click": 1, "fs_consent": 1, "SEGMENT": 1}, s.EventsByName(0))
}

func TestOneHitOrActivationByItself(t *testing.T) {
	s := startFlagship(t, environmentWith("1"))
	single := strings.Replace(pageview, `{`, `{"ds":"APP","cid":"burgee-local",`, 1)
	require.Equal(t, 204, statusOf(t, s, "/events/", single))
	flat := strings.Replace(activation, `{`, `{"cid":"burgee-local",`, 1)
	require.Equal(t, 204, statusOf(t, s, "/decision/v2/activate", flat))
	events := s.Events()
	require.Len(t, events, 2)
	assert.JSONEq(t, single, string(events[0].Body))
	assert.JSONEq(t, flat, string(events[1].Body))
	assert.Empty(t, events[0].Batch)
	assert.Empty(t, events[1].Batch)
}

func TestWhatMakesNoSenseIsRefusedAsAWhole(t *testing.T) {
	s := startFlagship(t, environmentWith("1"))
	for _, body := range []string{
		"", "[]", "null", "{", `{"h":[]}`, hits(pageview, `5`), hits(pageview, `null`), hits(pageview, `{"vid":"u"}`), hits(pageview, `{"t":"EVENT"}`),
		hits(pageview, `{"vid":5,"t":"EVENT"}`), hits(hits(pageview)), strings.Replace(hits(pageview), "burgee-local", "other", 1),
		strings.Replace(hits(pageview), `"APP"`, `"WEB"`, 1), strings.Replace(hits(pageview), `"h":[`, `"h":{"x":[`, 1) + "}",
	} {
		assert.Equal(t, 400, statusOf(t, s, "/", body), body)
	}
	for _, body := range []string{
		"", "[]", "null", "{", `{"cid":"burgee-local","batch":{}}`, strings.Replace(activations(activation), "burgee-local", "other", 1),
		activations(activation, "null"), activations(activation, strings.Replace(activation, `"u"`, `""`, 1)),
		activations(strings.Replace(activation, `"caid"`, `"campaign"`, 1)), activations(strings.Replace(activation, "12", `"12"`, 1)),
		activations(strings.Replace(activation, "12", "1.5", 1)), activations(strings.Replace(activation, "null", "5", 1)), activations(activation) + "{}",
	} {
		assert.Equal(t, 400, statusOf(t, s, "/v2/activate", body), body)
	}
	assert.Zero(t, s.EventCounts())
	require.Equal(t, 204, statusOf(t, s, "/v2/activate", activations()))
	require.Equal(t, 204, statusOf(t, s, "/", hits()))
	assert.Equal(t, EventCounts{Requests: 2}, s.EventCounts())
}

func TestVisitorsCanBeRefused(t *testing.T) {
	s := startFlagship(t, environmentWith("1"))
	other := strings.Replace(pageview, `"u"`, `"x"`, 1)
	require.NoError(t, s.RefuseVisitors(0, "y", "a"))
	assert.Equal(t, 400, statusOf(t, s, "/", hits(other, click)))
	assert.Equal(t, 204, statusOf(t, s, "/", hits(other)))
	assert.Equal(t, 400, statusOf(t, s, "/v2/activate", activations(strings.Replace(activation, "null", `"a"`, 1))))
	require.NoError(t, s.RefuseVisitors(503, "u"))
	assert.Equal(t, 503, statusOf(t, s, "/", hits(other, click)), "by the id of the account, too")
	assert.Equal(t, 503, statusOf(t, s, "/v2/activate", activations(activation)))
	require.NoError(t, s.RefuseVisitors(0))
	assert.Equal(t, 204, statusOf(t, s, "/", hits(other, click)))
	assert.Equal(t, 3, s.EventCounts().Events)
	require.Error(t, s.RefuseVisitors(200, "u"))
}

func TestHitsAreOnlyCounted(t *testing.T) {
	s := StartTest(t, Options{Backend: BackendFlagship, CountEvents: true})
	require.Equal(t, 204, statusOf(t, s, "/", hits(pageview, click)))
	assert.Empty(t, s.Events())
	assert.Equal(t, map[string]int{"u": 2}, s.EventsByUser(1))
	require.Len(t, s.Requests(), 1)
	assert.Empty(t, s.Requests()[0].Body)
}

// A fault meets each service by its path, and the collector's path alone, too.
func TestFaultsOfFlagship(t *testing.T) {
	s := startFlagship(t, environmentWith("1"))
	paths := []string{"/", "/events", fileURL, campaignsURL, "/v2/activate", "/accounts/burgee-local/segments/u"}
	for _, path := range paths {
		require.NoError(t, s.SetFaults(Fault{Kind: FaultAnswer, Status: 503, Path: path, Times: -1}))
		for _, asked := range paths {
			method := http.MethodPost
			if asked == fileURL || strings.HasPrefix(asked, "/accounts") {
				method = http.MethodGet
			}
			response, _ := call(t, method, s.URL()+asked, hits())
			assert.Equal(t, asked == path, response.StatusCode == 503, "%s while %s fails", asked, path)
		}
	}
	require.NoError(t, s.SetFaults(Fault{Kind: FaultNotModified}, Fault{Kind: FaultGarbage}, Fault{Kind: FaultOversize, BodyBytes: 1 << 16}, Fault{Kind: FaultCut}))
	for _, want := range []struct {
		status, length int
		err            error
	}{{304, 0, nil}, {200, len(garbageBody), nil}, {200, 1 << 16, nil}, {200, len(environmentWith("1")) / 2, io.ErrUnexpectedEOF}} {
		status, body, err := try(t, s.URL()+fileURL)
		assert.Equal(t, want.status, status)
		assert.Len(t, body, want.length)
		assert.True(t, errors.Is(err, want.err), "%v", err)
		if want.length == 1<<16 {
			assert.True(t, json.Valid([]byte(body)))
		}
	}
}

func TestALostAnswerTakesEffect(t *testing.T) {
	s := startFlagship(t, environmentWith("1"))
	require.NoError(t, s.SetFaults(Fault{Kind: FaultLoseAnswer}))
	_, err := plainClient.Post(s.URL()+"/", "application/json", strings.NewReader(hits(pageview))) //nolint:bodyclose,noctx // there is no answer
	require.Error(t, err)
	assert.True(t, errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF), "%v", err)
	assert.Equal(t, 1, s.EventCounts().Events)
}

func TestControlOfFlagship(t *testing.T) {
	s := StartTest(t, Options{Backend: BackendFlagship})
	control := controlled(t, s)
	status := func(method, path, body string) int {
		code, _ := control(method, path, body)
		return code
	}
	require.Equal(t, 204, status("PUT", "/document", environmentWith("1")))
	require.Equal(t, 204, status("PUT", "/auth", `{"env_id":"e","api_key":"k"}`))
	response, _ := call(t, http.MethodPost, s.URL()+"/v2/e/campaigns", `{"visitorId":"u","trigger_hit":false}`, "X-Api-Key", "k")
	assert.Equal(t, 200, response.StatusCode)
	require.Equal(t, 204, status("PUT", "/auth", `{}`))
	require.Equal(t, 204, status("PUT", "/file-headers", `{"last_modified":false,"etag":true}`))
	response, _ = get(t, s.URL()+fileURL)
	assert.Equal(t, []string{"", `"`}, []string{response.Header.Get("Last-Modified"), response.Header.Get("Etag")[:1]})
	require.Equal(t, 204, status("PUT", "/file-headers", `{}`))
	response, _ = get(t, s.URL()+fileURL)
	assert.Equal(t, []string{"", "GMT"}, []string{response.Header.Get("Etag"), response.Header.Get("Last-Modified")[26:]})

	require.Equal(t, 204, status("PUT", "/segments?visitor=u", `[{"partner":"p"}]`))
	_, body := get(t, s.URL()+"/accounts/burgee-local/segments/u")
	assert.Equal(t, `[{"partner":"p"}]`, body)
	require.Equal(t, 204, status("DELETE", "/segments", ""))
	require.Equal(t, 204, status("DELETE", "/assignments", ""))

	require.Equal(t, 204, status("PUT", "/refuse", `{"visitors":["u"],"status":429}`))
	assert.Equal(t, 429, statusOf(t, s, "/", hits(pageview)))
	require.Equal(t, 204, status("PUT", "/refuse", `{"visitors":[]}`))
	require.Equal(t, 204, statusOf(t, s, "/", hits(pageview, visitorContext)))
	require.Equal(t, 204, statusOf(t, s, "/v2/activate", activations(activation)))
	code, body := control("GET", "/wait?hits=2&activations=1&events=3", "")
	assert.Equal(t, 200, code)
	assert.JSONEq(t, `{"streams":0,"sockets":0,"requests":7,"events":3,"hits":2,"activations":1}`, body)
	_, body = control("GET", "/events", "")
	var events []Event
	require.NoError(t, json.Unmarshal([]byte(body), &events))
	assert.Equal(t, []string{KindHit, KindSegment, KindActivation}, []string{events[0].Kind, events[1].Kind, events[2].Kind})
	require.Equal(t, 204, status("DELETE", "/events", ""))
	assert.Empty(t, s.Events())

	for _, bad := range [][3]string{
		{"PUT", "/segments", "[]"}, {"PUT", "/refuse", `{"status":200}`}, {"PUT", "/refuse", "x"}, {"PUT", "/file-headers", "x"},
		{"GET", "/sockets", ""}, {"PATCH", "/flag?key=k", "{}"}, {"PUT", "/document", "x"}, {"PUT", "/auth", `{"token":"t"}`},
	} {
		code, body := control(bad[0], bad[1], bad[2])
		assert.Equal(t, 400, code, "%v", bad)
		assert.Contains(t, body, `{"error":"`, "%v", bad)
	}
}
