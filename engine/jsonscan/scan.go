// Package jsonscan reads JSON in place: it finds, validates and steps over values in the caller's bytes without building
// anything, so that a request costs no allocation and a large document can be cut into pieces that are decoded later.
//
// Every function takes the text and an index and returns the index after what it read. The grammar is that of RFC 8259
// without extensions, text must be UTF-8, and nesting is bounded by MaxDepth, because a stack overflow would end the
// host process. Strings that hold no escapes alias the text.
package jsonscan

import "encoding/binary"

// MaxDepth is how deep arrays and objects may be nested within one value given to Skip.
const MaxDepth = 128

// SyntaxError says what is wrong with a text, and where.
type SyntaxError struct {
	Offset  int // in bytes from the start of the text
	Msg     string
	TooDeep bool // it is JSON so far, nested deeper than MaxDepth
}

func (e *SyntaxError) Error() string {
	return e.Msg + " at offset " + decimal(e.Offset)
}

func decimal(n int) string {
	var buf [20]byte
	i := len(buf)
	for {
		i--
		buf[i] = byte('0' + n%10)
		n /= 10
		if n == 0 {
			return string(buf[i:])
		}
	}
}

// unexpected words the error for what stands at i, where want was needed.
func unexpected(b []byte, i int, want string) error {
	if i >= len(b) {
		return &SyntaxError{Offset: len(b), Msg: "unexpected end of text, want " + want}
	}
	return &SyntaxError{Offset: i, Msg: "want " + want}
}

// SkipSpace returns the index of the first byte from i on that is not white space, len(b) if there is none.
func SkipSpace(b []byte, i int) int {
	if uint(i) < uint(len(b)) && b[i] > ' ' {
		return i
	}
	return skipSpaces(b, i)
}

func skipSpaces(b []byte, i int) int {
	for uint(i) < uint(len(b)) {
		switch b[i] {
		case ' ', '\n', '\t', '\r':
			i++
		default:
			return i
		}
	}
	return i
}

// Skip validates the value that starts at i, after white space, and returns the index after it. What follows the value
// is not looked at.
func Skip(b []byte, i int) (int, error) {
	i = SkipSpace(b, i)
	if i >= len(b) {
		return i, unexpected(b, i, "a value")
	}
	switch c := b[i]; c {
	case '"':
		return skipString(b, i)
	case '{', '[':
		return skipContainer(b, i)
	default:
		return skipScalar(b, i)
	}
}

// skipContainer steps over the array or object at i. It keeps its own stack, one bit for each level.
func skipContainer(b []byte, i int) (int, error) {
	var (
		objects [MaxDepth]bool // whether the level is an object; filled from 1 to depth-1 by the levels outside
		depth   int
		object  bool
		err     error
	)
	for {
		// i is at a value.
		if uint(i) >= uint(len(b)) {
			return i, unexpected(b, i, "a value")
		}
		opened := false
		switch c := b[i]; c {
		case '"':
			i, err = skipString(b, i)
		case '{', '[':
			if depth == MaxDepth {
				return i, &SyntaxError{Offset: i, Msg: "nested deeper than 128 levels", TooDeep: true}
			}
			objects[depth] = object
			depth++
			object = c == '{'
			i = SkipSpace(b, i+1)
			opened = uint(i) >= uint(len(b)) || b[i] != c+2 // in ASCII a closing bracket is two after its opening one
			if !opened {
				i++
				depth--
				object = objects[depth]
			}
		default:
			i, err = skipScalar(b, i)
		}
		if err != nil {
			return i, err
		}
		// i is after a value or, if opened, at the first element or member.
		for !opened {
			if depth == 0 {
				return i, nil
			}
			i = SkipSpace(b, i)
			if uint(i) >= uint(len(b)) {
				return i, unexpected(b, i, "',' or the end of an array or object")
			}
			c := b[i]
			if c == ',' {
				i = SkipSpace(b, i+1)
				break
			}
			if object && c != '}' || !object && c != ']' {
				return i, unexpected(b, i, "',' or the end of an array or object")
			}
			i++
			depth--
			object = objects[depth]
		}
		if !object {
			continue
		}
		if i, err = skipName(b, i); err != nil {
			return i, err
		}
	}
}

// skipName steps over a member's name and colon, and returns the index of its value.
func skipName(b []byte, i int) (int, error) {
	if uint(i) >= uint(len(b)) || b[i] != '"' {
		return i, unexpected(b, i, "a member name in quotes")
	}
	i, err := skipString(b, i)
	if err != nil {
		return i, err
	}
	return skipColon(b, i)
}

func skipColon(b []byte, i int) (int, error) {
	i = SkipSpace(b, i)
	if uint(i) >= uint(len(b)) || b[i] != ':' {
		return i, unexpected(b, i, "':' after a member name")
	}
	if i = SkipSpace(b, i+1); i >= len(b) {
		return i, unexpected(b, i, "a value")
	}
	return i, nil
}

const (
	literalTrue = 't' | 'r'<<8 | 'u'<<16 | 'e'<<24
	literalNull = 'n' | 'u'<<8 | 'l'<<16 | 'l'<<24
	literalAlse = 'a' | 'l'<<8 | 's'<<16 | 'e'<<24 // "false" without its first letter
)

// skipScalar steps over a number, true, false or null.
func skipScalar(b []byte, i int) (int, error) {
	switch c := b[i]; {
	case c == '-' || c-'0' <= 9:
		return skipNumber(b, i)
	case c == 't' && len(b)-i >= 4 && binary.LittleEndian.Uint32(b[i:]) == literalTrue,
		c == 'n' && len(b)-i >= 4 && binary.LittleEndian.Uint32(b[i:]) == literalNull:
		return i + 4, nil
	case c == 'f' && len(b)-i >= 5 && binary.LittleEndian.Uint32(b[i+1:]) == literalAlse:
		return i + 5, nil
	}
	return i, unexpected(b, i, "a value")
}

func skipNumber(b []byte, i int) (int, error) {
	if b[i] == '-' {
		i++
	}
	if uint(i) < uint(len(b)) && b[i] == '0' {
		i++
	} else {
		end := skipDigits(b, i)
		if end == i {
			return i, unexpected(b, i, "a digit")
		}
		i = end
	}
	if uint(i) < uint(len(b)) && b[i] == '.' {
		end := skipDigits(b, i+1)
		if end == i+1 {
			return end, unexpected(b, end, "a digit")
		}
		i = end
	}
	if uint(i) < uint(len(b)) && b[i]|0x20 == 'e' {
		i++
		if uint(i) < uint(len(b)) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		end := skipDigits(b, i)
		if end == i {
			return i, unexpected(b, i, "a digit")
		}
		i = end
	}
	return i, nil
}

func skipDigits(b []byte, i int) int {
	for uint(i) < uint(len(b)) && b[i]-'0' <= 9 {
		i++
	}
	return i
}
