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
	session *Session
	done    chan struct{}
	err     error // once done is closed
	loud    bool  // the host wants to hear of the end, whatever else it listens to
	told    bool  // it was
}

// Fetch decides the visitor's flags anew. While another call does that, it waits for it; soon after one that succeeded it
// does nothing, as the settings say. In bucketing modes without caches and without attributes of other vendors it waits for
// nobody. Otherwise it must not be called where cache requests are answered.
//
// The error says why there is no new decision: the flags are then those of the visitor cache, or as they were. It is
// ErrNotReady, ErrEnded, ErrNoFile, ctx's error, or one about the request.
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

// FetchSoon is Fetch for callers that cannot wait. over says that it is over, with err as Fetch returns it. Otherwise it goes
// on in the background, the status is Fetching, and the end will be told as the event ready.
func (v *Visitor) FetchSoon() (over bool, err error) {
	n, err := v.sdk.usable()
	if err != nil {
		return true, err
	}
	running, ours := v.join(n)
	switch {
	case running == nil:
		return true, nil
	case ours && n.waitsForNobody():
		v.run(n.ctx, n, running)
		return true, running.err
	case ours:
		v.mu.Lock()
		running.loud = true
		v.mu.Unlock()
		background.Go(v.sdk.panicked, func() { v.run(n.ctx, n, running) })
		return false, nil
	}
	v.mu.Lock()
	told := running.told
	running.loud = true
	v.mu.Unlock()
	if told {
		<-running.done // what is left of it takes no time
		return true, running.err
	}
	return false, nil
}

// waitsForNobody reports whether a fetch of the session asks neither a server nor the host.
func (n *Session) waitsForNobody() bool {
	asksHost := n.env.Visitors != nil && n.settings.Language == sdk.JavaScript
	return n.settings.local() && !asksHost && !n.settings.ThirdParty
}

// join returns the fetch of the session that is running, or begins one, which is then ours to run. It is nil when none is
// needed.
func (v *Visitor) join(n *Session) (running *fetching, ours bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.running != nil && v.running.session == n {
		return v.running, false
	}
	seen := v.view.Load()
	if n.settings.Buffering > 0 && seen.status == Fetched && time.Since(v.fetched) < n.settings.Buffering {
		return nil, false
	}
	v.running = &fetching{session: n, done: make(chan struct{})}
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
	if !n.waitsForNobody() {
		within, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(n.ctx, cancel)()
		ctx = within
	}
	running.err = v.fetch(ctx, n, running)
}

// end lets the next fetch begin, also after a panic in this one.
func (v *Visitor) end(running *fetching) {
	if cause := recover(); cause != nil {
		running.err = fmt.Errorf("the fetch stopped unexpectedly: %v", cause)
		v.sdk.panicked(fmt.Sprintf("%v\n%s", cause, debug.Stack()))
	}
	v.mu.Lock()
	v.tellEnd(running, running.err)
	v.mu.Unlock()
	close(running.done)
}

// tellEnd tells the host, once, that a fetch is over. Who has heard of it begins another one. The lock is held.
func (v *Visitor) tellEnd(running *fetching, err error) {
	if running.told {
		return
	}
	running.told = true
	if v.running == running {
		v.running = nil
	}
	if !running.loud && !v.listens.Load() {
		return
	}
	e := &Event{Kind: FetchEnded, Visitor: v.tag}
	if err != nil {
		e.Problem = err.Error()
	}
	v.sdk.tell(e)
}

// fetch does what Fetch says, once.
func (v *Visitor) fetch(ctx context.Context, n *Session, running *fetching) error {
	v.lookUp(ctx, n)
	if n.settings.local() {
		if n.settings.ThirdParty {
			v.addOthers(ctx, n)
		}
		v.reportSegment(n)
	}
	d, err := v.decide(ctx, n)
	switch {
	case v.sdk.session.Load() != n:
		err = ErrEnded
	case err == nil:
		v.sdk.decided(d.Panic)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if err != nil {
		v.sdk.warnFetch(err)
		if v.running == running { // no fetch of the next session is
			v.failed(n)
		}
	} else {
		v.succeeded(n, d)
	}
	next := *v.view.Load()
	fetched := err == nil && next.status == Fetching
	if fetched {
		// Before the host hears of the end, so that whoever reads then sees it; the event about it comes after that one.
		next.status, next.reason = Fetched, None
		v.view.Store(&next)
	}
	v.tellEnd(running, err)
	if fetched {
		v.announce(&next)
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
