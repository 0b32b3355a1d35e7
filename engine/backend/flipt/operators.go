package flipt

import (
	"strings"

	"github.com/burgee-flags/burgee/engine/eval"
)

// operation is a constraint's type and operator in one.
type operation uint8

const (
	opNever       operation = iota // an operator that this type does not have: false
	opUnknownType                  // the whole segment does not match
	opPresent
	opNotPresent
	opStringEqual
	opStringNotEqual
	opStringPrefix
	opStringSuffix
	opStringContains
	opStringNotContains
	opStringOneOf
	opStringNotOneOf
	opEntityEmpty
	opEntityNotEmpty
	opEntityEqual
	opEntityNotEqual
	opEntityPrefix
	opEntitySuffix
	opEntityContains
	opEntityNotContains
	opEntityOneOf
	opEntityNotOneOf
	opNumberEqual
	opNumberNotEqual
	opNumberLess
	opNumberLessEqual
	opNumberGreater
	opNumberGreaterEqual
	opNumberOneOf
	opNumberNotOneOf
	opTrue
	opFalse
	opTimeEqual
	opTimeNotEqual
	opTimeLess
	opTimeLessEqual
	opTimeGreater
	opTimeGreaterEqual
)

// entityShift turns a string operation into the same operation on the entity id.
const entityShift = opEntityEqual - opStringEqual

const (
	typeString   = "STRING_CONSTRAINT_COMPARISON_TYPE"
	typeNumber   = "NUMBER_CONSTRAINT_COMPARISON_TYPE"
	typeBoolean  = "BOOLEAN_CONSTRAINT_COMPARISON_TYPE"
	typeDateTime = "DATETIME_CONSTRAINT_COMPARISON_TYPE"
	typeEntityID = "ENTITY_ID_CONSTRAINT_COMPARISON_TYPE"
)

// operators names the operations of each constraint type. What is not here never matches, under any spelling.
var operators = map[string]map[string]operation{
	typeString: {
		"empty": opNotPresent, "notempty": opPresent, "eq": opStringEqual, "neq": opStringNotEqual,
		"prefix": opStringPrefix, "suffix": opStringSuffix, "contains": opStringContains,
		"notcontains": opStringNotContains, "isoneof": opStringOneOf, "isnotoneof": opStringNotOneOf,
	},
	typeEntityID: {
		"empty": opEntityEmpty, "notempty": opEntityNotEmpty,
		"eq": opStringEqual + entityShift, "neq": opStringNotEqual + entityShift,
		"prefix": opStringPrefix + entityShift, "suffix": opStringSuffix + entityShift,
		"contains": opStringContains + entityShift, "notcontains": opStringNotContains + entityShift,
		"isoneof": opStringOneOf + entityShift, "isnotoneof": opStringNotOneOf + entityShift,
	},
	typeNumber: {
		"present": opPresent, "notpresent": opNotPresent, "eq": opNumberEqual, "neq": opNumberNotEqual,
		"lt": opNumberLess, "lte": opNumberLessEqual, "gt": opNumberGreater, "gte": opNumberGreaterEqual,
		"isoneof": opNumberOneOf, "isnotoneof": opNumberNotOneOf,
	},
	typeBoolean: {"present": opPresent, "notpresent": opNotPresent, "true": opTrue, "false": opFalse},
	typeDateTime: {
		"present": opPresent, "notpresent": opNotPresent, "eq": opTimeEqual, "neq": opTimeNotEqual,
		"lt": opTimeLess, "lte": opTimeLessEqual, "gt": opTimeGreater, "gte": opTimeGreaterEqual,
	},
}

// compileOperation parses the operand, once. An operand that does not parse makes the constraint false for every
// entity, the negative operators included; only a list of strings that does not parse makes isnotoneof true.
func (c *constraint) compileOperation() {
	table, known := operators[c.names.constraintType]
	if !known {
		c.op = opUnknownType
		return
	}
	c.op = table[c.names.operator]
	ok := true
	switch c.op {
	case opStringOneOf, opStringNotOneOf, opEntityOneOf, opEntityNotOneOf:
		c.set = parseStringSet(c.value)
	case opNumberOneOf, opNumberNotOneOf:
		c.set, ok = parseIntegerSet(c.value)
	case opNumberEqual, opNumberNotEqual, opNumberLess, opNumberLessEqual, opNumberGreater, opNumberGreaterEqual:
		c.number, ok = parseInteger(c.value)
	case opTimeEqual, opTimeNotEqual, opTimeLess, opTimeLessEqual, opTimeGreater, opTimeGreaterEqual:
		c.number, ok = parseTime(c.value)
	}
	if !ok {
		c.op = opNever
	}
}

// seen returns what the constraint looks at; "" when there is nothing, which for Flipt is the same. Objects and arrays
// count as nothing, since a Flipt context holds only text.
func (c *constraint) seen(ec *eval.Context) string {
	if c.op >= opEntityEmpty && c.op <= opEntityNotOneOf {
		return ec.TargetingKey
	}
	v, ok := ec.Lookup(c.property)
	if !ok {
		return ""
	}
	switch v.Kind {
	case eval.String, eval.Number:
		return v.Text
	case eval.Bool:
		return v.String()
	default:
		return ""
	}
}

// holds reports whether the constraint holds for what was seen.
func (c *constraint) holds(seen string) bool {
	switch c.op {
	case opPresent, opEntityNotEmpty:
		return seen != ""
	case opNotPresent, opEntityEmpty:
		return seen == ""
	case opTrue:
		return seen == "true"
	case opFalse:
		return seen == "false"
	}
	if seen == "" {
		return false
	}
	switch c.op {
	case opStringEqual, opEntityEqual:
		return seen == c.value
	case opStringNotEqual, opEntityNotEqual:
		return seen != c.value
	case opStringPrefix, opEntityPrefix:
		return strings.HasPrefix(seen, c.value)
	case opStringSuffix, opEntitySuffix:
		return strings.HasSuffix(seen, c.value)
	case opStringContains, opEntityContains:
		return strings.Contains(seen, c.value)
	case opStringNotContains, opEntityNotContains:
		return !strings.Contains(seen, c.value)
	case opStringOneOf, opEntityOneOf:
		return c.set.hasString(seen)
	case opStringNotOneOf, opEntityNotOneOf:
		return !c.set.hasString(seen)
	}
	if c.op >= opTimeEqual {
		at, ok := parseTime(seen)
		return ok && c.compare(at)
	}
	if c.op >= opNumberEqual {
		n, ok := parseInteger(seen)
		return ok && c.compare(n)
	}
	return false
}

func (c *constraint) compare(n int64) bool {
	switch c.op {
	case opNumberEqual, opTimeEqual:
		return n == c.number
	case opNumberNotEqual, opTimeNotEqual:
		return n != c.number
	case opNumberLess, opTimeLess:
		return n < c.number
	case opNumberLessEqual, opTimeLessEqual:
		return n <= c.number
	case opNumberGreater, opTimeGreater:
		return n > c.number
	case opNumberGreaterEqual, opTimeGreaterEqual:
		return n >= c.number
	case opNumberOneOf:
		return c.set.hasInteger(n)
	case opNumberNotOneOf:
		return !c.set.hasInteger(n)
	}
	return false
}
