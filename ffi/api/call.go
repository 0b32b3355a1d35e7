package api

import (
	"sync"
	"time"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/eval"
)

// call is the memory of one evaluation, kept for the next one.
type call struct {
	context eval.Context
	outcome eval.Outcome
	params  params
	flag    backend.VisitorFlag
	text    []byte // unescaped strings and formatted numbers of the request
	record  []byte // what the vendor hears

	second int64    // the second that date holds
	date   [19]byte // 2026-01-02T03:04:05
}

var calls = sync.Pool{New: func() any {
	c := &call{text: make([]byte, 0, 512), record: make([]byte, 0, 512), second: -1}
	c.context.Attributes = make([]eval.Attribute, 0, 16)
	return c
}}

// keepAttributes and keepText bound what an unusually large request leaves behind.
const (
	keepAttributes = 1024
	keepText       = 64 << 10
	keepRecord     = 16 << 10
)

func newCall() *call { return calls.Get().(*call) }

// done gives the memory back. Nothing in it may point at the request any more: that memory is the caller's, and Go's
// garbage collector throws when an address it finds has since become part of its own heap.
func (c *call) done() {
	clear(c.outcome.Segments)
	c.outcome.Reset("")
	c.outcome.Trace, c.outcome.LateDraw = nil, false
	c.params = params{}
	c.flag = backend.VisitorFlag{}
	c.resetContext()
	if cap(c.context.Attributes) > keepAttributes || cap(c.text) > keepText || cap(c.record) > keepRecord {
		return
	}
	calls.Put(c)
}

// resetContext empties the context for the next request of a batch.
func (c *call) resetContext() {
	clear(c.context.Attributes)
	c.context.Attributes = c.context.Attributes[:0]
	c.context.TargetingKey = ""
	c.text = c.text[:0]
}

// appendTime appends t as RFC 3339 in UTC, with 0, 3, 6 or 9 digits of a second, as few as are exact.
func (c *call) appendTime(dst []byte, t time.Time) []byte {
	if second := t.Unix(); second != c.second {
		c.second = second
		t.UTC().AppendFormat(c.date[:0], "2006-01-02T15:04:05")
	}
	dst = append(dst, c.date[:]...)
	nanos := uint32(t.Nanosecond()) //nolint:gosec // below 1e9
	switch {
	case nanos == 0:
	case nanos%1e6 == 0:
		dst = appendFraction(dst, nanos/1e6, 3)
	case nanos%1e3 == 0:
		dst = appendFraction(dst, nanos/1e3, 6)
	default:
		dst = appendFraction(dst, nanos, 9)
	}
	return append(dst, 'Z')
}

func appendFraction(dst []byte, value uint32, digits int) []byte {
	dst = append(dst, ".000000000"[:digits+1]...)
	for i := len(dst) - 1; value > 0; i-- {
		dst[i] = byte('0' + value%10)
		value /= 10
	}
	return dst
}
