package datasync

import (
	"bytes"
	"hash/maphash"
	"strings"

	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// users is a set of user keys that lie in the text of a JSON array: segments may list a hundred thousand. It holds no
// pointers that the garbage collector would have to follow, and about eight bytes for each key. The zero value is empty.
type users struct {
	text  []byte
	slots []uint32            // where in text a key begins, in the order of their hashes; 0: free
	other map[string]struct{} // keys that are written with escapes
}

// readUsers reports false if text is no array. What in it is no string is left out.
func readUsers(text []byte) (u users, isArray bool) {
	if !IsArray(text) {
		return u, false
	}
	u.text = text
	most := bytes.Count(text, []byte{'"'}) / 2
	if most == 0 {
		return u, true
	}
	size := 1
	for size < 2*most {
		size *= 2
	}
	u.slots = make([]uint32, size)
	_, _ = jsonscan.Array(text, 0, func(at int) (int, error) {
		if text[at] != '"' {
			return jsonscan.Skip(text, at)
		}
		key, end, escapes, err := jsonscan.String(text, at, nil)
		switch {
		case err != nil:
		case escapes != nil:
			if u.other == nil {
				u.other = map[string]struct{}{}
			}
			u.other[key] = struct{}{}
		default:
			slot := u.slot(key)
			for u.slots[slot] != 0 {
				slot = u.after(slot)
			}
			u.slots[slot] = uint32(at + 1) //nolint:gosec // messages are shorter
		}
		return end, err
	})
	return u, true
}

func (u *users) slot(key string) uint64   { return maphash.String(seed, key) & uint64(len(u.slots)-1) }
func (u *users) after(slot uint64) uint64 { return (slot + 1) & uint64(len(u.slots)-1) }

// has reports whether the key is in the set.
func (u *users) has(key string) bool {
	if len(u.slots) > 0 {
		for slot := u.slot(key); u.slots[slot] != 0; slot = u.after(slot) {
			start := int(u.slots[slot])
			end := start + len(key)
			if end < len(u.text) && string(u.text[start:end]) == key && u.text[end] == '"' {
				return strings.IndexByte(key, '"') < 0 // otherwise it is two keys and what lies between them
			}
		}
	}
	_, ok := u.other[key]
	return ok
}
