// Package evaljson reads evaluation contexts and values where they lie in JSON text, and writes values.
package evaljson

import (
	"unsafe"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// ContextError is a context that is valid JSON and makes no sense.
type ContextError string

func (e ContextError) Error() string { return string(e) }

// ErrTargetingKey is a targeting key that is not a text.
const ErrTargetingKey ContextError = "context: targetingKey must be a string"

// ReadContext reads the evaluation context at b[i], an object or null, into ec, and returns the index after it. Its member
// targetingKey is the targeting key. Numbers keep their digits, objects and arrays their text. What is read aliases b and
// text, which grows by what had to be unescaped. A ContextError is returned with the index after the object.
func ReadContext(b []byte, i int, ec *eval.Context, text []byte) (end int, grown []byte, err error) {
	if b[i] == 'n' {
		end, err = jsonscan.Skip(b, i)
		return end, text, err
	}
	var bad error
	at, more, err := jsonscan.FirstMember(b, i)
	for more && err == nil {
		var name string
		var value eval.Value
		if name, at, text, err = jsonscan.Name(b, at, text); err != nil {
			break
		}
		if value, at, text, err = ReadValue(b, at, text); err != nil {
			break
		}
		switch {
		case name != "targetingKey":
			ec.Attributes = append(ec.Attributes, eval.Attribute{Name: name, Value: value})
		case value.Kind == eval.String:
			ec.TargetingKey = value.Text
		default:
			bad = ErrTargetingKey
		}
		at, more, err = jsonscan.NextMember(b, at)
	}
	if err != nil {
		return at, text, err
	}
	return at, text, bad
}

// ReadValue reads the value at b[i], and returns the index after it. It aliases b and text as ReadContext does.
func ReadValue(b []byte, i int, text []byte) (value eval.Value, end int, grown []byte, err error) {
	if b[i] == '"' {
		value.Kind = eval.String
		value.Text, end, text, err = jsonscan.String(b, i, text)
		return value, end, text, err
	}
	if end, err = jsonscan.Skip(b, i); err != nil {
		return value, end, text, err
	}
	switch b[i] {
	case 't', 'f':
		value = eval.BoolValue(b[i] == 't')
	case 'n':
	case '{', '[':
		value = eval.Value{Kind: eval.JSON, Text: viewOf(b[i:end])}
	default:
		value = eval.Value{Kind: eval.Number, Text: viewOf(b[i:end])}
	}
	return value, end, text, nil
}

// Context reads one context that is all of raw, which the context keeps.
func Context(raw []byte, ec *eval.Context) error {
	_, _, err := ReadContext(raw, 0, ec, nil)
	return err
}

// Value reads one value that is all of raw, valid JSON, which the value keeps.
func Value(raw []byte) eval.Value {
	value, _, _, _ := ReadValue(raw, 0, nil)
	return value
}

// viewOf gives memory that nobody writes to any more a second type.
func viewOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
