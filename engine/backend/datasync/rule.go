package datasync

import (
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// Rule is a list of conditions which all must hold.
type Rule struct {
	Name       string
	Conditions []Condition
	Problem    string // reaching the rule fails
}

// ReadConditions appends the conditions in a JSON array, and the segments that they test to those given. It reports false
// if raw is no array.
func (r *Rule) ReadConditions(raw []byte, segments *[]string, compile func(text []byte) Condition) bool {
	return jsonscan.Elements(raw, func(text []byte) {
		condition := compile(text)
		*segments = append(*segments, condition.Segments...)
		r.Conditions = append(r.Conditions, condition)
	})
}

// Matches reports whether every condition holds, as test finds before their negation; without conditions that is so. Steps
// are recorded in trace unless it is nil. A problem is why the rule cannot be evaluated.
func (r *Rule) Matches(
	trace *eval.Trace, test func(*Condition) (seen string, present bool, result Verdict),
) (matched bool, problem string) {
	if r.Problem != "" {
		return false, r.Problem
	}
	for i := range r.Conditions {
		c := &r.Conditions[i]
		seen, present, result := test(c)
		if result == Failed {
			if c.Problem != "" {
				return false, c.Problem
			}
			return false, "a regular expression took too long"
		}
		holds := (result == Yes) != c.negate
		if trace != nil {
			traceCondition(trace, c, i, seen, present, holds)
		}
		if !holds {
			return false, ""
		}
	}
	return true, ""
}

// Segment is a group of users.
type Segment struct {
	name               string // for people
	included, excluded users
	rules              []Rule
	problem            string // testing it fails
}

// Name is for people; not all vendors have one.
func (s *Segment) Name() string { return s.name }

// NewSegment compiles a segment from its members, which it keeps. rule compiles one of its rules.
func NewSegment(
	name string, included, excluded, rules []byte, rule func(text []byte, segments *[]string) Rule,
) Compiled[Segment] {
	var made Compiled[Segment]
	s := &made.Item
	s.name = name
	ok := false
	if s.included, ok = readUsers(included); !ok {
		s.problem = "included is not an array"
	} else if s.excluded, ok = readUsers(excluded); !ok {
		s.problem = "excluded is not an array"
	} else if !jsonscan.Elements(rules, func(text []byte) { s.rules = append(s.rules, rule(text, &made.Asks.Segments)) }) {
		s.problem = "rules is not an array"
	}
	if s.problem != "" {
		made.Problems = []string{"segment " + name + ": " + s.problem}
	}
	return made
}

const (
	// maxDepth is how deep segments may test segments.
	maxDepth = 32
	// maxTests is how many segments one evaluation may test, since segments that test each other could go on for years.
	maxTests = 1024
)

// Membership counts the segments that one evaluation tests.
type Membership struct {
	depth int
	tests int
}

// Testing says that a segment is being tested, and not a rule of a flag.
func (m *Membership) Testing() bool { return m.depth > 0 }

// InAny reports whether the user is in one of the segments. matches says whether a rule of a segment holds for the user, or
// what the problem is. If a segment cannot be tested, before one matched, the answer is no.
func (m *Membership) InAny(
	segments *Table[Segment], ids []string, user string, matches func(*Rule) (matched bool, problem string),
) bool {
	for _, id := range ids {
		if in, ok := m.in(segments, id, user, matches); in || !ok {
			return in
		}
	}
	return false
}

// in tests one segment. ok is false if that fails, and in is false then.
func (m *Membership) in(
	segments *Table[Segment], id, user string, matches func(*Rule) (bool, string),
) (in, ok bool) {
	s, known := segments.Get(id)
	if !known {
		return false, true
	}
	m.tests++
	if s.problem != "" || m.depth >= maxDepth || m.tests > maxTests {
		return false, false
	}
	switch {
	case s.excluded.has(user):
		return false, true
	case s.included.has(user):
		return true, true
	}
	m.depth++
	defer func() { m.depth-- }()
	for i := range s.rules {
		matched, problem := matches(&s.rules[i])
		if matched || problem != "" {
			return matched, matched
		}
	}
	return false, true
}
