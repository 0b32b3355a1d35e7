package datasync

import "slices"

// announce collects the flags that differ from before: those of the message in its order, then those that ask an item of
// it, in the order of the store. A flag that is archived is announced too; the vendors' clients then announce nothing more.
func (c *Compiler[F]) announce(before *Rules[F], flags, segments []arrived) {
	if c.rules == before {
		return
	}
	known := make(map[string]bool, len(flags))
	add := func(key string) {
		if !known[key] && before.Fingerprint(key) != c.rules.Fingerprint(key) {
			c.changed = append(c.changed, key)
			known[key] = true
		}
	}
	for i := range flags {
		add(c.rules.Flags.entries[flags[i].Key].key) // not the key in the message, which is gone afterwards
	}
	if len(segments) == 0 && c.rules.Flags.asking == 0 {
		return
	}
	for _, askers := range c.askers(flags, segments) {
		slices.SortFunc(askers, byPlace)
		for _, asker := range askers {
			add(asker.key)
		}
	}
}

// askers lists, for each of the flags and then for each of the segments, the flags that ask it.
func (c *Compiler[F]) askers(flags, segments []arrived) [][]*entry[F] {
	askers := make([][]*entry[F], len(flags)+len(segments))
	flagAt, segmentAt := make(map[string]int, len(flags)), make(map[string]int, len(segments))
	for i := range flags {
		flagAt[flags[i].Key] = i
	}
	for i := range segments {
		segmentAt[segments[i].Key] = len(flags) + i
	}
	for _, e := range c.rules.Flags.entries {
		if e.asks.nothing() {
			continue
		}
		reached := c.rules.reached(&e.asks)
		for _, key := range reached.Flags {
			if at, ok := flagAt[key]; ok {
				askers[at] = append(askers[at], e)
			}
		}
		for _, id := range reached.Segments {
			if at, ok := segmentAt[id]; ok {
				askers[at] = append(askers[at], e)
			}
		}
	}
	return askers
}

// announceGone adds the flags that are no longer there.
func (c *Compiler[F]) announceGone(before *Rules[F]) {
	for _, key := range before.Keys() {
		if c.rules.Flags.entries[key] == nil {
			c.changed = append(c.changed, key)
		}
	}
}
