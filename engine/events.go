package engine

import (
	"context"
	"sync"

	"github.com/goccy/go-json"

	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// Event is something that the host may want to know. Which members are there depends on Type.
type Event struct {
	Type    string   `json:"type"`              // status, change, log, lost, closed, or one of the backend's own
	Status  *Status  `json:"status,omitempty"`  // status: the new one
	Flags   []string `json:"flags,omitempty"`   // change: the keys of the flags that were added, removed or redefined
	Version uint64   `json:"version,omitempty"` // change: of the new rule set
	Level   string   `json:"level,omitempty"`   // log: debug, info, warn, error
	Logger  string   `json:"logger,omitempty"`  // log: burgee.<backend>
	Message string   `json:"message,omitempty"` // log
	Count   int      `json:"count,omitempty"`   // lost: how many events found no room because nobody took them
	Own     []byte   `json:"-"`                 // of the backend's own: all of the event, a JSON object
}

// MarshalJSON implements json.Marshaler.
func (e Event) MarshalJSON() ([]byte, error) {
	if e.Own != nil {
		return e.Own, nil
	}
	type ordinary Event
	return json.Marshal(ordinary(e))
}

const (
	// maxEvents bounds what is kept for a host that does not listen.
	maxEvents = 1024
	// maxOwnBytes bounds what is kept of the backend's own events for a host that listens: they may hold what is to be
	// stored, so that a host that is busy for a while should lose none.
	maxOwnBytes = 32 << 20
	// ownEventBytes is what an event takes beside its text.
	ownEventBytes = 128
)

// eventQueue keeps the latest events until somebody takes them. Adding never waits.
type eventQueue struct {
	mu       sync.Mutex
	ordinary fifo
	own      fifo
	ownBytes int
	last     uint64 // number of the event that was added last
	lost     int
	heard    bool // somebody has listened
	closed   bool
	wake     chan struct{}
}

func newEventQueue() *eventQueue { return &eventQueue{wake: make(chan struct{}, 1)} }

// fifo is events in their order, each with a number by which those of two are in order.
type fifo struct {
	events  []Event
	numbers []uint64
}

func (l *fifo) push(e Event, number uint64) {
	l.events, l.numbers = append(l.events, e), append(l.numbers, number)
}

func (l *fifo) pop() Event {
	e := l.events[0]
	l.events[0] = Event{} // its memory goes before the fifo's does
	l.events, l.numbers = l.events[1:], l.numbers[1:]
	return e
}

func (l *fifo) precedes(other *fifo) bool {
	return len(l.events) > 0 && (len(other.events) == 0 || l.numbers[0] < other.numbers[0])
}

// add keeps an event. When there are too many the oldest makes room for it.
func (q *eventQueue) add(e Event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	if len(q.ordinary.events) == maxEvents {
		q.ordinary.pop()
		q.lost++
	}
	q.last++
	q.ordinary.push(e, q.last)
	q.signal()
}

// tell keeps an event of the backend's own, as backend.Env.Tell says. A new one that finds no room is dropped, so that
// whoever waits for its effect knows at once.
func (q *eventQueue) tell(text []byte) bool {
	e := Event{Own: text}
	jsonscan.Members(text, func(name string, value []byte) {
		if name == "type" && len(value) > 2 {
			e.Type = string(value[1 : len(value)-1])
		}
	})
	q.mu.Lock()
	defer q.mu.Unlock()
	size := len(text) + ownEventBytes
	switch {
	case q.closed:
		return false
	case q.ownBytes+size > maxOwnBytes, !q.heard && len(q.own.events) == maxEvents:
		q.lost++
		return false
	}
	q.ownBytes += size
	q.last++
	q.own.push(e, q.last)
	q.signal()
	return true
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
	q.heard = true
	var e Event
	switch {
	case q.lost > 0:
		e = Event{Type: "lost", Count: q.lost}
		q.lost = 0
	case q.ordinary.precedes(&q.own):
		e = q.ordinary.pop()
	case len(q.own.events) > 0:
		e = q.own.pop()
		q.ownBytes -= len(e.Own) + ownEventBytes
	case q.closed:
		e = Event{Type: "closed"}
	default:
		return Event{}, false
	}
	if len(q.ordinary.events) > 0 || len(q.own.events) > 0 || q.closed {
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
