package datasync

import (
	"maps"
	"slices"
)

// Table is an immutable set of items by key. A changed copy shares what did not change, so that one item among ten
// thousand costs a copy of the index, not of the items. The zero Table is empty.
type Table[T any] struct {
	items map[string]T
	keys  []string
}

// Get returns the item with the key.
func (t *Table[T]) Get(key string) (T, bool) {
	item, ok := t.items[key]
	return item, ok
}

// Keys lists the keys in ascending order. The caller must not change it.
func (t *Table[T]) Keys() []string { return t.keys }

// Len is the number of items.
func (t *Table[T]) Len() int { return len(t.keys) }

// Edit returns a table that can be changed, with the items of t.
func (t *Table[T]) Edit() *Editor[T] { return &Editor[T]{from: t} }

// Editor collects changes. It copies nothing before the first one.
type Editor[T any] struct {
	from    *Table[T]
	items   map[string]T
	added   []string
	removed []string
}

// Get returns the item with the key, as changed.
func (e *Editor[T]) Get(key string) (T, bool) {
	if e.items == nil {
		return e.from.Get(key)
	}
	item, ok := e.items[key]
	return item, ok
}

func (e *Editor[T]) own() {
	if e.items != nil {
		return
	}
	if e.items = maps.Clone(e.from.items); e.items == nil {
		e.items = map[string]T{}
	}
}

// Set adds or replaces an item.
func (e *Editor[T]) Set(key string, item T) {
	e.own()
	if _, known := e.items[key]; !known {
		e.added = append(e.added, key)
	}
	e.items[key] = item
}

// Remove removes an item, if it is there.
func (e *Editor[T]) Remove(key string) {
	if _, known := e.Get(key); !known {
		return
	}
	e.own()
	delete(e.items, key)
	e.removed = append(e.removed, key)
}

// Table returns the result. The editor must not be used afterwards.
func (e *Editor[T]) Table() *Table[T] {
	if e.items == nil {
		return e.from
	}
	// Without spare room, so that an append to the keys does not write into what others read.
	return &Table[T]{items: e.items, keys: slices.Clip(e.keys())}
}

// fewChanges is up to how many changes of the keys it is faster to change the sorted list than to sort it anew.
const fewChanges = 16

func (e *Editor[T]) keys() []string {
	switch changes := len(e.added) + len(e.removed); {
	case changes == 0:
		return e.from.keys
	case changes > fewChanges:
		return slices.Sorted(maps.Keys(e.items))
	}
	keys := make([]string, len(e.from.keys), len(e.from.keys)+len(e.added))
	copy(keys, e.from.keys)
	for _, key := range slices.Concat(e.removed, e.added) { // in the end only the items decide
		_, wanted := e.items[key]
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
