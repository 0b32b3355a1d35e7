package engine

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/background"
	"github.com/burgee-flags/burgee/engine/eval"
)

// Client evaluates one set of flags. It is safe for any number of goroutines.
type Client struct {
	current atomic.Pointer[snapshot] // never nil
	config  config
	plan    *backend.Plan
	events  *eventQueue
	log     logger
	saved   func([]byte)

	compiling sync.Mutex      // the compiler belongs to one goroutine at a time
	applying  sync.Mutex      // as does publishing; never held for long
	closing   context.Context //nolint:containedctx // ends when Close is called
	cancel    context.CancelFunc
	ended     chan struct{} // the source goroutine is gone
	started   *gate         // flags are there, or the first fetch has failed
	rounds    *rounds       // ends of fetches, for Refresh
	archive   archive
	delivery  delivery
}

// Host is what the surrounding program brings.
type Host struct {
	Getenv        func(string) string // the host's environment, for proxies; nil: os.Getenv
	IgnoreUnknown bool                // unknown options are warnings instead of errors
	StartWait     time.Duration       // the default of start_wait_ms; 0: 15 s
	FailFast      bool                // the default of error_strategy is fail instead of fallback
	// Saved receives options that open this client again with the flags that it has now: at once, and after each change
	// of the flags. It is called from one goroutine at a time. May be nil.
	Saved func(options []byte)
}

// Open builds a client from options, a JSON object, and waits until flags are there or the first fetch has failed, but no
// longer than start_wait_ms. A server that cannot be reached is no error: the client goes on trying. The error is an
// *eval.Error with CodeInvalidConfig that names every option that is unknown or wrong.
func Open(options []byte, host Host) (*Client, error) {
	if host.Getenv == nil {
		host.Getenv = os.Getenv
	}
	if host.Saved == nil {
		host.Saved = func([]byte) {}
	}
	c := &Client{
		events: newEventQueue(), saved: host.Saved, ended: make(chan struct{}), started: newGate(), rounds: newRounds(),
	}
	c.log.events = c.events
	c.current.Store(&snapshot{
		state: NotReady, blockedCode: eval.CodeNotReady, blocked: "no flags have been received yet", since: time.Now(),
	})
	if err := c.configure(options, host); err != nil {
		return nil, err
	}
	if err := c.delivery.start(c.plan, &c.log); err != nil {
		c.release()
		return nil, err
	}
	c.closing, c.cancel = context.WithCancel(context.Background())
	if c.plan.FailFast {
		c.change(func(s *snapshot) {
			s.blocked, s.blockedCode = "server error: no flags have been received yet", eval.CodeGeneral
		})
	}
	c.publishStored()
	c.save()
	background.Go(
		func(cause string) { c.fail(errors.New("a defect of Burgee ended the fetching of flags: " + cause)) },
		func() {
			defer close(c.ended)
			defer c.started.open()
			c.plan.Source.Run(c.closing, sink{c})
		},
	)
	wait := c.config.startWait
	if c.current.Load().rules != nil {
		wait = min(wait, waitWithFlags)
	}
	c.started.wait(wait)
	return c, nil
}

// waitWithFlags is how long Open waits for newer flags when it has some from an earlier process.
const waitWithFlags = time.Second

// Resolve evaluates one flag into out. It takes no lock, does no I/O and does not allocate, unless out.Trace is set,
// the outcome is an error, or the rules are a backend.Asking.
func (c *Client) Resolve(flagKey string, ec *eval.Context, out *eval.Outcome) {
	c.current.Load().resolve(flagKey, ec, out)
}

func (s *snapshot) resolve(flagKey string, ec *eval.Context, out *eval.Outcome) {
	if s.blocked != "" {
		out.Reset(flagKey)
		out.Fail(s.blockedCode, s.blocked)
	} else {
		s.rules.Resolve(flagKey, ec, out)
	}
	out.Version = s.version
}

