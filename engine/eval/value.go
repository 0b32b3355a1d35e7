package eval

// Kind is the JSON type of a Value.
type Kind uint8

// The kinds of a Value. The numbers are part of the C ABI (burgee_kind in include/burgee.h).
const (
	Null   Kind = 0
	Bool   Kind = 1
	Number Kind = 2
	String Kind = 3
	JSON   Kind = 4 // an object or an array, kept as its JSON text
)

// Value is one JSON value. Numbers keep the text they were written with, because vendors turn numbers into strings
// (where 1 and 1.0 differ) and because float64 cannot hold integers above 2^53.
type Value struct {
	Text string // String: the text, unescaped. Number: its digits. JSON: the JSON text. Otherwise empty.
	Kind Kind
	Bool bool // the value of a Bool
}

// StringValue returns text as a Value.
func StringValue(text string) Value { return Value{Text: text, Kind: String} }

// BoolValue returns b as a Value.
func BoolValue(b bool) Value { return Value{Bool: b, Kind: Bool} }

// String returns the value as a person or a string-only vendor would write it: text without quotes, digits, true or
// false, JSON text; empty for Null.
func (v Value) String() string {
	switch v.Kind {
	case Bool:
		if v.Bool {
			return "true"
		}
		return "false"
	case Null:
		return ""
	default:
		return v.Text
	}
}

// Any returns the value for an encoder of JSON: nil, bool, json.Number text as a number, string, or JSON text as it is.
func (v Value) Any() any {
	switch v.Kind {
	case Bool:
		return v.Bool
	case Number, JSON:
		return rawJSON(v.Text)
	case String:
		return v.Text
	default:
		return nil
	}
}

// rawJSON is text that is JSON already.
type rawJSON string

// MarshalJSON implements json.Marshaler.
func (r rawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }
