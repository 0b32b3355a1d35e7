package localserver

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"sync"
)

const (
	problemContent = "application/problem+json"
	longestBody    = 30_000_000 // bytes, of Kestrel
)

// Event is one element of an accepted request.
type Event struct {
	Request int             `json:"request"` // counts accepted requests from 1
	User    string          `json:"user"`    // keyId
	Flags   []string        `json:"flags,omitempty"`
	Metrics []string        `json:"metrics,omitempty"`
	Body    json.RawMessage `json:"body"` // as it came
}

// EventCounts sums accepted requests up.
type EventCounts struct {
	Requests int `json:"requests"`
	Events   int `json:"events"`  // elements of the bodies
	Skipped  int `json:"skipped"` // elements whose user has no key; they are no events
	Flags    int `json:"flags"`   // flag evaluations in the events
	Metrics  int `json:"metrics"` // metrics in the events
	Users    int `json:"users"`   // different user keys
	Names    int `json:"names"`   // different flag keys and metric names
}

// eventRecorder keeps accepted events, or only counts them.
type eventRecorder struct {
	mu     sync.Mutex
	counts EventCounts
	users  map[string]int // events by user key
	names  map[string]int // evaluations by flag key, metrics by name
	list   []Event
}

// batch is what one request holds.
type batch struct {
	events  []Event
	skipped int
}

func (e *eventRecorder) add(b batch, countOnly bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.counts.Requests++
	e.counts.Events += len(b.events)
	e.counts.Skipped += b.skipped
	for _, event := range b.events {
		e.counts.Flags += len(event.Flags)
		e.counts.Metrics += len(event.Metrics)
		e.users[event.User]++
		for _, names := range [][]string{event.Flags, event.Metrics} {
			for _, name := range names {
				e.names[name]++
			}
		}
		if !countOnly {
			event.Request = e.counts.Requests
			e.list = append(e.list, event)
		}
	}
}

func (e *eventRecorder) forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.counts, e.users, e.names, e.list = EventCounts{}, map[string]int{}, map[string]int{}, nil
}

func (e *eventRecorder) all() []Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.list)
}

func (e *eventRecorder) summary() EventCounts {
	e.mu.Lock()
	defer e.mu.Unlock()
	sum := e.counts
	sum.Users, sum.Names = len(e.users), len(e.names)
	return sum
}

// atLeast copies the entries of users or names that were counted so often.
func (e *eventRecorder) atLeast(counted *map[string]int, times int) map[string]int {
	e.mu.Lock()
	defer e.mu.Unlock()
	found := map[string]int{}
	for key, count := range *counted {
		if count >= times {
			found[key] = count
		}
	}
	return found
}

// track accepts events. A request is accepted or refused as a whole.
func (d *dataSync) track(w http.ResponseWriter, r *http.Request) {
	if _, ok := d.admitted(w, r); !ok {
		return
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != jsonContent {
		empty(w, http.StatusUnsupportedMediaType)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, longestBody))
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) {
		empty(w, http.StatusRequestEntityTooLarge)
		return
	}
	var received batch
	if err == nil {
		received, err = d.dialect.readEvents(body, !d.countOnly)
	}
	if err != nil {
		answerProblem(w, err.Error())
		return
	}
	d.events.add(received, d.countOnly)
	empty(w, http.StatusOK)
}

func answerProblem(w http.ResponseWriter, what string) {
	answerAs(w, problemContent, http.StatusBadRequest, problem(what))
}

// problem is a body of ASP.NET with the status 400.
func problem(what string) string {
	return `{"type":"https://tools.ietf.org/html/rfc9110#section-15.5.1","title":"One or more validation errors occurred.",` +
		`"status":400,"errors":{"$":[` + jsonText(what) + `]}}`
}
