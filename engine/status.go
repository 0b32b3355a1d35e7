package engine

import (
	"time"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/source"
)

// State is what the client's flags are worth. The names are OpenFeature's provider states.
type State string

// The states.
const (
	NotReady State = "NOT_READY" // no flags yet
	Ready    State = "READY"     // the flags were current when the other side was last asked
	Stale    State = "STALE"     // there are flags, and they may be out of date
	Failed   State = "ERROR"     // no flags and the last attempt to get some failed, or the error strategy "fail" hides them
	Fatal    State = "FATAL"     // no flags will be fetched any more, because the vendor refuses; those that are there keep working
	Closed   State = "CLOSED"
)

// Status describes a client at one moment.
type Status struct {
	State State `json:"state"`
	// AgeMs is the time since the flags were last known to be current, in milliseconds; -1 without flags. It counts on
	// across a restart when the flags come from a copy on disk.
	AgeMs   int64         `json:"ageMs"`
	Version uint64        `json:"version"` // counts the rule sets of this client
	Flags   int           `json:"flags"`
	Origin  source.Origin `json:"origin"` // where the flags came from; empty without flags
	Error   *string       `json:"error"`  // the last failure since the flags were current
	Backend string        `json:"backend"`
	// ErrorKind is the vendor's name for the kind of Error, for vendors that have one.
	ErrorKind string `json:"errorKind,omitempty"`
	// Since is when the client came into this state, in Unix milliseconds.
	Since int64 `json:"since"`
	// Events is there for a client that sends events.
	Events *EventStats `json:"events,omitempty"`
}

// snapshot is everything that an evaluation and a status need, published as one.
type snapshot struct {
	rules   eval.Ruleset // nil before the first
	version uint64
	origin  source.Origin
	current time.Time // when rules were last known to be current
	state   State
	failure string // the last failure since then
	kind    string // the vendor's name for the kind of failure
	since   time.Time

	// blocked is what every evaluation answers instead of the flags; empty when they are evaluated.
	blocked     string
	blockedCode eval.Code
}

func (s *snapshot) status(backend string) Status {
	status := Status{State: s.state, AgeMs: -1, Version: s.version, Origin: s.origin, Backend: backend, Since: s.since.UnixMilli()}
	if s.rules != nil {
		status.AgeMs = max(0, time.Since(s.current).Milliseconds())
		status.Flags = len(s.rules.Keys())
	}
	if s.failure != "" {
		status.Error, status.ErrorKind = &s.failure, s.kind
	}
	return status
}
