package datasync

import (
	"maps"
	"slices"
)

// Table is an immutable set of items by key. A changed copy shares what did not change, so that one item among ten
// thousand costs a copy of the index, not of the items. The zero Table is empty.
type Table[T any] struct {
	entries map[string]*entry[T] // archived ones included
	keys    []string             // of those that are not archived
	places  uint64               // given out so far
	asking  int                  // how many items ask flags
}

// entry is one item with what is known of where it came from. It does not change.
type entry[T any] struct {
	// archived items are found by nobody. They are kept because a patch may bring something older.
	archived    bool // here, where finding an item reads it together with the item's first fields
	item        T
	key         string
	text        []byte // as it came; the strings of item alias it
	at          int64  // its time, in Unix milliseconds
	place       uint64 // in the order in which keys first came
	fingerprint uint64 // of text, comparable within this process
	asks        Asks
}

// Asks is what the evaluation of an item looks up besides it.
type Asks struct {
	Flags    []string // keys
	Segments []string
}

func (a *Asks) nothing() bool { return len(a.Flags) == 0 && len(a.Segments) == 0 }

// Get returns the item with the key. Nobody changes it.
func (t *Table[T]) Get(key string) (*T, bool) {
	if e := t.find(key); e != nil {
		return &e.item, true
	}
	return nil, false
}

// find returns an entry that is not archived, or nil.
func (t *Table[T]) find(key string) *entry[T] {
	e := t.entries[key]
	if e == nil || e.archived {
		return nil
	}
	return e
}

// Keys lists the keys in ascending order. The caller must not change it.
func (t *Table[T]) Keys() []string { return t.keys }

// Len is the number of items.
func (t *Table[T]) Len() int { return len(t.keys) }

// placed lists all entries, archived ones included, in the order in which their keys first came.
func (t *Table[T]) placed() []*entry[T] {
	return slices.SortedFunc(maps.Values(t.entries), byPlace)
}

func byPlace[T any](a, b *entry[T]) int { return int(a.place) - int(b.place) } //nolint:gosec // counts items

// edit returns a table that can be changed, with the items of t.
func (t *Table[T]) edit() *editor[T] { return &editor[T]{from: t, places: t.places, asking: t.asking} }

// editor collects changes. It copies nothing before the first one.
type editor[T any] struct {
	from    *Table[T]
	entries map[string]*entry[T]
	places  uint64
	asking  int
	moved   []string // keys that came or went
}

// get returns the entry with the key, archived or not, as changed; nil when there is none.
func (e *editor[T]) get(key string) *entry[T] {
	if e.entries == nil {
		return e.from.entries[key]
	}
	return e.entries[key]
}

// put adds or replaces an entry.
func (e *editor[T]) put(added *entry[T]) {
	if e.entries == nil {
		if e.entries = maps.Clone(e.from.entries); e.entries == nil {
			e.entries = map[string]*entry[T]{}
		}
	}
	before := e.entries[added.key]
	if known := before != nil && !before.archived; known == added.archived {
		e.moved = append(e.moved, added.key)
	}
	if before != nil && len(before.asks.Flags) > 0 {
		e.asking--
	}
	if len(added.asks.Flags) > 0 {
		e.asking++
	}
	e.entries[added.key] = added
}

// place returns where an item with the key stands: where it stood, archived or not, or last.
func (e *editor[T]) place(key string) uint64 {
	if known := e.get(key); known != nil {
		return known.place
	}
	e.places++
	return e.places
}

// table returns the result. The editor must not be used afterwards.
func (e *editor[T]) table() *Table[T] {
	if e.entries == nil {
		return e.from
	}
	// Without spare room, so that an append to the keys does not write into what others read.
	return &Table[T]{entries: e.entries, keys: slices.Clip(e.keys()), places: e.places, asking: e.asking}
}

// fewChanges is up to how many changes of the keys it is faster to change the sorted list than to sort it anew.
const fewChanges = 16

func (e *editor[T]) keys() []string {
	switch {
	case len(e.moved) == 0:
		return e.from.keys
	case len(e.moved) > fewChanges:
		keys := make([]string, 0, len(e.entries))
		for key, one := range e.entries {
			if !one.archived {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
		return keys
	}
	keys := make([]string, len(e.from.keys), len(e.from.keys)+len(e.moved))
	copy(keys, e.from.keys)
	for _, key := range e.moved { // in the end only the entries decide
		wanted := !e.entries[key].archived
		at, listed := slices.BinarySearch(keys, key)
		switch {
		case wanted && !listed:
			keys = slices.Insert(keys, at, key)
		case !wanted && listed:
			keys = slices.Delete(keys, at, at+1)
		}
	}
	return keys
}
