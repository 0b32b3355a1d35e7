package datasync

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// recent are texts that flags were compiled with of late.
var recent [512]atomic.Pointer[string]

var recentSeed = maphash.MakeSeed()

// shared returns a text that probably other flags hold as well, such as the name of an attribute. Then all of them read it
// at one place, which is in the processor's cache.
func shared(text string) string {
	const longest = 32
	if text == "" || len(text) > longest {
		return text
	}
	place := &recent[maphash.String(recentSeed, text)%uint64(len(recent))]
	if known := place.Load(); known != nil && *known == text {
		return *known
	}
	own := strings.Clone(text) // not the document that it stands in
	place.Store(&own)
	return own
}
