package evaljson

import (
	"strconv"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// AppendValue appends a value as JSON. Numbers, objects and arrays are written as the text that they were read from.
func AppendValue(to []byte, v eval.Value) []byte {
	switch v.Kind {
	case eval.Null:
		return append(to, "null"...)
	case eval.Bool:
		return strconv.AppendBool(to, v.Bool)
	case eval.String:
		return jsonscan.AppendString(to, v.Text)
	default:
		return append(to, v.Text...)
	}
}

// AppendName appends the name of an object's next member with its colon, and a comma in front of it unless the object has
// just begun.
func AppendName(to []byte, name string) []byte {
	if n := len(to); n > 0 && to[n-1] != '{' {
		to = append(to, ',')
	}
	return append(jsonscan.AppendString(to, name), ':')
}

// AppendText appends a member that is a text.
func AppendText(to []byte, name, text string) []byte {
	return jsonscan.AppendString(AppendName(to, name), text)
}

// AppendBool appends a member that is true or false.
func AppendBool(to []byte, name string, b bool) []byte {
	return strconv.AppendBool(AppendName(to, name), b)
}
