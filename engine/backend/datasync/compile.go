package datasync

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"hash/maphash"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/source"
)

// Item is what an item of a message must have. It aliases the message.
type Item struct {
	Key      string // a flag's key, a segment's id
	At       int64  // its time in Unix milliseconds, rounded as the vendor's client does: what it is compared by
	Cut      int64  // the same as the server cuts it; 0: like At
	Archived bool
}

// Compiled is what a vendor makes of an item. Its strings alias the text it was given.
type Compiled[T any] struct {
	Item     T
	Asks     Asks
	Problems []string // what does not work as written
}

// Vendor is what each vendor makes of its items.
type Vendor[F any] struct {
	// ReadFlag and ReadSegment return errors without the place.
	ReadFlag    func(text []byte) (Item, error)
	ReadSegment func(text []byte) (Item, error)
	// CompileFlag and CompileSegment get items that could be read, and may keep the text.
	CompileFlag    func(key string, text []byte) Compiled[F]
	CompileSegment func(id string, text []byte) Compiled[Segment]
	// Ruleset completes the rules.
	Ruleset func(*Rules[F]) eval.Ruleset
}

// Compiler keeps the items of one environment and turns messages into rule sets. It implements backend.Patching.
type Compiler[F any] struct {
	vendor   Vendor[F]
	rules    *Rules[F]
	ruleset  eval.Ruleset // of rules; nil before the first message
	since    atomic.Int64
	warnings []backend.Warning
	changed  []string
}

// NewCompiler returns a compiler that holds nothing.
func NewCompiler[F any](vendor Vendor[F]) *Compiler[F] {
	return &Compiler[F]{vendor: vendor, rules: emptyRules[F]()}
}

// yieldEvery is after how many items a processor is offered to others: the threads of the host evaluate flags meanwhile.
const yieldEvery = 16

// seed makes fingerprints comparable within this process.
var seed = maphash.MakeSeed()

// Compile implements backend.Compiler. A patch from the server changes the items that it holds, each if it is newer than
// its copy; the vendors' clients compare with the newest item of all and so lose updates: of two items with one time the
// second, and a segment that arrives together with a newer flag. Any other message replaces everything, unless what is
// held is newer.
func (c *Compiler[F]) Compile(u source.Update) (eval.Ruleset, []backend.Warning, error) {
	m, err := Parse(u.Body)
	if err != nil {
		return nil, nil, err
	}
	c.warnings = nil
	flags, err := c.read(u.Origin, "featureFlags", m.Flags, c.vendor.ReadFlag)
	if err != nil {
		return nil, nil, err
	}
	segments, err := c.read(u.Origin, "segments", m.Segments, c.vendor.ReadSegment)
	if err != nil {
		return nil, nil, err
	}
	c.changed = nil
	before := c.rules
	patch := !m.Full && (u.Origin == source.FromStream || u.Origin == source.FromServer)
	switch {
	case patch:
		slices.SortStableFunc(flags, byTime)
		slices.SortStableFunc(segments, byTime)
		c.apply(before, before, flags, segments)
		c.announce(before, flags, segments)
	case !c.outdated(u.Origin, max(newest(flags), newest(segments))):
		c.apply(emptyRules[F](), before, lastOfEach(flags), lastOfEach(segments))
		slices.SortStableFunc(flags, byTime)
		slices.SortStableFunc(segments, byTime)
		c.announce(before, flags, segments)
		c.announceGone(before)
	}
	if c.ruleset == nil || c.rules != before {
		c.ruleset = c.vendor.Ruleset(c.rules)
	}
	c.since.Store(c.rules.since)
	return c.ruleset, c.warnings, nil
}

// outdated reports whether a message that would replace everything is left aside. As in the vendors' clients, a server that
// knows less than is held does not take flags away, and neither does the host. A copy of an earlier process may be as old
// as what is held, but not older: a document that came with the program can be newer.
func (c *Compiler[F]) outdated(origin source.Origin, newest int64) bool {
	switch origin {
	case source.FromStream, source.FromHost:
		return newest <= c.rules.Version
	case source.FromCache, source.FromRestored:
		return newest < c.rules.Version
	default:
		return false
	}
}

// Changed implements backend.Patching: by time those of the message, then those that ask an item of it, then those that
// are gone.
func (c *Compiler[F]) Changed() []string { return c.changed }

// Document implements backend.Patching.
func (c *Compiler[F]) Document() []byte { return c.rules.Document() }

