package featbit

import (
	"strings"
	"unicode/utf8"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
)

// Where an attribute comes from.
const (
	fromCustom uint8 = iota
	fromKey
	fromName
)

func originOf(property string) uint8 {
	if property == "" || property[0] < utf8.RuneSelf && property[0]|0x20 != 'k' && property[0]|0x20 != 'n' {
		return fromCustom // nearly always
	}
	switch strings.ToLower(property) {
	case "key", "keyid":
		return fromKey
	case "name":
		return fromName
	}
	return fromCustom
}

func compileCondition(text []byte) datasync.Condition {
	w := readCondition(text)
	c := datasync.NewCondition(w.property, w.op, w.value, false)
	c.Attribute = originOf(c.Property)
	return c
}

// test finds what a condition comes to, before its negation. Nothing is equal to an operand that is not a text, and an
// absent attribute is equal to nothing; an empty one may match.
func (e *evaluation) test(c *datasync.Condition) (seen string, present bool, result datasync.Verdict) {
	if c.InSegment() {
		in := e.member.InAny(e.rules.Segments, c.Segments, e.ec.TargetingKey, e.matches)
		return "", false, datasync.Judged(in)
	}
	if seen, present = e.attribute(c.Attribute, c.Property); present && (c.HasValue || c.IsBool()) {
		result = c.Compare(seen)
	}
	return seen, present, result
}

// matches reports whether a rule holds. One without conditions does. A problem is why it cannot be evaluated.
func (e *evaluation) matches(r *datasync.Rule) (matched bool, problem string) {
	trace := e.out.Trace
	if e.member.Testing() {
		trace = nil
	}
	return r.Matches(trace, e.test)
}

// attribute returns the user's attribute as text.
func (e *evaluation) attribute(from uint8, property string) (string, bool) {
	switch from {
	case fromKey:
		return e.ec.TargetingKey, true
	case fromName:
		return e.name, e.name != ""
	default:
		v, ok := e.ec.Lookup(property)
		if !ok {
			return "", false
		}
		return attributeText(v)
	}
}
