package localserver

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the SDKs of the vendors send.
const (
	featBitFlag = `{"user":{"keyId":"u-1","name":"Ada","customizedProperties":[{"name":"age","value":"30"}]},
		"variations":[{"featureFlagKey":"checkout","sendToExperiment":true,"timestamp":1709630000123,
		"variation":{"id":"v","value":"wizard","reason":"fall through all rules"}}]}`
	featBitMetric = `{"user":{"keyId":"u-1","name":"Ada","customizedProperties":[]},"metrics":[{"eventName":"signup","numericValue":1.0,
		"route":"index/metric","type":"CustomEvent","appType":"pythonserverside","timestamp":1709630000456}]}`
	featBitUser = `{"user":{"keyId":"u-2","name":"Bob","customizedProperties":[]}}`

	featureFlagCoFlag = `{"user":{"keyId":"u","userName":"n","email":"e@x","country":"FR","customizedProperties":[{"name":"age","value":"3"}]},
		"userVariations":[{"featureFlagKeyName":"checkout","sendToExperiment":false,"timestamp":1651829400000,
		"variation":{"localId":1,"variationValue":"classic","reason":"fall through all rules"}}]}`
	featureFlagCoMetric = `{"user":{"keyId":"u","userName":"","email":"","country":"","customizedProperties":[]},
		"metrics":[{"eventName":"signup","numericValue":1.0,"route":"index/metric","type":"CustomEvent","appType":"pythonserverside"}]}`
)

