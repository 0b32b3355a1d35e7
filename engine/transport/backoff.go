package transport

import (
	"context"
	"math/rand/v2"
	"time"
)

// The waits before another attempt double from firstWait to longestWait.
const (
	firstWait   = time.Second
	longestWait = 30 * time.Second
)

// doubled returns min(longest, first * 2^n).
func doubled(first, longest time.Duration, n int) time.Duration {
	if n >= 63 || first > longest>>n { // shifting longest keeps first from overflowing
		return longest
	}
	return first << n
}

// Backoff spaces the reconnections of one stream: the n-th wait (from 0) is random in [w/2, w) with
// w = min(Longest, First * 2^n). Half of it is fixed, so that a server that closes every connection is not hammered. The
// zero value is ready. It belongs to one goroutine.
type Backoff struct {
	First   time.Duration // 0: 1 s
	Longest time.Duration // 0: 30 s
	Floor   time.Duration // no wait is shorter, if the server asked for it; at most Longest counts
	n       int
}

// Next returns the next wait.
func (b *Backoff) Next() time.Duration {
	first, longest := b.First, b.Longest
	if first <= 0 {
		first = firstWait
	}
	if longest <= 0 {
		longest = longestWait
	}
	w := doubled(first, longest, b.n)
	b.n++
	return max(w/2+rand.N(max(w/2, 1)), min(b.Floor, longest))
}

// Reset starts again from First. Call it after a connection that was open for a while.
func (b *Backoff) Reset() { b.n = 0 }

// Wait returns after d, or as soon as ctx ends, and then with its error.
func Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
