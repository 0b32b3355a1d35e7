package datasync

// Versions remembers how new every item is that has been seen, archived ones included, and decides which of those that
// arrive are taken. It belongs to one goroutine.
//
// The clients of the vendors compare with the newest item of all and so lose updates: of two items with one time the
// second, and a segment that arrives together with a newer flag. Here each item is compared with its own copy.
type Versions struct {
	items   map[string]int64
	version int64
}

// Version is the time of the newest item, in Unix milliseconds; 0 when there is none.
func (v *Versions) Version() int64 { return v.version }

// Take reports whether an item is newer than the copy held, or the first, and remembers it in that case. kind keeps
// flags and segments apart.
func (v *Versions) Take(kind byte, key string, at int64) bool {
	held, known := v.items[string(kind)+key]
	if known && held >= at {
		return false
	}
	if v.items == nil {
		v.items = map[string]int64{}
	}
	v.items[string(kind)+key] = at
	v.version = max(v.version, at)
	return true
}
