package eval

import "sync/atomic"

var lastID atomic.Uint64

// ReserveIDs returns the first of count outcome ids in a row that nobody else gets, in any client of any backend, because
// a binding keeps what it made of an outcome by its id alone. 0 is never one of them.
func ReserveIDs(count uint64) uint64 { return lastID.Add(count) - count + 1 }
