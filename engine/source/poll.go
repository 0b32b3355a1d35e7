package source

import (
	"context"
	"time"

	"github.com/burgee-flags/burgee/engine/transport"
)

// Poll is a Source that fetches at once and then again whenever interval has passed since the end of the last fetch.
type Poll struct {
	fetch    *Fetch
	interval time.Duration
	refresh  signal
}

// NewPoll returns a poller. An interval of zero or less leaves only the first fetch and those asked for by Refresh.
func NewPoll(client *transport.Client, request transport.Request, format string, interval time.Duration) *Poll {
	return &Poll{fetch: NewFetch(client, request, format), interval: interval, refresh: newSignal()}
}

// ByDate makes the poller send back the date of the data that it holds too (Last-Modified, If-Modified-Since), for servers
// that know no ETag. It returns p. It has to be called before Run.
func (p *Poll) ByDate() *Poll {
	p.fetch.byDate = true
	return p
}

// Run fetches until ctx ends.
func (p *Poll) Run(ctx context.Context, sink Sink) {
	for ctx.Err() == nil {
		p.refresh.clear() // what was asked for until now is what this fetch brings
		p.fetch.Run(ctx, sink)
		p.refresh.wait(ctx, p.interval)
	}
}

// Refresh makes Run fetch at once, or once more when a fetch is under way.
func (p *Poll) Refresh() { p.refresh.raise() }

// signal is a wish that counts once, however often it is expressed.
type signal chan struct{}

func newSignal() signal { return make(signal, 1) }

func (s signal) raise() {
	select {
	case s <- struct{}{}:
	default:
	}
}

func (s signal) clear() {
	select {
	case <-s:
	default:
	}
}

// wait returns when d has passed (never for zero or less), the signal is raised or ctx ends.
func (s signal) wait(ctx context.Context, d time.Duration) {
	var after <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		after = timer.C
	}
	select {
	case <-after:
	case <-s:
	case <-ctx.Done():
	}
}
