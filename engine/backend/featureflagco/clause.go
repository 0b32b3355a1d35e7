package featureflagco

import (
	"strings"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
)

// Where an attribute comes from.
const (
	fromCustom uint8 = iota
	fromKey
	fromName
	fromEmail
	fromCountry
	fromNowhere // a built-in one in a spelling that is not known
)

// origins are the spellings of the built-in attributes.
var origins = map[string]uint8{
	"KeyId": fromKey, "key": fromKey, "keyid": fromKey, "Name": fromName, "name": fromName,
	"Email": fromEmail, "email": fromEmail, "Country": fromCountry, "country": fromCountry,
}

func originOf(property string) uint8 {
	if o, known := origins[property]; known {
		return o
	}
	switch strings.ToLower(property) {
	case "key", "keyid", "name", "email", "country":
		return fromNowhere
	}
	return fromCustom
}

func compileClause(text []byte) datasync.Condition {
	w := readClause(text)
	c := datasync.NewCondition(w.property, w.operation, w.value, true)
	c.Attribute = originOf(c.Property)
	if operand, _ := datasync.Text(w.value); operand == "" {
		c.HasValue = false
	}
	return c
}

// test finds what a clause comes to, before its negation. Empty texts match nothing, on either side; they are no numbers
// either. IsTrue and IsFalse do not look at their operand.
func (e *evaluation) test(c *datasync.Condition) (seen string, present bool, result datasync.Verdict) {
	if c.InSegment() {
		in := e.member.InAny(e.rules.Segments, c.Segments, e.ec.TargetingKey, e.matches)
		return "", false, datasync.Judged(in)
	}
	if seen, present = e.attribute(c.Attribute, c.Property); present && seen != "" && (c.HasValue || c.IsBool()) {
		result = c.Compare(seen)
	}
	return seen, present, result
}

// matches reports whether a rule holds. One without clauses does not. A problem is why it cannot be evaluated.
func (e *evaluation) matches(r *datasync.Rule) (matched bool, problem string) {
	matched, problem = r.Matches(e.trace(), e.test)
	return matched && len(r.Conditions) > 0, problem
}

// attribute returns the user's attribute as text.
func (e *evaluation) attribute(from uint8, property string) (string, bool) {
	text := ""
	switch from {
	case fromKey:
		text = e.ec.TargetingKey
	case fromName:
		text = e.user.name
	case fromEmail:
		text = e.user.email
	case fromCountry:
		text = e.user.country
	case fromCustom:
		v, ok := e.ec.Lookup(property)
		if !ok {
			return "", false
		}
		return attributeText(v)
	}
	return text, text != ""
}
