package datasync

import "slices"

// Rules are the items of one environment, compiled. They do not change. Flags find segments and other flags when they are
// evaluated, so that a change of those costs no compilation. What is missing of an eval.Ruleset is the vendor's.
type Rules[F any] struct {
	Flags    *Table[F] // by key
	Segments *Table[Segment]
	// Version is the time of the newest item, in Unix milliseconds; 0 without items.
	Version int64
	since   int64 // the same as the server has it
}

func emptyRules[F any]() *Rules[F] {
	return &Rules[F]{Flags: &Table[F]{}, Segments: &Table[Segment]{}}
}

// Keys implements eval.Ruleset.
func (r *Rules[F]) Keys() []string { return r.Flags.Keys() }

// Problem implements eval.Ruleset.
func (r *Rules[F]) Problem() string { return "" }

// Held is a rule set whose items can be had back.
type Held interface {
	// Order lists the keys of the flags in the order of the vendors' stores: as they first came.
	Order() []string
	// Document returns everything as one full message, archived items included.
	Document() []byte
	// Newest is the time of the newest item, in Unix milliseconds.
	Newest() int64
}

// Order implements Held.
func (r *Rules[F]) Order() []string {
	keys := make([]string, 0, r.Flags.Len())
	for _, e := range r.Flags.placed() {
		if !e.archived {
			keys = append(keys, e.key)
		}
	}
	return keys
}

// Document implements Held.
func (r *Rules[F]) Document() []byte {
	return Document(textsOf(r.Flags), textsOf(r.Segments))
}

// Newest implements Held.
func (r *Rules[F]) Newest() int64 { return r.Version }

func textsOf[T any](t *Table[T]) [][]byte {
	entries := t.placed()
	texts := make([][]byte, len(entries))
	for i, e := range entries {
		texts[i] = e.text
	}
	return texts
}

// Fingerprint is of a flag and of all that it asks, so that a changed segment counts as a change of the flags that test it.
// 0: there is no such flag.
func (r *Rules[F]) Fingerprint(key string) uint64 {
	e := r.Flags.find(key)
	if e == nil {
		return 0
	}
	fingerprint := e.fingerprint
	if e.asks.nothing() {
		return fingerprint
	}
	mix := func(part uint64) {
		fingerprint *= 0x9e3779b97f4a7c15 // an odd number with bits all over
		fingerprint ^= fingerprint >> 29
		fingerprint += part
	}
	reached := r.reached(&e.asks)
	for _, key := range reached.Flags {
		if asked := r.Flags.find(key); asked != nil {
			mix(asked.fingerprint)
		}
	}
	for _, id := range reached.Segments {
		if asked := r.Segments.find(id); asked != nil {
			mix(asked.fingerprint)
		}
	}
	return fingerprint
}

// reached is what is asked and what that asks in turn, each once.
func (r *Rules[F]) reached(asks *Asks) Asks {
	all := Asks{Flags: slices.Clip(asks.Flags), Segments: slices.Clip(asks.Segments)} // appending copies
	for i := 0; i < len(all.Flags); i++ {
		if asked := r.Flags.find(all.Flags[i]); asked != nil {
			all.add(&asked.asks)
		}
	}
	for i := 0; i < len(all.Segments); i++ {
		if asked := r.Segments.find(all.Segments[i]); asked != nil {
			all.add(&asked.asks)
		}
	}
	return all
}

func (a *Asks) add(more *Asks) {
	for _, key := range more.Flags {
		if !slices.Contains(a.Flags, key) {
			a.Flags = append(a.Flags, key)
		}
	}
	for _, id := range more.Segments {
		if !slices.Contains(a.Segments, id) {
			a.Segments = append(a.Segments, id)
		}
	}
}
