package flagship

import (
	"strings"
	"unicode"
	"unicode/utf8"
	"unsafe"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/jsonscan"
	"github.com/burgee-flags/burgee/engine/predicate"
)

// operation is an operator of a rule.
type operation uint8

const (
	opUnknown operation = iota
	opEquals
	opNotEquals
	opContains
	opNotContains
	opStartsWith
	opEndsWith
	opGreater
	opLower
	opGreaterOrEqual
	opLowerOrEqual
	opExists
	opNotExists
	opVersionEquals
	opVersionNotEquals
	opVersionGreater
	opVersionLower
	opVersionGreaterOrEqual
	opVersionLowerOrEqual
)

// operations are the operators by their names, whose case counts.
var operations = map[string]operation{
	"EQUALS": opEquals, "NOT_EQUALS": opNotEquals, "CONTAINS": opContains, "NOT_CONTAINS": opNotContains,
	"STARTS_WITH": opStartsWith, "ENDS_WITH": opEndsWith, "GREATER_THAN": opGreater, "LOWER_THAN": opLower,
	"GREATER_THAN_OR_EQUALS": opGreaterOrEqual, "LOWER_THAN_OR_EQUALS": opLowerOrEqual, "EXISTS": opExists,
	"NOT_EXISTS": opNotExists, "SEMVER_EQUALS": opVersionEquals, "SEMVER_NOT_EQUALS": opVersionNotEquals,
	"SEMVER_GREATER_THAN": opVersionGreater, "SEMVER_LOWER_THAN": opVersionLower,
	"SEMVER_GREATER_THAN_OR_EQUALS": opVersionGreaterOrEqual, "SEMVER_LOWER_THAN_OR_EQUALS": opVersionLowerOrEqual,
}

// negative reports whether the operator must hold for every element of a list instead of for one.
func (op operation) negative() bool {
	return op == opNotEquals || op == opNotContains || op == opVersionNotEquals
}

// subject is what a rule looks at.
type subject uint8

const (
	byAttribute subject = iota
	byVisitor           // the visitor's id (fs_users)
	everybody           // nothing: the rule holds (fs_all_users)
	byProvider          // what another vendor knows of the visitor, which no visitor has here
)

// rule is one condition of a targeting. It is kept small: a decision for a visitor goes through hundreds.
type rule struct {
	targets []target
	texts   *predicate.Set // all targets, when they are many texts to be equal to
	written *writtenRule
	name    int32 // place of the key among those of the campaign
	subject subject
	op      operation
	isList  bool
	suspect bool // Python: the value is a text that is valid JSON, and the rule never holds
}

// writtenRule is a rule as in the file, for people.
type writtenRule struct{ key, operator, value string }

// target is what a rule compares with: its value, or one element of it.
type target struct {
	value   eval.Value
	number  float64 // as JavaScript reads it
	text    string  // as the text operators see it
	version *version
}

// manyTexts is from how many texts on a list is looked up instead of gone through.
const manyTexts = 8

// compileRule reads a rule. The problem is what does not work as written; empty when all does.
func (c *campaignCompiler) compileRule(raw []byte) (r rule, problem string) {
	w := readRule(raw)
	r.written = &writtenRule{key: textOf(w.key), operator: textOf(w.operator), value: view(w.value)}
	r.op = operations[r.written.operator]
	if r.op == opUnknown {
		problem = "the operator " + describe(w.operator) + " is unknown, so that the rule never matches"
	}
	r.subject = c.subjectOf(r.written.key, r.op, textOf(w.provider))
	if r.subject == byAttribute {
		r.name = c.nameOf(r.written.key)
	}
	r.isList = isArray(w.value)
	if !r.isList {
		r.targets = []target{c.compileTarget(w.value)}
		r.suspect = c.targeting == ByPython && isText(w.value) && looksLikeJSON(textOf(w.value))
	} else {
		jsonscan.Elements(w.value, func(element []byte) { r.targets = append(r.targets, c.compileTarget(element)) })
	}
	texts := 0
	for i := range r.targets {
		switch r.targets[i].value.Kind {
		case eval.String:
			texts++
		case eval.JSON:
			problem = "its value holds an object or a list, which nothing can be compared with"
		default:
		}
	}
	if texts == len(r.targets) && texts > manyTexts && (r.op == opEquals || r.op == opNotEquals) {
		items := make([]string, texts)
		for i := range items {
			items[i] = r.targets[i].text
		}
		r.texts = predicate.NewSet(items)
	}
	return r, problem
}

func (c *campaignCompiler) subjectOf(key string, op operation, provider string) subject {
	switch {
	case provider != "" && c.targeting == ByDecisionAPI:
		return byProvider
	case key == allUsersKey && c.targeting == ByJavaScript && (op == opExists || op == opNotExists):
		return byAttribute // that SDK looks for an attribute of this name, which visitors lack
	case key == allUsersKey && (c.targeting != ByPython || op == opEquals):
		return everybody
	case key == sdk.UsersKey: // which visitors of the Python SDK would have to be given by hand
		return byVisitor
	}
	return byAttribute
}

// allUsersKey is the targeting key of rules that hold for everybody.
const allUsersKey = "fs_all_users"

func (c *campaignCompiler) compileTarget(raw []byte) target {
	t := target{}
	if len(raw) == 0 {
		t.value = eval.Value{Kind: eval.JSON, Text: "undefined"} // as JavaScript writes what is absent
	} else {
		t.value = evaljson.Value(raw)
	}
	t.number = sdk.JavaScriptNumber(t.value)
	t.text = string(c.targeting.language().AppendText(nil, t.value))
	if c.targeting == ByDecisionAPI {
		t.text = lower(t.text, nil)
	}
	if v, ok := parseVersion(t.value.Text); ok && t.value.Kind == eval.String {
		t.version = &v
	}
	return t
}

// describe names a member in a message.
func describe(raw []byte) string {
	const most = 60
	switch {
	case len(raw) == 0:
		return "(none)"
	case len(raw) > most:
		return strings.ToValidUTF8(string(raw[:most]), "") + "..."
	}
	return string(raw)
}

// looksLikeJSON reports whether Python's json.loads() takes a text.
func looksLikeJSON(text string) bool {
	text = strings.Trim(text, " \t\n\r")
	switch text {
	case "NaN", "Infinity", "-Infinity":
		return true
	}
	end, err := jsonscan.Skip([]byte(text), 0)
	return err == nil && end == len(text)
}

// lower returns text in lower case: text itself if it is, otherwise a text in the memory of buffer, if that is enough.
func lower(text string, buffer []byte) string {
	at := 0
	for at < len(text) && text[at] < utf8.RuneSelf && (text[at] < 'A' || text[at] > 'Z') {
		at++
	}
	if at == len(text) {
		return text
	}
	buffer = append(buffer, text[:at]...)
	for _, r := range text[at:] {
		buffer = utf8.AppendRune(buffer, unicode.ToLower(r))
	}
	return view(buffer)
}

func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
