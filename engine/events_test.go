package engine

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// taken takes everything and writes it in few words.
func taken(q *eventQueue) (all []string) {
	for {
		e, ok := q.take()
		if !ok {
			return all
		}
		all = append(all, fmt.Sprint(e.Type, e.Message, e.Count))
		if e.Type == "closed" {
			return all
		}
	}
}

func TestEventsOfTheBackendAndOthersComeInTheirOrder(t *testing.T) {
	q := newEventQueue()
	require.True(t, q.tell([]byte(`{"value":1,"type":"first"}`)))
	q.add(Event{Type: "log", Message: "second"})
	q.add(Event{Type: "log", Message: "third"})
	require.True(t, q.tell([]byte(`{"type":"fourth"}`)))
	q.close()
	require.False(t, q.tell([]byte(`{"type":"late"}`)))
	require.Equal(t, []string{"first0", "logsecond0", "logthird0", "fourth0", "closed0"}, taken(q))
}

// Logs make room for newer ones. What a backend has to tell is not lost to them; when there is too much of it the sender
// knows.
func TestEventsThatNobodyTakesAreBounded(t *testing.T) {
	q := newEventQueue()
	for i := range maxEvents + 3 {
		q.add(Event{Type: "log"})
		require.Equal(t, i < maxEvents, q.tell([]byte(`{"type":"own"}`)))
	}
	lost, _ := q.take()
	require.Equal(t, Event{Type: "lost", Count: 6}, lost)
	all := taken(q)
	require.Len(t, all, 2*maxEvents)
	own := 0
	for _, e := range all {
		if e == "own0" {
			own++
		}
	}
	require.Equal(t, maxEvents, own)

	// Somebody listens now, who may be busy for a while.
	large := []byte(`{"type":"own","text":"` + string(make([]byte, 1<<20)) + `"}`)
	kept := 0
	for q.tell(large) {
		kept++
	}
	require.Equal(t, maxOwnBytes>>20-1, kept)
	require.True(t, q.tell([]byte(`{"type":"own"}`)), "there is still room for a short one")
	require.Len(t, taken(q), kept+2)
	require.True(t, q.tell(large))
}
