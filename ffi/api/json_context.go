package api

import (
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// contextError is a context that is valid JSON and makes no sense: an outcome, not a failed call.
type contextError string

func (e contextError) Error() string { return string(e) }

const errTargetingKey contextError = "context: targetingKey must be a string"

// readContext reads the evaluation context at i, an object or null, and returns the index after it. Its member
// targetingKey is the targeting key. A contextError is returned with the index after the object.
func (c *call) readContext(b []byte, i int) (end int, err error) {
	if b[i] == 'n' {
		return jsonscan.Skip(b, i)
	}
	var bad error
	at, more, err := jsonscan.FirstMember(b, i)
	for more && err == nil {
		var name string
		var value eval.Value
		if name, at, c.text, err = jsonscan.Name(b, at, c.text); err != nil {
			break
		}
		if value, at, err = c.readValue(b, at); err != nil {
			break
		}
		switch {
		case name != "targetingKey":
			c.context.Attributes = append(c.context.Attributes, eval.Attribute{Name: name, Value: value})
		case value.Kind == eval.String:
			c.context.TargetingKey = value.Text
		default:
			bad = errTargetingKey
		}
		at, more, err = jsonscan.NextMember(b, at)
	}
	if err != nil {
		return at, err
	}
	return at, bad
}

// readValue reads the value at i. Numbers keep their digits, objects and arrays their text.
func (c *call) readValue(b []byte, i int) (value eval.Value, end int, err error) {
	if b[i] == '"' {
		value.Kind = eval.String
		value.Text, end, c.text, err = jsonscan.String(b, i, c.text)
		return value, end, err
	}
	if end, err = jsonscan.Skip(b, i); err != nil {
		return value, end, err
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
	return value, end, nil
}