// ResolveAll evaluates every flag in ascending order of the keys, all from one rule set, into out, and hands it to
// yield each time. The error is what every evaluation would answer.
func (c *Client) ResolveAll(ec *eval.Context, out *eval.Outcome, yield func(*eval.Outcome)) error {
	s := c.current.Load()
	if err := s.unusable(); err != nil {
		return err
	}
	rules := s.rules
	if asking, ok := rules.(backend.Asking); ok {
		var err error
		if rules, err = asking.Ask(ec); err != nil {
			return err
		}
	}
	for _, key := range rules.Keys() {
		rules.Resolve(key, ec, out)
		out.Version = s.version
		yield(out)
	}
	return nil
}

// Flags describes every flag, in ascending order of the keys.
func (c *Client) Flags() ([]eval.Flag, error) {
	s := c.current.Load()
	if err := s.unusable(); err != nil {
		return nil, err
	}
	flags := make([]eval.Flag, 0, len(s.rules.Keys()))
	for _, key := range s.rules.Keys() {
		flag, _ := s.rules.Flag(key)
		flags = append(flags, flag)
	}
	return flags, nil
}

func (s *snapshot) unusable() error {
	if s.blocked != "" {
		return &eval.Error{Code: s.blockedCode, Msg: s.blocked}
	}
	if problem := s.rules.Problem(); problem != "" {
		return &eval.Error{Code: eval.CodeGeneral, Msg: problem}
	}
	return nil
}

// Explain evaluates one flag and returns every step of the decision.
func (c *Client) Explain(flagKey string, ec *eval.Context) *eval.Trace {
	s := c.current.Load()
	trace := &eval.Trace{FlagKey: flagKey, TargetingKey: ec.TargetingKey, Steps: []eval.TraceStep{}}
	out := eval.Outcome{Trace: trace}
	s.resolve(flagKey, ec, &out)
	trace.FlagType = out.Type.String()
	trace.Reason = out.Reason.String()
	trace.Variant = out.Variant
	trace.Value = out.Value.Any()
	trace.ErrorCode, trace.Error = out.ErrorCode, out.ErrorMessage
	trace.Ruleset = eval.TraceSource{
		Version: s.version, Origin: string(s.origin), AgeMs: s.status("").AgeMs, State: string(s.state),
	}
	return trace
}

// Status describes the client at this moment.
func (c *Client) Status() Status {
	status := c.current.Load().status(c.config.backend)
	if c.delivery.lanes != nil {
		status.Events = c.delivery.stats()
	}
	return status
}

// FlagSet is the vendor's name for the flags that this client holds, for messages: Flipt's namespace.
func (c *Client) FlagSet() string { return c.plan.FlagSet }

// Visitors are the visitors of this client; nil when its vendor has none.
func (c *Client) Visitors() backend.Visitors { return c.plan.Visitors }

// Next waits for the next event. It returns false when ctx ended before. The last event is {"type":"closed"}.
func (c *Client) Next(ctx context.Context) (Event, bool) { return c.events.next(ctx) }

// Close stops the client: requests are cancelled, and evaluations answer that it is closed. It returns within
// milliseconds, unless events are waiting: these are sent first, which takes close_wait_ms at most. It returns which events
// the client lost in its life, for people; empty when none, and when it was closed before.
func (c *Client) Close() (lost string) {
	c.cancel()
	c.applying.Lock()
	before := c.current.Load()
	if before.state != Closed {
		after := *before
		after.state, after.blocked, after.blockedCode = Closed, "the client is closed", eval.CodeNotReady
		c.publish(before, &after)
		c.events.close()
	}
	c.applying.Unlock()
	c.rounds.end()
	if before.state == Closed {
		return ""
	}
	lost = c.delivery.close(c.plan.Stop)
	// The source ends as soon as it can. It may be compiling, or be waiting for a disk: nobody waits for that.
	timer := time.NewTimer(closeWait)
	defer timer.Stop()
	select {
	case <-c.ended:
		c.release()
	case <-timer.C:
		background.Go(nil, func() {
			<-c.ended
			c.release()
		})
	}
	return lost
}

// closeWait is how long Close waits for the source.
const closeWait = 20 * time.Millisecond

func (c *Client) release() {
	if c.plan.Close != nil {
		c.plan.Close()
	}
}
