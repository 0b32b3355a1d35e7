package flagship

import (
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/eval"
)

// Types says how strictly the type of a flag's value is compared with that of the caller's default.
type Types uint8

// The ways of comparing.
const (
	// JavaScriptTypes compares typeof, and tells arrays from objects. A default of null or undefined accepts any value.
	JavaScriptTypes Types = iota
	// PythonTypes asks isinstance(default, type(value)): a default of None accepts no value, one of True or False also a
	// whole number, and whole numbers and floats do not accept each other.
	PythonTypes
	// LenientTypes is for Python too: a default of None accepts any value, numbers accept each other, and booleans are no
	// numbers.
	LenientTypes
)

// Serves reports whether a caller with a default gets the flag's value. When not, and mismatch is false, the flag simply
// has no value.
func (t Types) Serves(value, fallback eval.Value) (serves, mismatch bool) {
	switch {
	case value.Kind == eval.Null:
		return t == PythonTypes && fallback.Kind == eval.Null, t == PythonTypes && fallback.Kind != eval.Null
	case fallback.Kind == eval.Null:
		return t != PythonTypes, t == PythonTypes
	}
	same := t.same(value, fallback)
	return same, !same
}

func (t Types) same(value, fallback eval.Value) bool {
	switch {
	case t == PythonTypes && fallback.Kind == eval.Bool:
		return value.Kind == eval.Bool || value.Kind == eval.Number && !sdk.Float(value.Text)
	case value.Kind != fallback.Kind:
		return false
	case value.Kind == eval.Number:
		return t != PythonTypes || sdk.Float(value.Text) == sdk.Float(fallback.Text)
	case value.Kind == eval.JSON:
		return isArray([]byte(value.Text)) == isArray([]byte(fallback.Text))
	}
	return true
}
