package visitor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/burgee-flags/burgee/engine/source"
	"github.com/burgee-flags/burgee/engine/transport"
)

// ServeHTTP is the vendor.
func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	address := strings.TrimPrefix(r.URL.Path, "/")
	w.mu.Lock()
	answer, stalls, gate := w.answer, w.stalls, w.gate
	w.mu.Unlock()
	if gate != nil {
		<-gate
	}
	status, text := 204, ""
	switch {
	case strings.Contains(address, "bucketing.json"):
		status, text = 200, file
	case strings.Contains(address, "/campaigns"):
		status, text = 200, `{"campaigns":[`+campaign+`]}`
	}
	if answer != nil {
		if s, t := answer(r, body); s != 0 {
			status, text = s, t
		}
	}
	kind := "HTTP"
	if status >= 400 {
		kind = fmt.Sprintf("HTTP %d", status)
	}
	switch {
	case strings.Contains(address, "/campaigns"):
		var asked struct {
			VisitorID   string
			AnonymousID any
			Consent     bool `json:"visitor_consent"`
		}
		_ = json.Unmarshal(body, &asked)
		w.note("POST campaigns", asked.VisitorID, asked.AnonymousID, asked.Consent)
		if stalls != nil {
			<-stalls
		}
	case strings.Contains(address, "bucketing.json"):
		var since any
		if text := r.Header.Get("If-Modified-Since"); text != "" {
			since = text
		}
		w.mu.Lock()
		rw.Header().Set("Last-Modified", w.date)
		w.mu.Unlock()
		w.note("GET bucketing", since)
	case r.Method == http.MethodGet:
		w.note("GET", address)
	default:
		w.note(kind, address, json.RawMessage(body))
	}
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(status)
	_, _ = io.WriteString(rw, text)
}

// fail makes the vendor answer 500 where the address holds a word; an empty one ends that.
func (w *world) fail(word string) {
	w.answers(func(r *http.Request, _ []byte) (int, string) {
		if word != "" && strings.Contains(r.URL.Path, word) {
			return 500, "oops"
		}
		return 0, ""
	})
}

func (w *world) answers(answer func(r *http.Request, body []byte) (int, string)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = answer
}

// poll begins to fetch the file, once and then whenever Refresh is called.
func (w *world) poll() {
	w.t.Helper()
	request := transport.Request{URL: w.service.CDNURL + "/env_id/bucketing.json"}
	poll := source.NewPoll(w.client, request, "", 0).ByDate()
	w.polls = w.Watch(w.session, poll, w.rules.Current)
	ctx, cancel := context.WithCancel(context.Background())
	w.stopPoll, w.ended = cancel, make(chan struct{})
	go func() {
		defer close(w.ended)
		w.polls.Run(ctx, compiling{w})
	}()
}

// compiling is what the engine does with updates.
type compiling struct{ world *world }

func (c compiling) Apply(u source.Update) error {
	_, _, err := c.world.rules.Compile(u)
	return err
}
func (compiling) Confirm()                   {}
func (compiling) Unchanged()                 {}
func (compiling) Fail(error)                 {}
func (compiling) End(error)                  {}
func (compiling) Retry(error, time.Duration) {}
