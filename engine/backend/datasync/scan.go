package datasync

import (
	"bytes"
	"math"
	"strconv"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// The functions here read the JSON text of one value that has been validated before, without white space around it; nil
// stands for a member that is absent. Members of an item may be anything: what is of another type than it should be does
// not make the item unreadable, it makes what depends on it fail.

// IsArray reports whether value is an array.
func IsArray(value []byte) bool { return len(value) > 0 && value[0] == '[' }

// Texts lists the strings of an array; what else is in it is left out. They alias value unless they hold escapes.
func Texts(value []byte) []string {
	if !IsArray(value) {
		return nil
	}
	texts := make([]string, 0, bytes.Count(value, []byte{'"'})/2)
	_, _ = jsonscan.Array(value, 0, func(at int) (int, error) {
		if value[at] != '"' {
			return jsonscan.Skip(value, at)
		}
		text, end, _, err := jsonscan.String(value, at, nil)
		if err == nil {
			texts = append(texts, text)
		}
		return end, err
	})
	return texts
}

// Text returns a string. It aliases value unless the string holds escapes.
func Text(value []byte) (string, bool) {
	if len(value) == 0 || value[0] != '"' {
		return "", false
	}
	text, _, _, err := jsonscan.String(value, 0, nil)
	return text, err == nil
}

// Number returns a number; one beyond the range is infinite.
func Number(value []byte) (float64, bool) {
	if !IsNumber(value) {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(value), 64)
	return f, err == nil || math.IsInf(f, 0)
}

// IsNumber reports whether value is a number.
func IsNumber(value []byte) bool {
	return len(value) > 0 && (value[0] == '-' || value[0]-'0' <= 9)
}

// IsNull reports whether value is null or absent.
func IsNull(value []byte) bool { return len(value) == 0 || value[0] == 'n' }

// Truthy reports whether Python would take value for true. An absent value is not.
func Truthy(value []byte) bool {
	if len(value) == 0 {
		return false
	}
	switch value[0] {
	case 't':
		return true
	case 'f', 'n':
		return false
	case '"':
		return len(value) > len(`""`)
	case '[', '{':
		return jsonscan.SkipSpace(value, 1) < len(value)-1
	}
	f, _ := Number(value)
	return f != 0
}

// Value returns any value; numbers, objects and arrays as their text.
func Value(value []byte) eval.Value {
	switch text, isText := Text(value); {
	case isText:
		return eval.StringValue(text)
	case IsNull(value):
		return eval.Value{}
	case value[0] == 't' || value[0] == 'f':
		return eval.BoolValue(value[0] == 't')
	case IsNumber(value):
		return eval.Value{Kind: eval.Number, Text: string(value)}
	}
	return eval.Value{Kind: eval.JSON, Text: string(value)}
}

// Embedded returns the one JSON value that a text holds.
func Embedded(text string) ([]byte, bool) {
	b := []byte(text)
	start := jsonscan.SkipSpace(b, 0)
	end, err := jsonscan.Skip(b, start)
	if err != nil || jsonscan.End(b, end) != nil {
		return nil, false
	}
	return b[start:end], true
}
