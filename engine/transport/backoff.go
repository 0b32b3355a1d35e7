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

// ceiling returns min(30 s, 1 s * 2^n).
func ceiling(n int) time.Duration {
	if n >= 5 { // 2^5 s is beyond the longest; more would overflow
		return longestWait
	}
	return firstWait << n
}

// Backoff spaces the reconnections of one stream: the n-th wait (from 0) is random in [w/2, w) with
// w = min(30 s, 1 s * 2^n). Half of it is fixed, so that a server that closes every connection is not hammered. The zero
// value is ready. It belongs to one goroutine.
type Backoff struct {
	Floor time.Duration // no wait is shorter, if the server asked for it; at most 30 s count
	n     int
}

// Next returns the next wait.
func (b *Backoff) Next() time.Duration {
	w := ceiling(b.n)
	b.n++
	return max(w/2+rand.N(w/2), min(b.Floor, longestWait))
}

// Reset starts again from one second. Call it after a connection that was open for a while.
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
