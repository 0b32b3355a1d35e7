package featbit

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/source"
)

// compiler keeps the items of one environment and turns messages into rule sets. It implements backend.Compiler.
type compiler struct {
	versions datasync.Versions
	rules    *ruleset
	archived map[string]archivedItem // by kind and identity
	sequence uint64
	warnings []backend.Warning
	changed  []string
}

// archivedItem is an item that nobody evaluates any more. It is kept because a patch may be older than it.
type archivedItem struct {
	text     []byte
	sequence uint64
}

// seed makes fingerprints comparable within this process.
var seed = maphash.MakeSeed()

// Compile implements backend.Compiler. A full message, and any message from a file, replaces everything; a patch from the
// server changes the items that it holds, each if it is newer than its copy.
func (c *compiler) Compile(u source.Update) (eval.Ruleset, []backend.Warning, error) {
	m, err := datasync.Parse(u.Body)
	if err != nil {
		return nil, nil, err
	}
	flags, err := readItems(m.Flags, flagKind)
	if err != nil {
		return nil, nil, err
	}
	segments, err := readItems(m.Segments, segmentKind)
	if err != nil {
		return nil, nil, err
	}
	c.warnings, c.changed = nil, nil
	switch {
	case m.Full && u.Origin == source.FromStream && newest(flags, segments) <= c.versions.Version():
		// As in the SDK: a server that knows less than we do does not take flags away.
		if c.rules == nil {
			c.rules = emptyRuleset()
		}
	case m.Full || u.Origin != source.FromStream && u.Origin != source.FromServer:
		c.replace(flags, segments)
	default:
		slices.SortStableFunc(flags, byTime)
		slices.SortStableFunc(segments, byTime)
		c.merge(flags, segments)
	}
	return c.rules, c.warnings, nil
}

// Changed lists the flags whose definition the last message changed, itself or through a segment, in the order in which
// the SDK announces them: by time, first the flags of the message, then those that use its segments.
func (c *compiler) Changed() []string { return c.changed }

// Version is the time of the newest item, which the server has to be asked from, in Unix milliseconds.
func (c *compiler) Version() int64 { return c.versions.Version() }

// Document returns everything that is held as one full message, archived items included.
func (c *compiler) Document() []byte {
	type placed struct {
		text     []byte
		sequence uint64
	}
	var flags, segments []placed
	if c.rules != nil {
		for _, key := range c.rules.flags.Keys() {
			f, _ := c.rules.flags.Get(key)
			flags = append(flags, placed{f.text, f.sequence})
		}
		for _, id := range c.rules.segments.Keys() {
			s, _ := c.rules.segments.Get(id)
			segments = append(segments, placed{text: s.text})
		}
	}
	for key, item := range c.archived {
		if key[0] == flagKind[0] {
			flags = append(flags, placed(item))
		} else {
			segments = append(segments, placed{text: item.text})
		}
	}
	slices.SortFunc(flags, func(a, b placed) int { return cmp.Compare(a.sequence, b.sequence) })
	texts := func(items []placed) [][]byte {
		list := make([][]byte, len(items))
		for i := range items {
			list[i] = items[i].text
		}
		return list
	}
	return datasync.Document(texts(flags), texts(segments))
}

func readItems(texts [][]byte, kind string) ([]wireItem, error) {
	items := make([]wireItem, len(texts))
	for i, text := range texts {
		item, err := readItem(text, kind, i)
		if err != nil {
			return nil, err
		}
		items[i] = item
	}
	return items, nil
}

func byTime(a, b wireItem) int { return cmp.Compare(a.at, b.at) }

func newest(lists ...[]wireItem) int64 {
	var at int64
	for _, items := range lists {
		for i := range items {
			at = max(at, items[i].at)
		}
	}
	return at
}

// replace starts anew with these items. Flags whose text is the same stay as they are.
func (c *compiler) replace(flags, segments []wireItem) {
	before := c.rules
	if before == nil {
		before = emptyRuleset()
	}
	c.rules, c.versions, c.archived, c.sequence = emptyRuleset(), datasync.Versions{}, nil, 0
	c.apply(before, lastOfEach(flags), lastOfEach(segments))
	slices.SortStableFunc(flags, byTime)
	slices.SortStableFunc(segments, byTime)
	c.announce(before, flags, segments)
	for _, key := range before.Keys() {
		if _, kept := c.rules.flags.Get(key); !kept {
			c.changed = append(c.changed, key)
		}
	}
}

