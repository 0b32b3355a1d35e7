package sdk

import (
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/predicate"
)

// JavaScriptNumber returns what Number() in JavaScript makes of a value: NaN for a text that is no number, and for objects
// and arrays.
func JavaScriptNumber(v eval.Value) float64 {
	switch v.Kind {
	case eval.Null:
		return 0
	case eval.Bool:
		return float64(bit(v.Bool))
	case eval.Number:
		f, _ := strconv.ParseFloat(v.Text, 64) // beyond the range it is infinite in JavaScript too
		return f
	case eval.String:
		return numberOf(v.Text)
	default:
		return math.NaN()
	}
}

// numberOf reads a text: decimal with or without an exponent, Infinity, or whole in base 16, 8 or 2; the empty one is 0.
func numberOf(s string) float64 {
	s = strings.TrimFunc(s, javaScriptSpace)
	if s == "" {
		return 0
	}
	if len(s) > 2 && s[0] == '0' {
		switch s[1] | 0x20 {
		case 'x':
			return whole(s[2:], 16)
		case 'o':
			return whole(s[2:], 8)
		case 'b':
			return whole(s[2:], 2)
		}
	}
	switch s {
	case "Infinity", "+Infinity":
		return math.Inf(1)
	case "-Infinity":
		return math.Inf(-1)
	}
	for i := range len(s) {
		// Python's grammar, which predicate.Float reads, has more: underscores, other digits, inf and nan.
		if c := s[i]; c-'0' > 9 && c != '.' && c != '+' && c != '-' && c|0x20 != 'e' {
			return math.NaN()
		}
	}
	f, ok := predicate.Float(s)
	if !ok {
		return math.NaN()
	}
	return f
}

func whole(digits string, base int) float64 {
	n := 0.0
	for _, c := range digits {
		d := strings.IndexRune("0123456789abcdef", unicode.ToLower(c))
		if d < 0 || d >= base {
			return math.NaN()
		}
		n = n*float64(base) + float64(d)
	}
	return n
}

// javaScriptSpace reports whether JavaScript trims r.
func javaScriptSpace(r rune) bool {
	return r >= '\t' && r <= '\r' || r == 0xFEFF || r == 0x2028 || r == 0x2029 || unicode.Is(unicode.Zs, r)
}
