package datasync

import (
	"strings"

	"github.com/burgee-flags/burgee/engine/jsonscan"
	"github.com/burgee-flags/burgee/engine/predicate"
)

// operation is what an operator does.
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

// Condition is one condition with its operand parsed. What an attribute or an operand that is missing or empty means is not
// said here: the vendors differ in that.
//
// What nearly every evaluation reads stands first and together: with a thousand flags, fetching it from memory takes longer
// than comparing.
type Condition struct {
	Attribute uint8 // where the attribute comes from, as the vendor numbers it
	HasValue  bool  // the operand is a text
	operator
	Property string
	Value    string // the operand
	number   float64
	list     *predicate.Set
	pattern  *predicate.Pattern
	Operator string   // its name; without one the property is taken for it
	Problem  string   // comparing any attribute fails
	Segments []string // ids
}

// NewCondition compiles a condition from its members, which it aliases. Regular expressions may ignore case.
func NewCondition(property, operatorName, value []byte, ignoreCase bool) Condition {
	var c Condition
	c.Property, _ = Text(property)
	c.Property = shared(c.Property)
	if c.Operator, _ = Text(operatorName); c.Operator == "" {
		c.Operator = c.Property
	}
	c.Value, c.HasValue = Text(value)
	c.operator = operators[c.Operator]
	switch c.op {
	case opEqual:
		c.Value = shared(c.Value)
	case opOneOf:
		c.compileList()
	case opRegex:
		pattern, err := predicate.CompilePattern(c.Value, ignoreCase)
		if err != nil {
			c.Problem = err.Error()
		}
		c.pattern = pattern
	case opBigger, opBiggerEqual, opLess, opLessEqual:
		f, ok := predicate.Float(c.Value)
		if !ok {
			c.operator = operator{}
		}
		c.number = predicate.Round5(f)
	case opSegment:
		c.compileSegments()
	case opNever, opContains, opStartsWith, opEndsWith, opSubstringOf, opTrue, opFalse:
	}
	return c
}

// compileList reads the operand of IsOneOf. What is not JSON, or another kind of JSON value, contains nothing.
func (c *Condition) compileList() {
	raw, ok := Embedded(c.Value)
	if !ok {
		return
	}
	if text, ok := Text(raw); ok {
		c.op, c.Value = opSubstringOf, text
		return
	}
	var items []string
	jsonscan.Members(raw, func(name string, _ []byte) { items = append(items, strings.Clone(name)) })
	items = append(items, Texts(raw)...)
	for i := range items {
		items[i] = shared(items[i])
	}
	c.list = predicate.NewSet(items)
}

func (c *Condition) compileSegments() {
	if raw, ok := Embedded(c.Value); ok {
		c.Segments = Texts(raw)
	}
}

// InSegment says that the condition tests whether the user is in one of Segments.
func (c *Condition) InSegment() bool { return c.op == opSegment }

// IsBool says that the condition compares with true or false, whatever its operand.
func (c *Condition) IsBool() bool { return c.op == opTrue || c.op == opFalse }

// Verdict is what a condition came to.
type Verdict uint8

// The verdicts. Failed is one that could not be reached.
const (
	No Verdict = iota
	Yes
	Failed
)

// Judged is Yes for true.
func Judged(b bool) Verdict {
	if b {
		return Yes
	}
	return No
}

// Compare evaluates the operator, before its negation, on an attribute that is present.
func (c *Condition) Compare(seen string) Verdict {
	switch c.op {
	case opEqual:
		return Judged(seen == c.Value)
	case opContains:
		return Judged(strings.Contains(seen, c.Value))
	case opStartsWith:
		return Judged(strings.HasPrefix(seen, c.Value))
	case opEndsWith:
		return Judged(strings.HasSuffix(seen, c.Value))
	case opOneOf:
		return Judged(c.list.Has(seen))
	case opSubstringOf:
		return Judged(strings.Contains(c.Value, seen))
	case opTrue:
		return Judged(isLower(seen, "true"))
	case opFalse:
		return Judged(isLower(seen, "false"))
	case opRegex:
		if c.pattern == nil {
			return Failed
		}
		found, ok := c.pattern.Search(seen)
		if !ok {
			return Failed
		}
		return Judged(found)
	case opBigger, opBiggerEqual, opLess, opLessEqual:
		f, ok := predicate.Float(seen)
		return Judged(ok && c.compareNumber(predicate.Round5(f)))
	default:
		return No
	}
}

func (c *Condition) compareNumber(f float64) bool {
	switch c.op {
	case opBigger:
		return f > c.number
	case opBiggerEqual:
		return f >= c.number
	case opLess:
		return f < c.number
	default:
		return f <= c.number
	}
}

// isLower reports whether text in lower case is want, a word in ASCII, without building it. The characters that only fold
// into ASCII are longer.
func isLower(text, want string) bool {
	return len(text) == len(want) && strings.EqualFold(text, want)
}

// kind names what the condition compares, for people.
func (c *Condition) kind() string {
	switch c.op {
	case opSegment:
		return "segment"
	case opBigger, opBiggerEqual, opLess, opLessEqual:
		return "number"
	default:
		return "string"
	}
}
