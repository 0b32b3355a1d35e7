// Package source brings a vendor's documents to the engine: by polling, from a stream or a websocket, from a file that is
// watched, or from memory. It knows no vendor.
package source

import (
	"context"
	"time"
)

// Origin says where an update came from.
type Origin string

// The origins.
const (
	FromServer   Origin = "server"
	FromStream   Origin = "stream"
	FromFile     Origin = "file"
	FromInline   Origin = "inline"
	FromCache    Origin = "cache"    // the copy on disk of an earlier process
	FromRestored Origin = "restored" // handed over by the process that forked this one
	FromSnapshot Origin = "snapshot" // the vendor's own export, given as an option
	FromHost     Origin = "host"     // handed over by the host while the client was open
)

// Update is one delivery of a vendor's data.
type Update struct {
	Body   []byte // valid until Apply returns
	Origin Origin
	Format string // in the backend's words; empty is its ordinary wire format
	// Modified is when the server says that the data changed last (Last-Modified); empty when it does not say.
	Modified string
}

// Sink takes what a source finds. A source calls it from one goroutine at a time. Every time that a source has asked or
// looked ends with exactly one call of Apply, Confirm, Unchanged, Fail or End, so that whoever waits for it is not left
// hanging; a source that is stopped meanwhile says nothing.
type Sink interface {
	// Apply compiles and publishes the update. On an error nothing changed, and the sink has recorded the failure.
	Apply(Update) error
	// Confirm says that the server was asked and what is held is current.
	Confirm()
	// Unchanged says that the source looked, and that nothing is different: what was said last still holds.
	Unchanged()
	// Fail says that the data could not be had; what is held stays.
	Fail(error)
	// End says that the data could not be had, and that no further attempt will be made; what is held stays.
	End(error)
	// Retry says that an attempt failed and another will be made after wait.
	Retry(err error, wait time.Duration)
}

// Source delivers updates until ctx ends, and then returns. It lives through every failure of the other side: those go
// to the sink. It returns earlier only when nothing can ever come again, as after the one document of an inline source or
// after End.
type Source interface {
	Run(ctx context.Context, sink Sink)
}

// Refresher is a Source that can fetch out of turn.
type Refresher interface {
	// Refresh makes Run fetch at once. It returns before the fetch is over.
	Refresh()
}
