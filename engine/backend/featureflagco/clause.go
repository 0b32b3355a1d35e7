package featureflagco

import (
	"strings"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/predicate"
)

// operation is what a clause's operator does.
type operation uint8

const (
	opNever operation = iota // an operator that does not exist: false
	opEqual
	opContains
	opStartsWith
	opEndsWith
	opOneOf
	opSubstringOf // IsOneOf with a JSON string in place of a list
	opTrue
	opFalse
	opRegex
	opBigger
	opBiggerEqual
	opLess
	opLessEqual
	opSegment
)

type operator struct {
	op     operation
	negate bool
}

// operators are compared exactly. A name that contains "Than" and is not here is numeric and false, like any other
// unknown one.
var operators = map[string]operator{
	"Equal": {op: opEqual}, "NotEqual": {opEqual, true},
	"Contains": {op: opContains}, "NotContain": {opContains, true},
	"StartsWith": {op: opStartsWith}, "EndsWith": {op: opEndsWith},
	"IsOneOf": {op: opOneOf}, "NotOneOf": {opOneOf, true},
	"IsTrue": {op: opTrue}, "IsFalse": {op: opFalse},
	"MatchRegex": {op: opRegex}, "NotMatchRegex": {opRegex, true},
	"BiggerThan": {op: opBigger}, "BiggerEqualThan": {op: opBiggerEqual},
	"LessThan": {op: opLess}, "LessEqualThan": {op: opLessEqual},
	"User is in segment": {op: opSegment}, "User is not in segment": {opSegment, true},
}

// origin says where an attribute comes from.
type origin uint8

const (
	fromCustom origin = iota
	fromKey
	fromName
	fromEmail
	fromCountry
	fromNowhere // a built-in one in a spelling that is not known
)

// origins are the spellings of the built-in attributes.
var origins = map[string]origin{
	"KeyId": fromKey, "key": fromKey, "keyid": fromKey, "Name": fromName, "name": fromName,
	"Email": fromEmail, "email": fromEmail, "Country": fromCountry, "country": fromCountry,
}

func originOf(property string) origin {
	if o, known := origins[property]; known {
		return o
	}
	switch strings.ToLower(property) {
	case "key", "keyid", "name", "email", "country":
		return fromNowhere
	}
	return fromCustom
}

// clause is one clause with its operand parsed. The texts are kept for explanation.
type clause struct {
	operator
	attribute origin
	property  string
	name      string // of the operator
	value     string
	operand   bool // value is a text that is not empty; without one nothing matches
	number    float64
	list      *predicate.Set
	pattern   *predicate.Pattern
	problem   string   // evaluating it with an attribute fails
	segments  []string // ids
}

func compileClause(text []byte) clause {
	w := readClause(text)
	var c clause
	c.property, _ = datasync.Text(w.property)
	c.name, _ = datasync.Text(w.operation)
	if c.name == "" {
		c.name = c.property
	}
	c.value, _ = datasync.Text(w.value)
	c.operand = c.value != ""
	c.attribute = originOf(c.property)
	c.operator = operators[c.name]
	switch c.op {
	case opOneOf:
		c.compileList()
	case opRegex:
		c.compilePattern()
	case opBigger, opBiggerEqual, opLess, opLessEqual:
		f, ok := predicate.Float(c.value)
		if !ok || !c.operand {
			c.operator = operator{}
			break
		}
		c.number = predicate.Round5(f)
	case opSegment:
		if raw, ok := datasync.Embedded(c.value); ok {
			datasync.Array(raw, func(id []byte) {
				if text, ok := datasync.Text(id); ok {
					c.segments = append(c.segments, text)
				}
			})
		}
	case opNever, opEqual, opContains, opStartsWith, opEndsWith, opSubstringOf, opTrue, opFalse:
	}
	return c
}

func (c *clause) compilePattern() {
	if !c.operand {
		return
	}
	pattern, err := predicate.CompilePattern(c.value, true)
	if err != nil {
		c.problem = err.Error()
		return
	}
	c.pattern = pattern
}

// compileList reads the operand of IsOneOf. What is not JSON, or another kind of JSON value, contains nothing.
func (c *clause) compileList() {
	raw, ok := datasync.Embedded(c.value)
	if !ok || !c.operand {
		return
	}
	if text, ok := datasync.Text(raw); ok {
		c.op, c.value = opSubstringOf, text
		return
	}
	var items []string
	datasync.Object(raw, func(name string, _ []byte) { items = append(items, strings.Clone(name)) })
	datasync.Array(raw, func(item []byte) {
		if text, ok := datasync.Text(item); ok {
			items = append(items, text)
		}
	})
	c.list = predicate.NewSet(items)
}

// verdict is what a clause came to.
type verdict uint8

const (
	no verdict = iota
	yes
	failed
)

func verdictOf(b bool) verdict {
	if b {
		return yes
	}
	return no
}

// test evaluates the operator, before its negation, on an attribute that is present. Empty texts match nothing, on either
// side; they are no numbers either.
func (c *clause) test(seen string) verdict {
	if c.op == opNever || c.op == opSegment || !c.operand || seen == "" {
		return no
	}
	switch c.op {
	case opTrue:
		return verdictOf(isLower(seen, "true"))
	case opFalse:
		return verdictOf(isLower(seen, "false"))
	case opEqual:
		return verdictOf(seen == c.value)
	case opContains:
		return verdictOf(strings.Contains(seen, c.value))
	case opStartsWith:
		return verdictOf(strings.HasPrefix(seen, c.value))
	case opEndsWith:
		return verdictOf(strings.HasSuffix(seen, c.value))
	case opOneOf:
		return verdictOf(c.list.Has(seen))
	case opSubstringOf:
		return verdictOf(strings.Contains(c.value, seen))
	case opRegex:
		if c.pattern == nil {
			return failed
		}
		found, ok := c.pattern.Search(seen)
		if !ok {
			return failed
		}
		return verdictOf(found)
	default:
	}
	f, ok := predicate.Float(seen)
	return verdictOf(ok && c.compare(predicate.Round5(f)))
}

func (c *clause) compare(f float64) bool {
	switch c.op {
	case opBigger:
		return f > c.number
	case opBiggerEqual:
		return f >= c.number
	case opLess:
		return f < c.number
	case opLessEqual:
		return f <= c.number
	default:
		return false
	}
}

// isLower reports whether text in lower case is want, a word in ASCII, without building it. The characters that only fold
// into ASCII are longer.
func isLower(text, want string) bool {
	return len(text) == len(want) && strings.EqualFold(text, want)
}
