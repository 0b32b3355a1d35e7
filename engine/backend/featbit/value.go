package featbit

import (
	"math"
	"strconv"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/predicate"
)

// flagTypes maps a flag's variationType, which is compared exactly. Anything else is text.
var flagTypes = map[string]eval.FlagType{
	"boolean": eval.TypeBoolean, "number": eval.TypeNumber, "json": eval.TypeObject, "string": eval.TypeString,
}

func flagTypeOf(variationType string) eval.FlagType {
	if t, known := flagTypes[variationType]; known {
		return t
	}
	return eval.TypeString
}

// typedValue reads a variation's text as the flag's type. Text that cannot be read so stays text, as do the numbers that
// JSON cannot express.
func typedValue(t eval.FlagType, served eval.Value) eval.Value {
	if served.Kind != eval.String {
		return served
	}
	switch t {
	case eval.TypeBoolean, eval.TypeObject:
		if raw, ok := datasync.Embedded(served.Text); ok {
			return datasync.Value(raw)
		}
	case eval.TypeNumber:
		if f, ok := predicate.Float(served.Text); ok && !math.IsNaN(f) && !math.IsInf(f, 0) {
			return eval.Value{Kind: eval.Number, Text: numberText(f)}
		}
	default:
	}
	return served
}

// numberText writes a number as Python does after it has turned whole numbers into integers, all their digits included.
func numberText(f float64) string {
	if f == math.Trunc(f) {
		return strconv.FormatFloat(f+0, 'f', 0, 64) // adding 0 makes -0 a plain 0
	}
	if magnitude := math.Abs(f); magnitude >= 1e-4 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return strconv.FormatFloat(f, 'e', -1, 64)
}
