package engine

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/source"
)

// sink is the client as its source sees it.
type sink struct{ c *Client }

// Apply implements source.Sink.
func (s sink) Apply(u source.Update) error {
	replaces := s.c.current.Load().rules != nil
	changed, err := s.c.apply(u, time.Now())
	kept := err == nil && (changed || !s.c.archive.holds())
	if _, patching := s.c.plan.Compiler.(backend.Patching); patching && replaces {
		if kept {
			s.c.keepSoon()
		}
		kept = false
	}
	// A host that forks as soon as its client is open should find the flags kept; but nobody waits for the compression
	// of a document that takes long, nor for a disk.
	first := kept && len(u.Body) <= keepBeforeStart
	if first {
		s.c.keep(u)
	}
	s.c.rounds.finish(round{changed: changed, err: err})
	s.c.started.open()
	if kept && !first {
		s.c.keep(u)
		if !replaces {
			// What compiling left behind goes back to the system now, not over the next minutes. A replacement uses it.
			debug.FreeOSMemory()
		}
	}
	if err == nil {
		s.c.store()
	}
	return err
}

// Confirm implements source.Sink.
func (s sink) Confirm() {
	s.c.change(func(after *snapshot) {
		after.current = time.Now()
		if after.blocked == "" {
			after.state, after.failure = Ready, ""
		}
	})
	s.c.rounds.finish(round{})
	s.c.started.open()
	s.c.store()
}

// Unchanged implements source.Sink.
func (s sink) Unchanged() {
	var err error
	if failure := s.c.current.Load().failure; failure != "" {
		err = &eval.Error{Code: eval.CodeGeneral, Msg: failure}
	}
	s.c.rounds.finish(round{err: err})
	s.c.started.open()
}

// Fail implements source.Sink.
func (s sink) Fail(err error) {
	s.c.fail(err)
	s.c.rounds.finish(round{err: err})
	if !s.c.plan.WaitsForFlags || s.c.current.Load().rules != nil {
		s.c.started.open()
	}
}

// End implements source.Sink.
func (s sink) End(err error) {
	s.c.failAs(Fatal, err)
	s.c.rounds.finish(round{err: err})
	s.c.started.open()
}

// Retry implements source.Sink. With flags at hand the host need not wait for the attempts that follow.
func (s sink) Retry(err error, wait time.Duration) {
	s.c.log.Log(backend.Info, fmt.Sprintf("fetching failed, next attempt in %d ms: %s", wait.Milliseconds(), err))
	if s.c.current.Load().rules != nil {
		s.c.started.open()
	}
}

// apply compiles and publishes an update whose data was current at the given time.
func (c *Client) apply(u source.Update, current time.Time) (changed bool, err error) {
	c.compiling.Lock()
	defer c.compiling.Unlock()
	rules, warnings, err := c.compile(u)
	if err != nil {
		if u.Origin != source.FromHost { // the host hears it where it stands, and what is held is as good as before
			c.fail(err)
		}
		return false, err
	}
	c.applying.Lock()
	defer c.applying.Unlock()
	for _, w := range warnings {
		c.log.Log(backend.Warn, warningText(w))
	}
	before := c.current.Load()
	keys := c.changedFlags(before.rules, rules)
	after := &snapshot{rules: rules, version: before.version + 1, origin: u.Origin, current: current, state: Ready}
	switch u.Origin {
	case source.FromCache, source.FromRestored, source.FromSnapshot:
		after.state = Stale
	}
	changed = before.rules == nil || len(keys) > 0
	if !c.publish(before, after) {
		return false, errClosed
	}
	if len(keys) > 0 {
		c.events.add(Event{Type: "change", Flags: keys, Version: after.version})
	}
	return changed, nil
}

// changedFlags returns the keys of the flags that the last update has changed.
func (c *Client) changedFlags(before, after eval.Ruleset) []string {
	if patching, ok := c.plan.Compiler.(backend.Patching); ok {
		return patching.Changed()
	}
	return eval.Changed(before, after)
}

// compile contains whatever a document may do to its compiler.
func (c *Client) compile(u source.Update) (rules eval.Ruleset, warnings []backend.Warning, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &eval.Error{
				Code: eval.CodeInternal, Op: "compile",
				Msg: fmt.Sprintf("a defect of Burgee kept this document from being used: %v\n%s", cause, debug.Stack()),
			}
		}
	}()
	return c.plan.Compiler.Compile(u)
}

func warningText(w backend.Warning) string {
	if w.FlagKey == "" {
		return w.Message
	}
	return fmt.Sprintf("flag %q: %s", w.FlagKey, w.Message)
}

// fail records that the flags could not be had. The last good ones stay, unless the host chose to see the failure.
func (c *Client) fail(err error) { c.failAs(Stale, err) }

// failAs is fail for a failure after which the client is in the given state, if it has flags or that state is final.
func (c *Client) failAs(state State, err error) {
	c.applying.Lock()
	defer c.applying.Unlock()
	text := err.Error()
	if c.plan.Describe != nil {
		text = c.plan.Describe(err)
	}
	level := backend.Warn
	if state == Fatal {
		level = backend.Error
	}
	c.log.Log(level, text)
	before := c.current.Load()
	after := *before
	after.failure, after.kind = text, ""
	if c.plan.Classify != nil {
		after.kind = c.plan.Classify(err)
	}
	switch {
	case c.plan.FailFast:
		after.state, after.blocked, after.blockedCode = Failed, text, eval.CodeGeneral
	case after.rules == nil:
		after.state, after.blocked, after.blockedCode = Failed, "no flags could be had so far: "+text, eval.CodeNotReady
	default:
		after.state = state
	}
	if state == Fatal {
		after.state = Fatal
	}
	c.publish(before, &after)
}

// change publishes a copy of the current snapshot as edit leaves it.
func (c *Client) change(edit func(*snapshot)) {
	c.applying.Lock()
	defer c.applying.Unlock()
	before := c.current.Load()
	after := *before
	edit(&after)
	c.publish(before, &after)
}

// publish makes after what is evaluated, and tells the host if that is another state. A closed client stays closed.
func (c *Client) publish(before, after *snapshot) bool {
	if before.state == Closed {
		return false
	}
	after.since = before.since
	if before.state != after.state {
		after.since = time.Now()
	}
	c.current.Store(after)
	if before.state != after.state || before.failure != after.failure {
		status := after.status(c.config.backend)
		c.events.add(Event{Type: "status", Status: &status})
	}
	return true
}
