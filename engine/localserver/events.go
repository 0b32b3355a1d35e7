package localserver

import (
	"encoding/json"
	"slices"
	"sync"
)

// Event is one element of an accepted request.
type Event struct {
	Request int `json:"request"` // counts accepted requests from 1
	// User is the user's key; of Flagship, the visitor's id: that of the account once somebody has logged in.
	User string `json:"user"`
	// Flags are the keys of flags that were evaluated; of Flagship, the id of the variation that was activated.
	Flags []string `json:"flags,omitempty"`
	// Metrics are the names of metrics; of Flagship, the action of an event, or the type of another hit.
	Metrics []string        `json:"metrics,omitempty"`
	Body    json.RawMessage `json:"body"` // as it came

	// Flagship.
	Kind    string              `json:"kind,omitempty"`    // see KindActivation
	Path    string              `json:"path,omitempty"`    // of the request, with the query
	Headers map[string][]string `json:"headers,omitempty"` // likewise
	Batch   json.RawMessage     `json:"batch,omitempty"`   // what stood around the list that it was in
}

// EventCounts sums accepted requests up.
type EventCounts struct {
	Requests int `json:"requests"`
	Events   int `json:"events"`  // elements of the bodies
	Skipped  int `json:"skipped"` // elements whose user has no key; they are no events
	Flags    int `json:"flags"`   // flag evaluations in the events; of Flagship, activations
	Metrics  int `json:"metrics"` // metrics in the events; of Flagship, hits
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

// Events returns the accepted events in the order in which they came. With Options.CountEvents there are none. Flipt has
// none ever.
func (s *Server) Events() []Event { return s.events.all() }

// EventCounts sums the accepted events up.
func (s *Server) EventCounts() EventCounts { return s.events.summary() }

// EventsByUser says how often events came for each user key that came so often at least.
func (s *Server) EventsByUser(atLeast int) map[string]int {
	return s.events.atLeast(&s.events.users, atLeast)
}

// EventsByName is EventsByUser for flag keys and names of metrics.
func (s *Server) EventsByName(atLeast int) map[string]int {
	return s.events.atLeast(&s.events.names, atLeast)
}

// ForgetEvents forgets and uncounts all events.
func (s *Server) ForgetEvents() { s.events.forget() }