// post sends events and returns the status.
func post(t *testing.T, s *Server, body string, headers ...string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+s.dataSync.dialect.eventsPath, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set(s.dataSync.dialect.header, *s.dataSync.secret.Load())
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := plainClient.Do(request)
	if err != nil {
		return 0
	}
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

func TestEventsOfFeatBit(t *testing.T) {
	s := startFeatBit(t, Options{})
	require.Equal(t, 200, post(t, s, "["+featBitFlag+","+featBitMetric+"]"))
	require.Equal(t, 200, post(t, s, "["+featBitUser+"]", "Content-Type", "application/json; charset=utf-8"))
	events := s.Events()
	require.Len(t, events, 3)
	assert.JSONEq(t, featBitFlag, string(events[0].Body))
	assert.Equal(t, Event{Request: 1, User: "u-1", Flags: []string{"checkout"}, Body: events[0].Body}, events[0])
	assert.Equal(t, Event{Request: 1, User: "u-1", Metrics: []string{"signup"}, Body: events[1].Body}, events[1])
	assert.Equal(t, Event{Request: 2, User: "u-2", Body: events[2].Body}, events[2])
	assert.Equal(t, EventCounts{Requests: 2, Events: 3, Flags: 1, Metrics: 1, Users: 2, Names: 2}, s.EventCounts())
	assert.Equal(t, map[string]int{"u-1": 2, "u-2": 1}, s.EventsByUser(1))
	assert.Equal(t, map[string]int{"u-1": 2}, s.EventsByUser(2))
	assert.Equal(t, map[string]int{"checkout": 1, "signup": 1}, s.EventsByName(0))
	requests := s.Requests()
	require.Len(t, requests, 2)
	assert.Equal(t, "["+featBitUser+"]", requests[1].Body)
	assert.Equal(t, []string{FeatBitSecret}, requests[1].Headers["Authorization"])

	s.ForgetEvents()
	assert.Empty(t, s.Events())
	assert.Zero(t, s.EventCounts())
}

func TestEventsOfFeatureFlagCo(t *testing.T) {
	s := StartTest(t, Options{Backend: BackendFeatureFlagCo})
	require.Equal(t, 200, post(t, s, "["+featureFlagCoFlag+","+featureFlagCoMetric+"]"))
	events := s.Events()
	require.Len(t, events, 2)
	assert.Equal(t, Event{Request: 1, User: "u", Flags: []string{"checkout"}, Body: events[0].Body}, events[0])
	assert.Equal(t, Event{Request: 1, User: "u", Metrics: []string{"signup"}, Body: events[1].Body}, events[1])
	for replaced, by := range map[string]string{
		`"localId":1`: `"localId":"1"`, "1651829400000": "1.5", `"numericValue":1.0`: `"numericValue":"1"`, `"userName":"n"`: `"userName":5`,
	} {
		body := strings.Replace("["+featureFlagCoFlag+","+featureFlagCoMetric+"]", replaced, by, 1)
		assert.Equal(t, 400, post(t, s, body), "%s replaced by %s", replaced, by)
	}
	assert.Equal(t, 401, post(t, s, "[]", "envSecret", ""))
	assert.Equal(t, 401, post(t, s, "[]", "envSecret", "YWJj", "Authorization", FeatureFlagCoSecret))
	assert.Equal(t, 2, s.EventCounts().Events)
}

func TestEventsAreAcceptedOrRefusedAsAWhole(t *testing.T) {
	s := startFeatBit(t, Options{})
	for replaced, bodies := range map[string][]string{
		`"numericValue":1.0`: {`"numericValue":"1"`, `"numericValue":null`, `"numericValue":true`},
		"1709630000456":      {"1709630000456.5", `"1709630000456"`, "null", "1e30"},
		"1709630000123":      {"1.0", "null"},
		`"keyId":"u-1"`:      {`"keyId":5`},
		`"value":"30"`:       {`"value":30`},
		"true":               {`"true"`, "null"},
		`"variations":[`:     {`"variations":{`, `"variations":null,"x":[`},
		`"user":{`:           {`"user":"u","x":{`},
	} {
		for _, by := range bodies {
			body := strings.Replace("["+featBitFlag+","+featBitMetric+"]", replaced, by, 1)
			assert.Equal(t, 400, post(t, s, body), "%s replaced by %s", replaced, by)
		}
	}
	for _, body := range []string{"", "null", "{}", "5", "not json", "[", `["x"]`, "[null]", "[" + featBitUser + ",]"} {
		assert.Equal(t, 400, post(t, s, body), "body %q", body)
	}
	assert.Zero(t, s.EventCounts())

	for _, body := range []string{
		strings.Replace("["+featBitMetric+"]", `,"timestamp":1709630000456`, "", 1), strings.Replace("["+featBitMetric+"]", "1.0", "-1e3", 1),
		strings.NewReplacer("keyId", "KEYID", "numericValue", "NumericValue", "user", "User").Replace("[" + featBitMetric + "]"),
		strings.Replace("["+featBitFlag+"]", `"Ada"`, "null", 1), strings.Replace("["+featBitFlag+"]", `"reason"`, `"name":[],"more"`, 1),
	} {
		assert.Equal(t, 200, post(t, s, body), "body %s", body)
	}
	assert.Equal(t, 5, s.EventCounts().Events)
}

func TestEventsWithoutAUserAreSkipped(t *testing.T) {
	s := startFeatBit(t, Options{})
	require.Equal(t, 200, post(t, s, `[]`))
	require.Equal(t, 200, post(t, s, `[{},{"user":null},{"user":{"keyId":""}},{"user":{"keyId":" \t"}},{"user":{"keyId":null}},`+featBitUser+`]`))
	assert.Equal(t, EventCounts{Requests: 2, Events: 1, Skipped: 5, Users: 1}, s.EventCounts())
}

func TestEventsThatAreNotLetIn(t *testing.T) {
	s := startFeatBit(t, Options{})
	for _, secret := range []string{"", "x", "Bearer " + FeatBitSecret} {
		assert.Equal(t, 401, post(t, s, "["+featBitUser+"]", "Authorization", secret), "secret %q", secret)
	}
	assert.Equal(t, 415, post(t, s, "["+featBitUser+"]", "Content-Type", "text/plain"))
	assert.Equal(t, 413, post(t, s, strings.Repeat(" ", longestBody+1)))
	response, _ := get(t, s.URL()+"/api/public/insight/track", "Authorization", FeatBitSecret)
	assert.Equal(t, 405, response.StatusCode)
	assert.Zero(t, s.EventCounts())
}

func TestFaultsOfEvents(t *testing.T) {
	s := startFeatBit(t, Options{})
	body := "[" + featBitUser + "]"
	require.NoError(t, s.SetFaults(Fault{Kind: FaultAnswer, Status: 503, Path: "/insight"}, Fault{Kind: FaultReset}))
	assert.Equal(t, 503, post(t, s, body))
	assert.Equal(t, 0, post(t, s, body))
	assert.Zero(t, s.EventCounts(), "none of them was accepted")
	require.NoError(t, s.SetFaults(Fault{Kind: FaultLoseAnswer}))
	assert.Equal(t, 0, post(t, s, body))
	assert.Equal(t, 1, s.EventCounts().Events, "it was accepted, and the client does not know")
	require.NoError(t, s.SetFaults(Fault{Kind: FaultNone, DelayMS: 5}))
	assert.Equal(t, 200, post(t, s, body))
	require.NoError(t, s.SetFaults(Fault{Kind: FaultAnswer, Status: 500, Share: 0.5, Times: -1}))
	accepted := 0
	for range 50 {
		if post(t, s, body) == 200 {
			accepted++
		}
	}
	assert.Equal(t, 2+accepted, s.EventCounts().Events)
	assert.NotZero(t, accepted)
	assert.NotEqual(t, 50, accepted)
}

func TestCountedEventsAreNotKept(t *testing.T) {
	s := startFeatBit(t, Options{CountEvents: true})
	const senders, requests, perRequest = 4, 50, 50
	var running sync.WaitGroup
	for sender := range senders {
		running.Go(func() {
			for request := range requests {
				var body strings.Builder
				for i := range perRequest {
					fmt.Fprintf(&body, `,{"user":{"keyId":"u-%d"},"metrics":[{"eventName":"e-%d","numericValue":1}]}`, sender, request*perRequest+i)
				}
				assert.Equal(t, 200, post(t, s, "["+body.String()[1:]+"]"))
			}
		})
	}
	running.Wait()
	const events = senders * requests * perRequest
	assert.Equal(t, EventCounts{Requests: senders * requests, Events: events, Metrics: events, Users: senders, Names: events / senders}, s.EventCounts())
	assert.Equal(t, events/senders, s.EventsByUser(1)["u-0"])
	assert.Equal(t, senders, s.EventsByName(1)["e-"+strconv.Itoa(events/senders-1)])
	assert.Empty(t, s.EventsByName(senders+1))
	assert.Empty(t, s.Events())
	assert.Len(t, s.Requests(), senders*requests)
	assert.Empty(t, s.Requests()[0].Body)
}
