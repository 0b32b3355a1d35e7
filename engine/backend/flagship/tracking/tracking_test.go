package tracking

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/event"
	"github.com/burgee-flags/burgee/engine/transport"
)

func TestStoredHitsThatAreForgotten(t *testing.T) {
	document := func(change ...string) []byte {
		text := `{"version":1,"data":{"visitorId":"v1","anonymousId":null,"type":"PAGEVIEW","time":` + strconv.Itoa(now) +
			`,"content":{"key":"k","createdAt":5,"documentLocation":"https://a.b"}}}`
		return []byte(strings.NewReplacer(change...).Replace(text))
	}
	_, _, err := ReadStored(document(), sdk.JavaScript, now+MaxAge.Milliseconds())
	require.NoError(t, err)
	_, _, err = ReadStored(document(), sdk.JavaScript, now+MaxAge.Milliseconds()+1)
	require.EqualError(t, err, "the cached hit is older than 4h0m0s")
	for change, problem := range map[string]string{
		`"version":1=>"version":2`:               "the cached hit has another version than 1",
		`"version":1,=>`:                         "the cached hit has another version than 1",
		`"content"=>"contents"`:                  "the cached hit has no content",
		`"time"=>"times"`:                        "the cached hit has no time",
		`PAGEVIEW=>USAGE`:                        `the cached hit has the unknown type "USAGE"`,
		`"documentLocation"=>"location"`:         "the cached hit of the type PAGEVIEW has no documentLocation",
		`"https://a.b"=>5`:                       "the cached hit of the type PAGEVIEW has a documentLocation that is not a text, or empty",
		`{"version"=>["version"`:                 "the cached hit is not an object",
		`"data":{=>"data":{"data":{},"content":`: "the cached hit is not an object",
	} {
		before, after, _ := strings.Cut(change, "=>")
		_, _, err := ReadStored(document(before, after), sdk.JavaScript, now)
		require.EqualError(t, err, problem, change)
	}
}

func TestDroppedMembersAreNamed(t *testing.T) {
	_, dropped, err := Read([]byte(`{"type":"event","category":"Action Tracking","action":"a","value":-1,"label":"","userIp":5,"other":1,
		"locale":null}`), sdk.JavaScript)
	require.NoError(t, err)
	require.Equal(t, []string{"label", "value", "userIp"}, dropped)
	_, _, err = Read([]byte(`{"type":"EVENT","category":"Action Tracking","action":"a","value":1.5}`), sdk.Python)
	require.EqualError(t, err, "a hit of the type EVENT has a value of the wrong type")
	for _, text := range []string{``, `5`, `{`, `{"type":5}`, `{"type":"SEGMENT"}`, `{"type":"ACTIVATE"}`} {
		_, _, err = Read([]byte(text), sdk.JavaScript)
		require.Error(t, err, text)
	}
}

func TestVerdicts(t *testing.T) {
	e := &Encoder{}
	for status, want := range map[int]event.Verdict{
		200: event.Accept, 204: event.Accept, 302: event.Accept, 400: event.Split, 401: event.Retry, 413: event.Split,
		429: event.Retry, 500: event.Retry,
	} {
		require.Equal(t, want, e.Judge(status), http.StatusText(status))
	}
}

func TestRecordsThatAreNoHits(t *testing.T) {
	e := &Encoder{Now: time.Now}
	for _, data := range []string{"", "{", "{}", "x", `{"a":1`} {
		_, err := e.Encode([]event.Record{{Data: []byte(data)}})
		require.Error(t, err, data)
	}
}

// The queue delivers hits in batches, and a batch that failed again with a higher age.
func TestAQueueDeliversHits(t *testing.T) {
	bodies := make(chan string, 2)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- r.Header.Get("X-Sdk-Client") + " " + r.Header.Get("X-Api-Key") + " " + string(body)
		if len(bodies) == 1 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	client, err := transport.New(transport.Config{})
	require.NoError(t, err)
	defer client.Close()
	var clock atomic.Int64
	clock.Store(now)
	queue, err := event.New(event.Config{
		Client: client, RetryWait: time.Millisecond, MaxAge: MaxAge, BatchBytes: MaxBatchBytes, Interval: time.Hour,
		Encoder: &Encoder{
			Language: sdk.Python, Environment: "env", Activations: true, URL: server.URL + "/v2/activate",
			Header: http.Header{"X-Sdk-Client": {"python"}},
			Auth:   func() http.Header { return http.Header{"X-Api-Key": {"key"}} },
			Now:    func() time.Time { return time.UnixMilli(clock.Add(7)) },
		},
	})
	require.NoError(t, err)
	created := time.Now().UnixMilli()
	clock.Store(created)
	for _, variation := range []string{"va1", "va2"} {
		h := NewActivation("vg", variation)
		h.VisitorID = "v1"
		require.True(t, queue.Add(created, h.Append(nil, sdk.Python)))
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, queue.Close(ctx))
	for range 2 {
		require.Regexp(t, `^python key \{"cid":"env","batch":\[\{"vid":"v1","vaid":"va1","caid":"vg","aid":null,"qt":\d+\},`+
			`\{"vid":"v1","vaid":"va2","caid":"vg","aid":null,"qt":\d+\}\]\}$`, <-bodies)
	}
	require.EqualValues(t, 2, queue.Stats().Sent)
}
