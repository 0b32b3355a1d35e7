package sdk

import (
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"

	"github.com/burgee-flags/burgee/engine/bucket"
)

// HashInput says which bytes of a text are hashed. They are the same for ASCII.
type HashInput uint8

// The hash inputs.
const (
	// LowBytes is what the JavaScript SDK hashes: the low byte of every UTF-16 code unit.
	LowBytes HashInput = iota
	// Packed is what the Python SDK hashes: UTF-8, except that a character above U+FFFF gives three bytes, of which the
	// first two hold bits that belong to others.
	Packed
	// UTF8 is what the decision API hashes.
	UTF8
	// HashInputs counts them.
	HashInputs
)

// Hashes returns the hash input of the SDK.
func (l Language) Hashes() HashInput {
	if l == Python {
		return Packed
	}
	return LowBytes
}

// Bytes returns the bytes to be hashed of text, as a string: text itself if they are the same, otherwise one that aliases
// scratch2, which is scratch with them appended.
func (h HashInput) Bytes(text string, scratch []byte) (input string, scratch2 []byte) {
	if h.same(text) {
		return text, scratch
	}
	from := len(scratch)
	for _, r := range text {
		scratch = h.append(scratch, r)
	}
	return view(scratch[from:]), scratch
}

// Continue adds the bytes to be hashed of text to a hash.
func (h HashInput) Continue(hash bucket.Murmur3, text string) bucket.Murmur3 {
	if h.same(text) {
		return hash.With(text)
	}
	var buffer [utf8.UTFMax]byte
	for _, r := range text {
		hash = hash.With(view(h.append(buffer[:0], r)))
	}
	return hash
}

// same reports whether the bytes of text are hashed as they are.
func (h HashInput) same(text string) bool {
	n := 0
	for n < len(text) && text[n] < utf8.RuneSelf {
		n++
	}
	return h == UTF8 || n == len(text)
}

func (h HashInput) append(to []byte, r rune) []byte {
	if h == LowBytes {
		return appendLowBytes(to, r)
	}
	return appendPacked(to, r)
}

func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func appendLowBytes(to []byte, r rune) []byte {
	if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
		return append(to, byte(high), byte(low))
	}
	return append(to, byte(r))
}

func appendPacked(to []byte, r rune) []byte {
	if r <= 0xFFFF {
		return utf8.AppendRune(to, r)
	}
	first := 0xE0 | r>>12
	return append(to, byte(first), byte(0x80|r>>6&0x3F|first>>8), byte(0x80|r&0x3F))
}
