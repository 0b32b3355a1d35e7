package engine

import (
	"context"
	"sync"
)

// Event is something that the host may want to know. Which members are there depends on Type.
type Event struct {
	Type    string   `json:"type"`              // status, change, log, lost, closed
	Status  *Status  `json:"status,omitempty"`  // status: the new one
	Flags   []string `json:"flags,omitempty"`   // change: the keys of the flags that were added, removed or redefined
	Version uint64   `json:"version,omitempty"` // change: of the new rule set
	Level   string   `json:"level,omitempty"`   // log: debug, info, warn, error
	Logger  string   `json:"logger,omitempty"`  // log: burgee.<backend>
	Message string   `json:"message,omitempty"` // log
	Count   int      `json:"count,omitempty"`   // lost: how many events were dropped because nobody took them
}

// maxEvents bounds what is kept for a host that does not listen.
const maxEvents = 1024

// eventQueue keeps the latest events until somebody takes them. Adding never waits.
type eventQueue struct {
	mu     sync.Mutex
	events []Event
	lost   int
	closed bool
	wake   chan struct{}
}

func newEventQueue() *eventQueue { return &eventQueue{wake: make(chan struct{}, 1)} }

func (q *eventQueue) add(e Event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	if len(q.events) == maxEvents {
		q.events = q.events[1:]
		q.lost++
	}
	q.events = append(q.events, e)
	q.signal()
}

// close makes {"type":"closed"} the last event.
func (q *eventQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.signal()
}

func (q *eventQueue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take returns the next event, if there is one.
func (q *eventQueue) take() (Event, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var e Event
	switch {
	case q.lost > 0:
		e = Event{Type: "lost", Count: q.lost}
		q.lost = 0
	case len(q.events) > 0:
		e = q.events[0]
		q.events = q.events[1:]
	case q.closed:
		e = Event{Type: "closed"}
	default:
		return Event{}, false
	}
	if len(q.events) > 0 || q.closed {
		q.signal() // another waiter may take the next one
	}
	return e, true
}

func (q *eventQueue) next(ctx context.Context) (Event, bool) {
	for {
		if e, ok := q.take(); ok {
			return e, true
		}
		select {
		case <-q.wake:
		case <-ctx.Done():
			return Event{}, false
		}
	}
}
