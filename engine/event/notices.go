package event

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const kinds = int(Damaged) + 1

// notices keeps what the user should know until it is due, and adds up what is of one kind. Nobody who adds waits for the
// user's function.
type notices struct {
	report func(Notice)
	every  time.Duration
	wake   chan struct{}
	drops  atomic.Bool // records were dropped since the last notice

	mu      sync.Mutex
	waiting [kinds]*Notice
	last    [kinds]time.Time
	told    Drops
	refusal string // why the server or the encoder refused something last
	problem string // why the last request failed
}

func newNotices(report func(Notice), every time.Duration) *notices {
	return &notices{report: report, every: every, wake: make(chan struct{}, 1)}
}

func (n *notices) poke() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

func (n *notices) add(notice Notice) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.addLocked(notice)
}

func (n *notices) addLocked(notice Notice) {
	if before := n.waiting[notice.Kind]; before != nil {
		notice.Count += before.Count
	}
	n.waiting[notice.Kind] = &notice
	n.poke()
}

// dropped is called where records are dropped, often many times in a row.
func (n *notices) dropped() {
	if !n.drops.Load() && !n.drops.Swap(true) {
		n.poke()
	}
}

func (n *notices) refused(why string) {
	n.mu.Lock()
	n.refusal = why
	n.mu.Unlock()
	n.dropped()
}

func (n *notices) failed(why string) {
	if why == "" {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.problem = why
	n.addLocked(Notice{Kind: Failing, Message: "events cannot be delivered and are kept: " + why})
}

func (n *notices) succeeded() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.problem != "" {
		n.problem = ""
		n.addLocked(Notice{Kind: Recovered, Message: "events are delivered again"})
	}
}

// failure returns why the last request failed, or nothing.
func (n *notices) failure() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.problem
}

// tell reports what is due, and returns a channel for when the next is, or nil.
func (n *notices) tell(lost func() Drops) <-chan time.Time {
	due, wait := n.take(lost, false)
	n.call(due)
	if wait < 0 {
		return nil
	}
	return time.After(wait)
}

// flush reports everything.
func (n *notices) flush(lost func() Drops) {
	due, _ := n.take(lost, true)
	n.call(due)
}

func (n *notices) call(due []Notice) {
	if n.report == nil {
		return
	}
	for _, notice := range due {
		n.report(notice)
	}
}

func (n *notices) take(lost func() Drops, all bool) (due []Notice, wait time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	wait = -1
	now := time.Now()
	for kind := range kinds {
		if n.waiting[kind] == nil && (kind != int(Dropped) || !n.drops.Load()) {
			continue
		}
		if rest := n.every - now.Sub(n.last[kind]); rest > 0 && !all {
			if wait < 0 || rest < wait {
				wait = rest
			}
			continue
		}
		notice := n.waiting[kind]
		if kind == int(Dropped) {
			n.drops.Store(false) // first: what is dropped from now on makes another notice
			if notice = n.describe(lost()); notice.Count == 0 {
				continue
			}
		}
		n.last[kind], n.waiting[kind] = now, nil
		due = append(due, *notice)
	}
	return due, wait
}

// describe says what was dropped since the last time.
func (n *notices) describe(lost Drops) *Notice {
	var parts []string
	total := uint64(0)
	part := func(now, before uint64, format string, more ...any) {
		if now > before {
			total += now - before
			parts = append(parts, fmt.Sprintf("%d ", now-before)+fmt.Sprintf(format, more...))
		}
	}
	part(lost.Full, n.told.Full, "because the queue was full or the event too large")
	part(lost.Closed, n.told.Closed, "because the queue was closed")
	part(lost.Refused, n.told.Refused, "refused (%s)", n.refusal)
	part(lost.Expired, n.told.Expired, "too old")
	part(lost.GaveUp, n.told.GaveUp, "tried too often (%s)", n.problem)
	n.told = lost
	return &Notice{
		Kind: Dropped, Count: total, Message: fmt.Sprintf("%d events were dropped: %s", total, strings.Join(parts, ", ")),
	}
}
