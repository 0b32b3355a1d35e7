package engine

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// abTasty is the vendor's side: file, decisions, hits, activations. It notes every request, and answers as it is told.
type abTasty struct {
	*httptest.Server
	mu      sync.Mutex
	file    string
	date    time.Time // of the file
	answer  string    // to requests for decisions
	status  map[string]int
	stalled map[string]chan struct{} // requests of a kind wait for it, after they are noted
	asked   []vendorRequest
	changed chan struct{}
}

type vendorRequest struct {
	Kind   string // file, campaigns, segments, activate, hits
	Path   string
	Header http.Header
	Body   string
	Status int // that was answered instead of success; 0: none
}

// everybodyOn is an environment file with one campaign, which gives everybody the flags on, n and o.
const everybodyOn = `{"campaigns":[{"id":"c","name":"Camp","slug":"s","type":"ab","variationGroups":[{"id":"g","name":"VG","targeting":` +
	`{"targetingGroups":[{"targetings":[{"operator":"EQUALS","key":"fs_all_users","value":""}]}]},"variations":[{"id":"v","name":"Var",` +
	`"reference":false,"allocation":100,"modifications":{"type":"FLAG","value":{"on":true,"n":5,"o":{"a":[1]}}}}]}]}]}`

// campaignOn is the same campaign as the decision API answers it.
const campaignOn = `{"id":"c","name":"Camp","slug":"s","type":"ab","variationGroupId":"g","variationGroupName":"VG","variation":` +
	`{"id":"v","name":"Var","reference":false,"modifications":{"type":"FLAG","value":{"on":true,"n":5,"none":null}}}}`

func newABTasty(t *testing.T) *abTasty {
	s := &abTasty{
		file: everybodyOn, date: time.Date(2026, 3, 2, 8, 30, 0, 0, time.UTC), answer: `{"campaigns":[` + campaignOn + `]}`,
		status: map[string]int{}, stalled: map[string]chan struct{}{}, changed: make(chan struct{}),
	}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *abTasty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	kind := "hits"
	for part, of := range map[string]string{
		"/bucketing.json": "file", "/campaigns": "campaigns", "/segments/": "segments", "/activate": "activate",
	} {
		if strings.Contains(r.URL.Path, part) {
			kind = of
		}
	}
	s.mu.Lock()
	s.asked = append(s.asked, vendorRequest{
		Kind: kind, Path: r.URL.Path, Header: r.Header.Clone(), Body: string(body), Status: s.status[kind],
	})
	close(s.changed)
	s.changed = make(chan struct{})
	status, stalled, file, date, answer := s.status[kind], s.stalled[kind], s.file, s.date, s.answer
	s.mu.Unlock()
	if stalled != nil {
		select {
		case <-stalled:
		case <-r.Context().Done():
		}
	}
	switch {
	case status != 0:
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "no")
	case kind == "file" && r.Header.Get("If-Modified-Since") == date.Format(http.TimeFormat):
		w.WriteHeader(http.StatusNotModified)
	case kind == "file":
		w.Header().Set("Last-Modified", date.Format(http.TimeFormat))
		_, _ = io.WriteString(w, file)
	case kind == "campaigns":
		_, _ = io.WriteString(w, answer)
	case kind == "segments":
		_, _ = io.WriteString(w, `[{"partner":"p","segment":"s","value":"gold"}]`)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// set changes how the vendor answers.
func (s *abTasty) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// serve makes a file the current one, which is an hour newer than the one before.
func (s *abTasty) serve(file string) {
	s.set(func() { s.file, s.date = file, s.date.Add(time.Hour) })
}

// stall makes requests of a kind wait until the returned function is called.
func (s *abTasty) stall(t *testing.T, kind string) (release func()) {
	gate := make(chan struct{})
	s.set(func() { s.stalled[kind] = gate })
	release = sync.OnceFunc(func() {
		s.set(func() { delete(s.stalled, kind) })
		close(gate)
	})
	t.Cleanup(release)
	return release
}

func (s *abTasty) requests(kind string) (all []vendorRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.asked {
		if r.Kind == kind {
			all = append(all, r)
		}
	}
	return all
}

// await waits until so many requests of a kind have come, and returns them.
func (s *abTasty) await(t *testing.T, kind string, count int) []vendorRequest {
	t.Helper()
	limit := time.After(patience)
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if found := s.requests(kind); len(found) >= count {
			return found
		}
		select {
		case <-changed:
		case <-limit:
			require.FailNow(t, "requests do not come", "%s: %+v", kind, s.asked)
		}
	}
}

// told are the hits of all requests of a kind that succeeded, in their order.
func (s *abTasty) told(t *testing.T, kind string) (hits []map[string]any) {
	t.Helper()
	for _, r := range s.requests(kind) {
		if r.Status == 0 {
			hits = append(hits, r.hits(t)...)
		}
	}
	return hits
}

func (r *vendorRequest) hits(t *testing.T) []map[string]any {
	t.Helper()
	var body struct {
		H     []map[string]any `json:"h"`
		Batch []map[string]any `json:"batch"`
	}
	require.NoError(t, json.Unmarshal([]byte(r.Body), &body), r.Body)
	return append(body.H, body.Batch...)
}

// short writes hits in few words: what and whose.
func short(hits []map[string]any) (list []string) {
	for _, h := range hits {
		switch {
		case h["vaid"] != nil:
			list = append(list, fmt.Sprint(h["vid"], " saw ", h["vaid"]))
		case h["t"] == "EVENT":
			list = append(list, fmt.Sprint(h["vid"], " ", h["ea"], " ", h["el"]))
		default:
			list = append(list, fmt.Sprint(h["vid"], " ", h["t"]))
		}
	}
	return list
}

// options are those of a started client of the vendor in the mode bucketing, which asks for the file when it is told to.
func (s *abTasty) options(more map[string]any) map[string]any {
	options := map[string]any{
		"backend": "flagship", "env_id": "env", "api_key": "key", "decision_mode": "bucketing", "polling_interval": 0,
		"decision_url": s.URL + "/v2", "cdn_url": s.URL, "events_url": s.URL, "segments_url": s.URL, "log_level": "debug",
	}
	for name, value := range more {
		options[name] = value
	}
	if options["decision_mode"] == "decision_api" {
		delete(options, "polling_interval")
	}
	return options
}

// sdkClient opens the client that has the visitors of an instance.
func sdkClient(t *testing.T, instance, language string) *Client {
	t.Helper()
	return open(t, map[string]any{
		"backend": "flagship", "sdk": language, "sdk_instance": instance, "start": false, "log_level": "debug",
	}, Host{})
}

// newVisitor makes a visitor who agrees, and returns the handle as it is written.
func newVisitor(t *testing.T, c *Client, id, more string) string {
	t.Helper()
	return field(t, call(t, c, "flagship.visitor.new", `{"id":"`+id+`","consent":true`+more+`}`), "visitor")
}

// field is a member of an object, as JSON text.
func field(t *testing.T, object, name string) string {
	t.Helper()
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(object), &members), object)
	return string(members[name])
}

// own waits for an event of the backend's own and returns its text.
func own(t *testing.T, c *Client, kind string) string {
	t.Helper()
	return string(waitFor(t, c, func(e Event) bool { return e.Type == kind }).Own)
}

// fetched fetches a visitor's flags and fails if that does.
func fetched(t *testing.T, c *Client, visitor string) {
	t.Helper()
	require.JSONEq(t, `{"done":true,"error":null}`, call(t, c, "flagship.visitor.fetch", `{"visitor":`+visitor+`}`))
}
