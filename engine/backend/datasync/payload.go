package datasync

import (
	"strconv"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// AppendValue writes a value as JSON.
func AppendValue(dst []byte, v eval.Value) []byte {
	switch v.Kind {
	case eval.Bool:
		return strconv.AppendBool(dst, v.Bool)
	case eval.Number, eval.JSON:
		return append(dst, v.Text...)
	case eval.String:
		return jsonscan.AppendString(dst, v.Text)
	default:
		return append(dst, "null"...)
	}
}

// Payload joins elements into the body of a request.
func Payload(elements ...[]byte) []byte {
	body := []byte{'['}
	for i, element := range elements {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, element...)
	}
	return append(body, ']')
}
