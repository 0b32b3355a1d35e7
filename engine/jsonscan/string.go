package jsonscan

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
	"unsafe"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plain returns the index of the first byte from i on that a string cannot take as it stands: a quote, a backslash, a
// control character or a byte that is not ASCII.
func plain(b []byte, i int) int {
	for len(b)-i >= 8 {
		// Eight bytes at a time. A subtraction borrows into a byte only from a lower byte that is special itself, and
		// the lowest special byte is the one asked for.
		x := binary.LittleEndian.Uint64(b[i:])
		special := (((x ^ ones*'"') - ones) | ((x ^ ones*'\\') - ones) | (x - ones*' ') | x) & highs
		if special != 0 {
			return i + bits.TrailingZeros64(special)>>3
		}
		i += 8
	}
	for uint(i) < uint(len(b)) {
		if c := b[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return i
		}
		i++
	}
	return i
}

// skipRunes steps over characters outside ASCII.
func skipRunes(b []byte, i int) (int, error) {
	for uint(i) < uint(len(b)) && b[i] >= utf8.RuneSelf {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			return i, &SyntaxError{Offset: i, Msg: "invalid UTF-8"}
		}
		i += size
	}
	return i, nil
}

// skipString validates the string whose opening quote is at i.
func skipString(b []byte, i int) (int, error) {
	i++
	var err error
	for {
		i = plain(b, i)
		if uint(i) >= uint(len(b)) {
			return i, unexpected(b, i, "the end of a string")
		}
		switch c := b[i]; {
		case c == '"':
			return i + 1, nil
		case c == '\\':
			_, i, err = escape(b, i)
		case c >= utf8.RuneSelf:
			i, err = skipRunes(b, i)
		default:
			return i, &SyntaxError{Offset: i, Msg: "control character in a string"}
		}
		if err != nil {
			return i, err
		}
	}
}

// escape reads the escape sequence whose backslash is at i. Half a surrogate pair reads as U+FFFD, as most decoders
// have it: the grammar allows it, and UTF-8 has no form for it.
func escape(b []byte, i int) (r rune, end int, err error) {
	if i+1 >= len(b) {
		return 0, i, unexpected(b, i+1, "the end of a string")
	}
	switch c := b[i+1]; c {
	case '"', '\\', '/':
		return rune(c), i + 2, nil
	case 'b':
		return '\b', i + 2, nil
	case 'f':
		return '\f', i + 2, nil
	case 'n':
		return '\n', i + 2, nil
	case 'r':
		return '\r', i + 2, nil
	case 't':
		return '\t', i + 2, nil
	case 'u':
		return unicodeEscape(b, i)
	}
	return 0, i, &SyntaxError{Offset: i, Msg: "unknown escape in a string"}
}

func unicodeEscape(b []byte, i int) (r rune, end int, err error) {
	r, ok := hex4(b, i+2)
	if !ok {
		return 0, i, &SyntaxError{Offset: i, Msg: "want four hexadecimal digits after \\u"}
	}
	i += 6
	if r < 0xD800 || r > 0xDFFF {
		return r, i, nil
	}
	if r < 0xDC00 && len(b)-i >= 6 && b[i] == '\\' && b[i+1] == 'u' {
		if low, ok := hex4(b, i+2); ok && low >= 0xDC00 && low <= 0xDFFF {
			return 0x10000 + (r-0xD800)<<10 + (low - 0xDC00), i + 6, nil
		}
	}
	return utf8.RuneError, i, nil
}

func hex4(b []byte, i int) (rune, bool) {
	if len(b)-i < 4 {
		return 0, false
	}
	var r rune
	for _, c := range b[i : i+4] {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// String reads the string whose opening quote is at i, and returns its text and the index after the closing quote. The
// text aliases b, or scratch2 if the string holds escapes: it is good for as long as neither is written to. scratch2 is
// scratch with more appended; hand it to the next call as it is, and truncate it when the texts are done with.
func String(b []byte, i int, scratch []byte) (s string, end int, scratch2 []byte, err error) {
	if uint(i) >= uint(len(b)) || b[i] != '"' {
		return "", i, scratch, unexpected(b, i, "a string")
	}
	start := i + 1
	i = plain(b, start)
	for uint(i) < uint(len(b)) && b[i] >= utf8.RuneSelf {
		if i, err = skipRunes(b, i); err != nil {
			return "", i, scratch, err
		}
		i = plain(b, i)
	}
	if uint(i) < uint(len(b)) && b[i] == '"' {
		return view(b[start:i]), i + 1, scratch, nil
	}
	return unescape(b, start, i, scratch)
}

// unescape reads on from the escape at i in the string whose text begins at start.
func unescape(b []byte, start, i int, scratch []byte) (s string, end int, scratch2 []byte, err error) {
	from := len(scratch)
	for {
		scratch = append(scratch, b[start:i]...)
		if i >= len(b) {
			return "", i, scratch[:from], unexpected(b, i, "the end of a string")
		}
		start = i
		switch c := b[i]; {
		case c == '"':
			return view(scratch[from:]), i + 1, scratch, nil
		case c == '\\':
			var r rune
			if r, i, err = escape(b, i); err == nil {
				scratch = utf8.AppendRune(scratch, r)
				start = i
			}
		case c >= utf8.RuneSelf:
			i, err = skipRunes(b, i)
		default:
			err = &SyntaxError{Offset: i, Msg: "control character in a string"}
		}
		if err != nil {
			return "", i, scratch[:from], err
		}
		i = plain(b, i)
	}
}

func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// AppendString appends s as a JSON string. What is not UTF-8 in s becomes \ufffd.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	b := unsafe.Slice(unsafe.StringData(s), len(s))
	i := plain(b, 0)
	if i == len(b) {
		dst = append(dst, s...)
		return append(dst, '"')
	}
	start := 0
	for i < len(b) {
		c := b[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(dst, b[start:i]...)
				dst = append(dst, `\ufffd`...)
				start = i + 1
			}
			i = plain(b, i+size)
			continue
		}
		dst = append(dst, b[start:i]...)
		dst = appendEscape(dst, c)
		start = i + 1
		i = plain(b, start)
	}
	dst = append(dst, b[start:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, c byte) []byte {
	const digits = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
}
