package visitor

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/flagship"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/backend/flagship/tracking"
	"github.com/burgee-flags/burgee/engine/background"
	"github.com/burgee-flags/burgee/engine/transport"
)

// SDK is what the vendor's SDK is to a program: it can be started, stopped and started again, and its visitors outlive
// that. It is safe for any number of goroutines.
type SDK struct {
	language sdk.Language
	tell     func(*Event)
	log      backend.Logger
	session  atomic.Pointer[Session] // nil: not started
	state    atomic.Uint32

	mu       sync.Mutex
	told     int            // number of the state that the host knows
	early    []tracking.Hit // consents of visitors that were made before the start
	modified string         // of the last file
}

// maxEarly bounds how many consents wait for the start.
const maxEarly = 10_000

// New returns an SDK that is not started. tell hears of every event and must not wait; a nil one hears nothing.
func New(language sdk.Language, tell func(*Event), log backend.Logger) *SDK {
	if tell == nil {
		tell = func(*Event) {}
	}
	s := &SDK{language: language, log: log}
	s.tell = func(e *Event) {
		e.Language = language
		tell(e)
	}
	return s
}

// Session is one start of an SDK: the settings, and the way to the vendor.
type Session struct {
	settings Settings
	service  flagship.Service
	tracker  *tracker
	env      Environment
	ctx      context.Context //nolint:containedctx // ends with the session
	cancel   context.CancelFunc
}

// Environment is what a running client lends to a session.
type Environment struct {
	// Rules returns the environment file that is current, or nil before the first one. It is not asked in the mode API.
	Rules func() *flagship.Ruleset
	HTTP  *transport.Client
	Lanes Lanes
	// Silent says that the vendor hears of nothing: what would be sent counts as sent.
	Silent bool
	// Visitors and Hits are the caches of the host; nil: there is none.
	Visitors VisitorCache
	Hits     HitCache
}

// NewSession prepares a start. It does nothing yet, but Lane can be asked.
func (s *SDK) NewSession(settings Settings, service flagship.Service) *Session {
	n := &Session{settings: settings, service: service}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	n.tracker = &tracker{settings: &n.settings, tell: s.tell}
	return n
}

// Start makes a session the current one. One that was is sent what it has, as far as its lanes still work, and ends. The
// session must not have been started before.
func (s *SDK) Start(n *Session, env Environment) {
	n.env = env
	n.tracker.lanes, n.tracker.silent = env.Lanes, env.Silent
	if env.Hits != nil && !env.Silent {
		n.tracker.ledger = newLedger(&n.settings, env.Hits)
	}
	s.become(Starting)
	if n.tracker.ledger != nil {
		background.Go(s.panicked, func() { n.tracker.reload(n.ctx, s.warn) })
	}
	if before := s.session.Swap(n); before != nil {
		background.Go(s.panicked, func() {
			_ = before.tracker.flush(before.ctx)
			before.cancel()
		})
	}
	s.mu.Lock()
	early := s.early
	s.early = nil
	s.modified = "" // the file of another start is another file
	s.mu.Unlock()
	for i := range early {
		n.tracker.add(&early[i], nil)
	}
	if n.settings.Mode == Bucketing {
		s.become(Polling)
		return
	}
	s.become(Ready)
}

// Flush sends everything that is pending, and returns when it is sent or dropped, or with ctx's error.
func (s *SDK) Flush(ctx context.Context) error {
	n := s.session.Load()
	if n == nil {
		return ErrNotReady
	}
	return n.Flush(ctx)
}

// Flush sends everything that is pending in the session, and returns when it is sent or dropped, or with ctx's error.
func (n *Session) Flush(ctx context.Context) error { return n.tracker.flush(ctx) }

// Stop ends a session that was started, also one that was replaced meanwhile. What is pending is sent first, or, if the
// settings say so, left in the host's cache. The lanes can be closed afterwards. The host is not told of the new state, as
// in the Python SDK. The error is ctx's, or that of closed lanes.
func (s *SDK) Stop(ctx context.Context, n *Session) error {
	var err error
	if n.settings.Tracking.KeepAtEnd && n.tracker.ledger != nil {
		n.tracker.kept.Store(true)
		n.tracker.ledger.keep()
	} else {
		err = n.tracker.flush(ctx)
	}
	if s.session.CompareAndSwap(n, nil) {
		s.mu.Lock()
		s.state.Store(uint32(Stopped))
		s.told = Stopped.Number(s.language)
		s.mu.Unlock()
	}
	n.cancel()
	return err
}

// Started reports whether there is a session.
func (s *SDK) Started() bool { return s.session.Load() != nil }

// State returns how far the SDK has come.
func (s *SDK) State() State { return State(s.state.Load()) }

// become changes the state, and tells the host if that is something new to it.
func (s *SDK) become(state State) {
	if s.State() == state {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Store(uint32(state))
	if number := state.Number(s.language); number != s.told {
		s.told = number
		s.tell(&Event{Kind: StateChanged, State: state})
	}
}

// decided notes what a decision says about the kill switch, and that there is something to decide with.
func (s *SDK) decided(panicked bool) {
	switch {
	case panicked:
		s.become(Panicked)
	case s.session.Load() != nil:
		s.become(Ready)
	}
}

// usable returns the session, or why hits and fetches are refused.
func (s *SDK) usable() (*Session, error) {
	n := s.session.Load()
	state := s.State()
	if n == nil || s.language == sdk.Python && state < Panicked {
		return nil, ErrNotReady
	}
	return n, nil
}

// working is usable outside of panic.
func (s *SDK) working() (*Session, error) {
	n, err := s.usable()
	if err == nil && s.State() == Panicked {
		return nil, ErrPanic
	}
	return n, err
}

func (s *SDK) warn(message string) {
	if s.log != nil {
		s.log.Log(backend.Warn, message)
	}
}

func (s *SDK) panicked(cause string) {
	if s.log != nil {
		s.log.Log(backend.Error, cause)
	}
}
