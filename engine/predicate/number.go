package predicate

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Float reads s as Python's float() does: white space around it, a sign, a decimal number with an optional exponent,
// single underscores between digits, decimal digits of any script, and inf, infinity and nan in any case. Numbers beyond
// the range become infinite.
func Float(s string) (float64, bool) {
	if n, ok := small(s); ok {
		return n, true // nearly always
	}
	s = trim(s)
	plain := true
	for i := range len(s) {
		if c := s[i]; c == '_' || c >= utf8.RuneSelf {
			plain = false
			break
		}
	}
	if plain {
		return parse(s)
	}
	var buffer [32]byte // a text of this length is converted without an allocation
	cleaned, ok := clean(buffer[:0], s)
	if !ok {
		return 0, false
	}
	return parse(string(cleaned))
}

// small reads a whole number that a float64 holds exactly.
func small(s string) (float64, bool) {
	const mostDigits = 15
	if s == "" || len(s) > mostDigits {
		return 0, false
	}
	n := int64(0)
	for i := range len(s) {
		digit := s[i] - '0'
		if digit > 9 {
			return 0, false
		}
		n = n*10 + int64(digit)
	}
	return float64(n), true
}

// clean appends s with its underscores removed and its digits in ASCII. It reports false for an underscore that is not
// between two digits and for a character that cannot be part of a number.
func clean(to []byte, s string) ([]byte, bool) {
	before, pending := false, false // the character before is a digit; an underscore waits for the digit after it
	for _, r := range s {
		if r == '_' {
			if !before || pending {
				return to, false
			}
			pending = true
			continue
		}
		c, ok := ascii(r)
		if !ok {
			return to, false
		}
		digit := c >= '0' && c <= '9'
		if pending && !digit {
			return to, false
		}
		before, pending = digit, false
		to = append(to, c)
	}
	return to, !pending
}

func ascii(r rune) (byte, bool) {
	if r < utf8.RuneSelf {
		return byte(r), true
	}
	// Decimal digits come in runs of ten, and so do the ranges of the table.
	for _, span := range unicode.Nd.R16 {
		if r >= rune(span.Lo) && r <= rune(span.Hi) {
			return '0' + byte((r-rune(span.Lo))%10), true
		}
	}
	for _, span := range unicode.Nd.R32 {
		if r >= rune(span.Lo) && r <= rune(span.Hi) { //nolint:gosec // code points
			return '0' + byte((r-rune(span.Lo))%10), true //nolint:gosec // see above
		}
	}
	return 0, false
}

// parse reads a number in ASCII. What strconv accepts beyond it (hexadecimal numbers) has been sorted out before.
func parse(s string) (float64, bool) {
	if !decimal(s) {
		return special(s)
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil || math.IsInf(f, 0)
}

// decimal reports whether s is [+-] digits [. digits] [e [+-] digits], with a digit before or after the point.
func decimal(s string) bool {
	i := 0
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	whole := digits(s, i)
	i += whole
	fraction := 0
	if i < len(s) && s[i] == '.' {
		i++
		fraction = digits(s, i)
		i += fraction
	}
	if whole+fraction == 0 {
		return false
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		exponent := digits(s, i)
		if exponent == 0 {
			return false
		}
		i += exponent
	}
	return i == len(s)
}

func digits(s string, from int) int {
	n := 0
	for from+n < len(s) && s[from+n]-'0' <= 9 {
		n++
	}
	return n
}

func special(s string) (float64, bool) {
	sign := 1
	if s != "" && (s[0] == '+' || s[0] == '-') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	switch {
	case equalFold(s, "inf"), equalFold(s, "infinity"):
		return math.Inf(sign), true
	case equalFold(s, "nan"):
		return math.NaN(), true
	}
	return 0, false
}

// equalFold compares with a text in lower-case ASCII. Unlike strings.EqualFold it knows no other alphabet.
func equalFold(s, lower string) bool {
	if len(s) != len(lower) {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// Round5 rounds to five decimals as Python's round(f, 5) does: correctly, from the exact binary value, ties to even.
func Round5(f float64) float64 {
	const fractionless = 1 << 52 // from here on every number is whole
	if f == math.Trunc(f) || !(math.Abs(f) < fractionless) {
		return f
	}
	var buffer [32]byte
	rounded, err := strconv.ParseFloat(string(strconv.AppendFloat(buffer[:0], f, 'f', 5, 64)), 64)
	if err != nil {
		return f
	}
	return rounded
}

// Space reports whether Python counts r as white space.
func Space(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// Blank reports whether s has nothing but white space.
func Blank(s string) bool {
	for _, r := range s {
		if !Space(r) {
			return false
		}
	}
	return true
}

// trim removes the white space around a number. It is unicode.IsSpace here: float() leaves the four ASCII separators
// alone, which str.strip() removes.
func trim(s string) string { return strings.TrimFunc(s, unicode.IsSpace) }
