package engine

import (
	"context"
	"sync"
	"time"
)

// gate is closed until it is opened, once.
type gate struct {
	once   sync.Once
	opened chan struct{}
}

func newGate() *gate { return &gate{opened: make(chan struct{})} }

func (g *gate) open() { g.once.Do(func() { close(g.opened) }) }

// wait returns when the gate is open, or after limit.
func (g *gate) wait(limit time.Duration) {
	select {
	case <-g.opened:
		return
	default:
	}
	if limit <= 0 {
		return
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-g.opened:
	case <-timer.C:
	}
}

// rounds tells those who wait how the next fetch ends.
type rounds struct {
	mu      sync.Mutex
	waiting []chan round
	ended   bool
}

// round is how one fetch ended.
type round struct {
	changed bool
	err     error
}

func newRounds() *rounds { return &rounds{} }

func (r *rounds) finish(result round) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.waiting {
		w <- result
	}
	r.waiting = nil
}

// end lets everybody go, now and later.
func (r *rounds) end() {
	r.mu.Lock()
	r.ended = true
	r.mu.Unlock()
	r.finish(round{err: errClosed})
}

// next returns a channel that will hold the end of the next fetch.
func (r *rounds) next() <-chan round {
	w := make(chan round, 1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		w <- round{err: errClosed}
		return w
	}
	r.waiting = append(r.waiting, w)
	return w
}

func wait(ctx context.Context, result <-chan round) (bool, error) {
	select {
	case r := <-result:
		return r.changed, r.err
	case <-ctx.Done():
		return false, ctx.Err()
	}
}
