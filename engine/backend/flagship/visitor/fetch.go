package visitor

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/flagship"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/background"
)

// fetching is a fetch that is running.
type fetching struct {
	done chan struct{}
	err  error // once done is closed
}

// Fetch decides the visitor's flags anew. While another call does that, it waits for it; soon after one that succeeded it
// does nothing, as the settings say. In bucketing modes without caches and without attributes of other vendors it waits for
// nobody. Otherwise it must not be called where cache requests are answered.
//
// The error says why there is no new decision: the flags are then those of the visitor cache, or as they were. It is
// ErrNotReady, ErrNoFile, ctx's error, or one about the request.
func (v *Visitor) Fetch(ctx context.Context) error {
	n, err := v.sdk.usable()
	if err != nil {
		return err
	}
	running, ours := v.join(n)
	switch {
	case running == nil:
		return nil
	case ours:
		v.run(ctx, n, running)
		return running.err
	}
	select {
	case <-running.done:
		return running.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// FetchSoon is Fetch in the background: when it returns the status is Fetching, unless there is nothing to do. done, which
// may be nil, is called with the result of Fetch.
func (v *Visitor) FetchSoon(done func(error)) {
	if done == nil {
		done = func(error) {}
	}
	n, err := v.sdk.usable()
	if err != nil {
		done(err)
		return
	}
	running, ours := v.join(n)
	if running == nil {
		done(nil)
		return
	}
	background.Go(v.sdk.panicked, func() {
		if ours {
			v.run(n.ctx, n, running)
		}
		<-running.done
		done(running.err)
	})
}

// join returns the fetch that is running, or begins one, which is then ours to run. It is nil when none is needed.
func (v *Visitor) join(n *Session) (running *fetching, ours bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.running != nil {
		return v.running, false
	}
	seen := v.view.Load()
	if n.settings.Buffering > 0 && seen.status == Fetched && time.Since(v.fetched) < n.settings.Buffering {
		return nil, false
	}
	v.running = &fetching{done: make(chan struct{})}
	next := *seen
	if v.early {
		v.early = false
		next.context = v.sdk.renew(next.context, next.subject.VisitorID)
		next.sum = sumOf(next.context)
	}
	next.status, next.reason = Fetching, None
	v.become(&next)
	return v.running, true
}

func (v *Visitor) run(ctx context.Context, n *Session, running *fetching) {
	defer v.end(running)
	running.err = v.fetch(ctx, n)
}

// end lets the next fetch begin, also after a panic in this one.
func (v *Visitor) end(running *fetching) {
	if cause := recover(); cause != nil {
		running.err = fmt.Errorf("the fetch stopped unexpectedly: %v", cause)
		v.sdk.panicked(fmt.Sprintf("%v\n%s", cause, debug.Stack()))
	}
	v.mu.Lock()
	v.running = nil
	v.mu.Unlock()
	close(running.done)
}

// fetch does what Fetch says, once.
func (v *Visitor) fetch(ctx context.Context, n *Session) error {
	v.lookUp(ctx, n)
	if n.settings.local() {
		if n.settings.ThirdParty {
			v.addOthers(ctx, n)
		}
		v.reportSegment(n)
	}
	d, err := v.decide(ctx, n)
	if err == nil {
		v.sdk.decided(d.Panic)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if err != nil {
		v.sdk.warnFetch(err)
		v.failed(n)
	} else {
		v.succeeded(n, d)
	}
	if v.listens.Load() {
		e := &Event{Kind: FetchEnded, Visitor: v.tag}
		if err != nil {
			e.Problem = err.Error()
		}
		v.sdk.tell(e)
	}
	if seen := v.view.Load(); err == nil && seen.status == Fetching {
		next := *seen
		next.status, next.reason = Fetched, None
		v.become(&next)
	}
	return err
}

// failed is for a fetch without a decision. The lock is held.
func (v *Visitor) failed(n *Session) {
	next := *v.view.Load()
	next.status, next.reason = FetchRequired, FetchError
	v.become(&next)
	if cached := v.cached(); cached != nil {
		next := next
		next.decision, next.reason = cached, ReadFromCache
		v.become(&next)
	}
	if n.settings.Language == sdk.JavaScript {
		v.keep(n)
	}
}

// succeeded takes a decision. The lock is held.
func (v *Visitor) succeeded(n *Session, d *flagship.Decision) {
	v.fetched = time.Now()
	next := *v.view.Load()
	if cached := v.cached(); d.Unlisted && !d.Panic && cached != nil {
		d = cached
	}
	if !d.Panic || n.settings.Language == sdk.JavaScript {
		next.decision = d // Python keeps the flags that nobody can read in panic
	}
	if n.settings.Language == sdk.Python || n.env.Visitors != nil {
		v.history = d.Remember(v.history)
	}
	if d.Panic {
		next.status, next.reason = FetchPanic, None
		v.become(&next)
		return
	}
	v.view.Store(&next)
	v.keep(n)
}

func (s *SDK) warnFetch(err error) {
	if s.log != nil {
		s.log.Log(backend.Error, "flags cannot be fetched: "+err.Error())
	}
}
