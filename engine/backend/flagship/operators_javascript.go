package flagship

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"github.com/burgee-flags/burgee/engine/eval"
)

// javaScript evaluates the rule as the JavaScript SDK does; o is nil when the visitor has no such attribute.
func (r *rule) javaScript(o *operand) bool {
	switch {
	case r.op == opExists:
		return o != nil
	case r.op == opNotExists:
		return o == nil
	case o == nil, r.op == opUnknown:
		return false
	case r.texts != nil:
		return (o.value.Kind == eval.String && r.texts.Has(o.value.Text)) == (r.op == opEquals)
	}
	every := r.op.negative()
	for i := range r.targets {
		if r.op.javaScript(o, &r.targets[i]) != every {
			return !every
		}
	}
	return every
}

// javaScript compares an attribute with one value.
func (op operation) javaScript(o *operand, t *target) bool {
	switch op {
	case opEquals, opNotEquals:
		return strictlyEqual(o, t) == (op == opEquals)
	case opContains, opNotContains, opStartsWith, opEndsWith:
		return op.compareText(ByJavaScript, o, t)
	case opGreater, opLower, opGreaterOrEqual, opLowerOrEqual:
		if o.value.Kind == eval.String && t.value.Kind == eval.String {
			return op.compareOrder(compareUnits(o.value.Text, t.value.Text))
		}
		return op.compareNumbers(o.asNumber(), t.number)
	default:
		return op.semver(o.value, t)
	}
}

// strictlyEqual is === of JavaScript.
func strictlyEqual(o *operand, t *target) bool {
	if o.value.Kind != t.value.Kind {
		return false
	}
	switch o.value.Kind {
	case eval.String:
		return o.value.Text == t.value.Text
	case eval.Bool:
		return o.value.Bool == t.value.Bool
	default:
		return o.asNumber() == t.number
	}
}

// compareText applies an operator on text, equality and order included, to an attribute as the rules see it as text.
func (op operation) compareText(targeting Targeting, o *operand, t *target) bool {
	if o.value.Kind == eval.String && targeting != ByDecisionAPI {
		return op.compareTexts(o.value.Text, t.text)
	}
	text, buffer := o.value.Text, [96]byte{}
	if o.value.Kind == eval.String {
		text = lower(text, buffer[:0])
	} else {
		text = view(targeting.language().AppendText(buffer[:0], o.value))
	}
	return op.compareTexts(text, t.text)
}

func (op operation) compareTexts(text, wanted string) bool {
	switch op {
	case opGreater, opLower, opGreaterOrEqual, opLowerOrEqual:
		return op.compareOrder(cmp.Compare(text, wanted))
	case opEquals:
		return text == wanted
	case opNotEquals:
		return text != wanted
	case opContains:
		return strings.Contains(text, wanted)
	case opNotContains:
		return !strings.Contains(text, wanted)
	case opStartsWith:
		return strings.HasPrefix(text, wanted)
	default:
		return strings.HasSuffix(text, wanted)
	}
}

// compareOrder applies one of the operators for order.
func (op operation) compareOrder(order int) bool {
	switch op {
	case opGreater:
		return order > 0
	case opLower:
		return order < 0
	case opGreaterOrEqual:
		return order >= 0
	default:
		return order <= 0
	}
}

// compareNumbers is compareOrder for numbers, of which NaN is in no order with anything.
func (op operation) compareNumbers(a, b float64) bool {
	return a == a && b == b && op.compareOrder(cmp.Compare(a, b)) //nolint:gocritic // NaN is not equal to itself
}

// semver applies one of the semver operators; what is no version never matches.
func (op operation) semver(v eval.Value, t *target) bool {
	if v.Kind != eval.String || t.version == nil {
		return false
	}
	seen, ok := parseVersion(v.Text)
	return ok && op.compareVersions(seen.compare(t.version))
}

// compareUnits orders texts by their UTF-16 code units, as JavaScript does. It differs from the order of the bytes where a
// character above U+FFFF meets one from U+E000 on.
func compareUnits(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(a) && !utf8.RuneStart(a[n]) {
		n--
	}
	if n == len(a) || n == len(b) {
		return cmp.Compare(len(a), len(b))
	}
	x, _ := utf8.DecodeRuneInString(a[n:])
	y, _ := utf8.DecodeRuneInString(b[n:])
	if above := x > 0xFFFF; above != (y > 0xFFFF) {
		// The one above begins with a surrogate, U+D800 to U+DBFF.
		if above {
			return cmp.Compare(0xD800, y)
		}
		return cmp.Compare(x, 0xD800)
	}
	return cmp.Compare(x, y)
}
