package sdk

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"github.com/burgee-flags/burgee/engine/eval"
)

// AppendText appends what the SDK's language makes of a text, number, boolean or null when it is asked for text: String()
// in JavaScript, str() in Python. Objects and arrays are appended as their JSON text.
func (l Language) AppendText(to []byte, v eval.Value) []byte {
	switch v.Kind {
	case eval.Number:
		if l == Python {
			return appendPythonNumber(to, v.Text)
		}
		return appendJavaScriptNumber(to, v.Text)
	case eval.Bool:
		return append(to, boolTexts[l][bit(v.Bool)]...)
	case eval.Null:
		return append(to, nullTexts[l]...)
	default:
		return append(to, v.Text...)
	}
}

var (
	boolTexts = [...][2]string{JavaScript: {"false", "true"}, Python: {"False", "True"}}
	nullTexts = [...]string{JavaScript: "null", Python: "None"}
)

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Float reports whether Python reads the JSON number as a float: it was written with a point or an exponent.
func Float(number string) bool { return strings.ContainsAny(number, ".eE") }

// appendPythonNumber writes integers of any size as they are, and floats as repr() does: their shortest form, with an
// exponent of at least two digits below 1e-4 and from 1e16 on.
func appendPythonNumber(to []byte, number string) []byte {
	if !Float(number) {
		if number == "-0" {
			number = "0"
		}
		return append(to, number...)
	}
	f, _ := strconv.ParseFloat(number, 64)
	if math.IsInf(f, 0) {
		if f < 0 {
			to = append(to, '-')
		}
		return append(to, "inf"...)
	}
	if size := math.Abs(f); size != 0 && (size < 1e-4 || size >= 1e16) {
		return strconv.AppendFloat(to, f, 'e', -1, 64)
	}
	from := len(to)
	to = strconv.AppendFloat(to, f, 'f', -1, 64)
	if bytes.IndexByte(to[from:], '.') < 0 {
		to = append(to, ".0"...)
	}
	return to
}

// appendJavaScriptNumber writes the number as the double that JavaScript reads: in its shortest form, with an exponent
// without leading zeros below 1e-6 and from 1e21 on.
func appendJavaScriptNumber(to []byte, number string) []byte {
	f, _ := strconv.ParseFloat(number, 64)
	size := math.Abs(f)
	switch {
	case f == 0:
		return append(to, '0')
	case math.IsInf(f, 0):
		if f < 0 {
			to = append(to, '-')
		}
		return append(to, "Infinity"...)
	case size >= 1e-6 && size < 1e21:
		return strconv.AppendFloat(to, f, 'f', -1, 64)
	}
	to = strconv.AppendFloat(to, f, 'e', -1, 64)
	if n := len(to); to[n-2] == '0' && to[n-3]-'0' > 9 { // 1e-07
		to[n-2] = to[n-1]
		to = to[:n-1]
	}
	return to
}