// announce collects the flags that differ from before, among those that are in the message and those that use a segment
// of it.
func (c *compiler) announce(before *ruleset, flags, segments []wireItem) {
	known := map[string]bool{}
	add := func(key string) {
		was, existed := before.Flag(key)
		is, exists := c.rules.Flag(key)
		if !known[key] && (existed != exists || was.Fingerprint != is.Fingerprint) {
			key = strings.Clone(key) // it may belong to the message
			c.changed = append(c.changed, key)
			known[key] = true
		}
	}
	for i := range flags {
		add(flags[i].keyText)
	}
	for i := range segments {
		for _, key := range c.rules.Keys() {
			if f, _ := c.rules.flags.Get(key); slices.Contains(c.rules.reached(f.segments), segments[i].keyText) {
				add(key)
			}
		}
	}
}

// lastOfEach drops all but the last of items with one identity, in the place of the first.
func lastOfEach(items []wireItem) []wireItem {
	places := make(map[string]int, len(items))
	kept := items[:0:0]
	for i := range items {
		if at, known := places[items[i].keyText]; known {
			kept[at] = items[i]
			continue
		}
		places[items[i].keyText] = len(kept)
		kept = append(kept, items[i])
	}
	return kept
}

func (c *compiler) merge(flags, segments []wireItem) {
	if c.rules == nil {
		c.rules = emptyRuleset()
	}
	before := c.rules
	c.apply(before, flags, segments)
	c.announce(before, flags, segments)
}

// apply adds the items that are new to c.rules. Compiled flags are taken from before, if their text is the same.
func (c *compiler) apply(before *ruleset, flags, segments []wireItem) {
	editFlags, editSegments := c.rules.flags.Edit(), c.rules.segments.Edit()
	for i := range flags {
		w := &flags[i]
		if !c.versions.Take(flagKind[0], w.keyText, w.at) {
			continue
		}
		sequence := c.place(editFlags, w)
		if w.archived {
			editFlags.Remove(w.keyText)
			c.archive(flagKind, w, sequence)
			continue
		}
		delete(c.archived, flagKind[:1]+w.keyText)
		f := c.flag(before, w, sequence)
		editFlags.Set(f.key, f) // not the key of w, which belongs to the message
	}
	for i := range segments {
		w := &segments[i]
		if !c.versions.Take(segmentKind[0], w.keyText, w.at) {
			continue
		}
		if w.archived {
			editSegments.Remove(w.keyText)
			c.archive(segmentKind, w, 0)
			continue
		}
		delete(c.archived, segmentKind[:1]+w.keyText)
		s := c.segment(before, w)
		editSegments.Set(s.id, s)
	}
	c.rules = &ruleset{flags: editFlags.Table(), segments: editSegments.Table()}
}

// place returns where the flag stands in the order of the store: where it stood, archived or not, or last.
func (c *compiler) place(flags *datasync.Editor[*flag], w *wireItem) uint64 {
	if f, known := flags.Get(w.keyText); known {
		return f.sequence
	}
	if item, known := c.archived[flagKind[:1]+w.keyText]; known {
		return item.sequence
	}
	c.sequence++
	return c.sequence
}

func (c *compiler) archive(kind string, w *wireItem, sequence uint64) {
	if c.archived == nil {
		c.archived = map[string]archivedItem{}
	}
	c.archived[kind[:1]+w.keyText] = archivedItem{text: bytes.Clone(w.text), sequence: sequence}
}

func (c *compiler) warn(key, format string, args ...any) {
	c.warnings = append(c.warnings, backend.Warning{FlagKey: key, Message: fmt.Sprintf(format, args...)})
}

// flag compiles an item, or returns the flag that was compiled from the same text.
func (c *compiler) flag(before *ruleset, w *wireItem, sequence uint64) *flag {
	print := maphash.Bytes(seed, w.text)
	if known, ok := before.flags.Get(w.keyText); ok && known.fingerprint == print {
		if known.sequence != sequence {
			moved := *known
			moved.sequence = sequence
			known = &moved
		}
		return known
	}
	f := compileFlag(bytes.Clone(w.text))
	f.fingerprint, f.sequence = print, sequence
	for _, problem := range f.problems {
		c.warn(f.key, "%s", problem)
	}
	return f
}

func (c *compiler) segment(before *ruleset, w *wireItem) *segment {
	print := maphash.Bytes(seed, w.text)
	if known, ok := before.segments.Get(w.keyText); ok && known.fingerprint == print {
		return known
	}
	s := compileSegment(bytes.Clone(w.text))
	s.fingerprint = print
	if s.problem != "" {
		c.warn("", "segment %s: %s", s.name, s.problem)
	}
	return s
}