// Since is the time, in Unix milliseconds, from which on a server has to be asked for what is newer than all that is held; 0
// when nothing is. Any goroutine may ask. It is not Rules.Version, which may be rounded up and would then hide an item.
func (c *Compiler[F]) Since() int64 { return c.since.Load() }

// arrived is an item with its text.
type arrived struct {
	Item
	text []byte
}

// read takes items apart. One that lacks what every item must have is left out of what a server sends, which nobody could
// mend here; the vendors' clients drop the whole message then. In a message of the host it is an error.
func (c *Compiler[F]) read(
	origin source.Origin, list string, texts [][]byte, read func([]byte) (Item, error),
) ([]arrived, error) {
	items := make([]arrived, 0, len(texts))
	for i, text := range texts {
		if i%yieldEvery == yieldEvery-1 {
			runtime.Gosched()
		}
		item, err := read(text)
		if err == nil {
			items = append(items, arrived{item, text})
			continue
		}
		err = fmt.Errorf("%s[%d] %w", list, i, err)
		switch origin {
		case source.FromStream, source.FromServer:
			c.warnings = append(c.warnings, backend.Warning{Message: "left out: " + err.Error()})
		default:
			return nil, err
		}
	}
	return items, nil
}

func byTime(a, b arrived) int { return cmp.Compare(a.At, b.At) }

func newest(items []arrived) int64 {
	var at int64
	for i := range items {
		at = max(at, items[i].At)
	}
	return at
}

// lastOfEach drops all but the last of items with one key, in the place of the first.
func lastOfEach(items []arrived) []arrived {
	places := make(map[string]int, len(items))
	kept := make([]arrived, 0, len(items))
	for i := range items {
		if at, known := places[items[i].Key]; known {
			kept[at] = items[i]
			continue
		}
		places[items[i].Key] = len(kept)
		kept = append(kept, items[i])
	}
	return kept
}

// apply makes rules of those given and of the items that are newer. What was compiled before from the same text stays as it
// is.
func (c *Compiler[F]) apply(onto, before *Rules[F], flags, segments []arrived) {
	version, since := onto.Version, onto.since
	newFlags := merge(onto.Flags, before.Flags, flags, func(key string, text []byte) Compiled[F] {
		compiled := c.vendor.CompileFlag(key, text)
		for _, problem := range compiled.Problems {
			c.warnings = append(c.warnings, backend.Warning{FlagKey: key, Message: problem})
		}
		return compiled
	}, &version, &since)
	newSegments := merge(onto.Segments, before.Segments, segments, func(id string, text []byte) Compiled[Segment] {
		compiled := c.vendor.CompileSegment(id, text)
		for _, problem := range compiled.Problems {
			c.warnings = append(c.warnings, backend.Warning{Message: problem})
		}
		return compiled
	}, &version, &since)
	if newFlags == before.Flags && newSegments == before.Segments {
		c.rules = before
		return
	}
	c.rules = &Rules[F]{Flags: newFlags, Segments: newSegments, Version: version, since: since}
}

// merge adds to a table the items that are newer than their copies there, and raises the times to theirs.
func merge[T any](
	onto, before *Table[T], items []arrived, compile func(key string, text []byte) Compiled[T], version, since *int64,
) *Table[T] {
	edit := onto.edit()
	for i := range items {
		if i%yieldEvery == yieldEvery-1 {
			runtime.Gosched()
		}
		a := &items[i]
		if held := edit.get(a.Key); held != nil && held.at >= a.At {
			continue
		}
		*version, *since = max(*version, a.At), max(*since, cmp.Or(a.Cut, a.At))
		added := entry[T]{at: a.At, place: edit.place(a.Key), fingerprint: maphash.Bytes(seed, a.text), archived: a.Archived}
		known := before.entries[a.Key]
		switch same := known != nil && known.fingerprint == added.fingerprint; {
		case same && known.place == added.place:
			edit.put(known)
			continue
		case same:
			added.key, added.text, added.item, added.asks = known.key, known.text, known.item, known.asks
		default:
			added.key, added.text = strings.Clone(a.Key), bytes.Clone(a.text)
			if !a.Archived {
				compiled := compile(added.key, added.text)
				added.item, added.asks = compiled.Item, compiled.Asks
			}
		}
		edit.put(&added)
	}
	return edit.table()
}

// ErrNoObject is an item that is another kind of JSON value.
var ErrNoObject = errors.New("is not an object")

// Require returns an error that names the first of the members that is absent, in the order of the names.
func Require(names []string, members ...[]byte) error {
	for i, value := range members {
		if value == nil {
			return errors.New("lacks " + names[i])
		}
	}
	return nil
}
