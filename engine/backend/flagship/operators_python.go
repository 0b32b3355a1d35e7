package flagship

import (
	"cmp"
	"strings"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/eval"
)

// python evaluates the rule as the Python SDK does; o is nil when the visitor has no such attribute.
func (r *rule) python(o *operand) bool {
	switch {
	case o == nil, r.op == opUnknown, r.op >= opExists, r.suspect:
		return false
	case r.texts != nil:
		return (o.value.Kind == eval.String && r.texts.Has(o.value.Text)) == (r.op == opEquals)
	}
	every := r.op.negative()
	for i := range r.targets {
		holds, raised := r.op.python(o, &r.targets[i])
		if raised {
			return false
		}
		if holds != every {
			return !every
		}
	}
	return every
}

// python compares an attribute with one value. It raised if Python has no order for the two.
func (op operation) python(o *operand, t *target) (holds, raised bool) {
	texts := o.value.Kind == eval.String && t.value.Kind == eval.String
	numbers := numeral(o.value) && numeral(t.value)
	switch op {
	case opEquals, opNotEquals:
		equal := texts && o.value.Text == t.value.Text || numbers && compareNumerals(o, t) == 0
		return equal == (op == opEquals), false
	case opContains, opNotContains, opStartsWith, opEndsWith:
		return op.compareText(ByPython, o, t), false
	default:
		if texts {
			return op.compareTexts(o.value.Text, t.value.Text), false
		}
		return numbers && op.compareOrder(compareNumerals(o, t)), !numbers
	}
}

// numeral reports whether v counts as a number in Python, as True and False do.
func numeral(v eval.Value) bool { return v.Kind == eval.Number || v.Kind == eval.Bool }

// compareNumerals orders two numbers; whole ones exactly, whatever their size.
func compareNumerals(o *operand, t *target) int {
	a, b := o.value.Text, t.value.Text
	if o.value.Kind == eval.Number && t.value.Kind == eval.Number && !sdk.Float(a) && !sdk.Float(b) {
		negative := a[0] == '-'
		if negative != (b[0] == '-') || a == "-0" || b == "-0" {
			return cmp.Compare(o.asNumber(), t.number)
		}
		if negative {
			a, b = strings.TrimPrefix(b, "-"), strings.TrimPrefix(a, "-")
		}
		return compareDigits(a, b)
	}
	return cmp.Compare(o.asNumber(), t.number)
}
