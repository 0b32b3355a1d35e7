package backend

import "github.com/burgee-flags/burgee/engine/eval"

// Visitors is what a backend brings whose vendor's SDK hands out visitors: objects that hold the decisions made for them.
// They are known by handles, numbers below 2^53 that are never used twice. Its methods do not wait for anything, and are safe
// for any number of threads. Read neither locks nor allocates.
type Visitors interface {
	// Read looks up a flag of a visitor. It returns false for a handle that is unknown or closed.
	Read(visitor uint64, key string, out *VisitorFlag) bool
	// Expose tells the vendor that the visitor saw a flag. fallback is the caller's default, which tells one report from
	// another.
	Expose(visitor uint64, key string, fallback eval.Value) Exposure
	// Close makes a handle invalid. It returns false for one that is unknown or closed.
	Close(visitor uint64) bool
}

// VisitorFlag is one flag of a visitor.
type VisitorFlag struct {
	Found       bool
	Value       eval.Value // Kind Null: there is no value
	ID          uint64     // not 0: names the value and everything that is known of it, for the life of the process
	Status      uint8      // the vendor's: of the flag
	FetchStatus uint8      // of all flags of the visitor
	FetchReason uint8      // why
	NotStarted  bool       // the vendor's SDK is not started
}

// Exposure says what became of the report that a visitor saw a flag.
type Exposure uint8

// The exposures, by their numbers in the C interface.
const (
	NotAsked   Exposure = iota
	Queued              // it will be sent
	NotReady            // the SDK is not started
	Panic               // the vendor has switched everything off
	NoConsent           // the visitor does not agree to be tracked
	NoSuchFlag          // the visitor has no such flag, or is closed
	Duplicate           // the same was reported a moment ago
	NotQueued           // the queue is full or closed
)
