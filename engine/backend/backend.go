// Package backend is the seam between the engine and the vendors: what a vendor has to bring, and nothing about any of
// them.
package backend

import (
	"context"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/option"
	"github.com/burgee-flags/burgee/engine/source"
)

// Open reads the vendor's options and builds its plan. It does no I/O. Problems go to opts, which names them all at
// once; the error is for what no option can be blamed for.
type Open func(opts *option.Reader, env Env) (*Plan, error)

// Env is what a backend may know of its host.
type Env struct {
	Log    Logger
	Getenv func(string) string // for proxies
	// FailFast is the default of an option error_strategy: fail instead of fallback.
	FailFast bool
	// Tell hands an event of the backend's own to the host, a JSON object with a member type, which nobody changes any
	// more. It never waits. false: there is no room for it, because nobody takes events, or the client is closed.
	Tell func(event []byte) bool
}

// Plan is everything the engine needs to know about one vendor.
type Plan struct {
	Source   source.Source
	Compiler Compiler
	// Identity names what the flags are of, such as a URL with a namespace. A copy on disk with another identity is not used.
	Identity string
	// FlagSet is the vendor's name for what is evaluated, for messages: Flipt's namespace.
	FlagSet string
	// Overlay returns options that changed since Open, for a copy of this client in another process. May be nil.
	Overlay func() map[string]any
	// Start is called once the queues exist, before anything is published and the source runs. May be nil.
	Start func(queues Queues)
	// Stop is called when the client is closed, before the queues end: what is pending should be sent, or put where it is
	// kept, until ctx ends. May be nil.
	Stop func(ctx context.Context)
	// Close releases what the plan holds, after the source has ended. It is also called when the client was never open.
	// May be nil.
	Close func()
	// Initial is published before the source runs, if it is not nil (an export given as an option).
	Initial *source.Update
	// Methods are the vendor's own calls of burgee_call, by full name: "flipt.snapshot".
	Methods map[string]Method
	// Describe words a failed fetch as the vendor's own client would. nil: the error's text.
	Describe func(error) string
	// Classify returns the vendor's name for the kind of a failure, for clients that branch on it. May be nil.
	Classify func(error) string
	// Events is how the vendor hears of evaluations and of what the host tracks. nil: it hears of nothing.
	Events *Events
	// WaitsForFlags makes Open wait for flags as long as start_wait_ms allows, also when fetches fail meanwhile.
	WaitsForFlags bool
	// Visitors are the visitors that the vendor's SDK hands out. nil: it has none.
	Visitors Visitors
	// FailFast makes every evaluation answer the last failed fetch instead of the last good flags, until flags arrive.
	FailFast bool
}

// Compiler turns updates into rule sets. It belongs to one goroutine; what it returns is immutable. A flag that makes no
// sense becomes an error outcome and a warning, its neighbours keep working; a document that makes no sense is an error.
type Compiler interface {
	Compile(source.Update) (eval.Ruleset, []Warning, error)
}

// Patching is a Compiler whose updates may change only a part of the flags.
type Patching interface {
	Compiler
	// Changed lists the flags that the last successful Compile added, removed or redefined, in the order in which the
	// vendor's own client announces them. Nobody changes the list.
	Changed() []string
	// Document returns everything that is held as one update of the ordinary format that replaces everything.
	Document() []byte
}

// Asking is a rule set that holds no flags: somebody else decides, for one context at a time.
type Asking interface {
	eval.Ruleset
	// Ask returns all flags as they are for this context. It may wait, unlike everything else that evaluates. The error is
	// an *eval.Error.
	Ask(ec *eval.Context) (eval.Ruleset, error)
}

// Warning is one thing in a document that does not work as written.
type Warning struct {
	FlagKey string
	Message string
}

// Method is a call of one backend.
type Method struct {
	// Run returns what is encoded as JSON.
	Run func(ctx context.Context, call *Call) (any, error)
	// ReadsFlags makes the call fail while a failed fetch hides the flags.
	ReadsFlags bool
	// ChangesOptions says that Plan.Overlay may answer something else after the call.
	ChangesOptions bool
}

// Call is one use of a Method.
type Call struct {
	Rules  eval.Ruleset // nil before the first flags
	Params []byte       // a JSON object
	// Report queues a record for the vendor, in the first lane, that happened at the given time, in Unix milliseconds. It
	// returns false when the record was dropped, and in a client that sends no events.
	Report func(at int64, record []byte) bool
}

// Logger takes log records for the host. It never blocks.
type Logger interface {
	Log(level Level, message string)
}

// Level is the weight of a log record.
type Level int8

// The levels, lightest first.
const (
	Debug Level = iota
	Info
	Warn
	Error
)
