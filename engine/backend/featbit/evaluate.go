package featbit

import (
	"github.com/burgee-flags/burgee/engine/bucket"
	"github.com/burgee-flags/burgee/engine/eval"
)

// The SDK's words for the reason.
const (
	reasonOff         = "flag off"
	reasonTarget      = "target match"
	reasonRule        = "rule match"
	reasonFallthrough = "fall through all rules"
	reasonNotFound    = "flag not found"
	reasonUser        = userInvalid
	reasonError       = "error in evaluation"
)

const (
	// maxDepth is how deep segments may test segments.
	maxDepth = 32
	// maxTests is how many segments one evaluation may test, since segments that test each other could go on for years.
	maxTests = 1024
)

// evaluation is one evaluation in progress. It lives on the stack.
type evaluation struct {
	rules *ruleset
	ec    *eval.Context
	out   *eval.Outcome
	name  string // of the user; empty when absent
	depth int
	tests int
}

// Resolve implements eval.Ruleset.
func (r *ruleset) Resolve(flagKey string, ec *eval.Context, out *eval.Outcome) {
	out.Reset(flagKey)
	f, ok := r.flags.Get(flagKey)
	if !ok {
		out.Fail(eval.CodeFlagNotFound, reasonNotFound)
		out.VendorReason = reasonNotFound
		return
	}
	out.FlagKey, out.FlagName, out.Type = f.key, f.name, f.flagType
	if out.Trace != nil {
		out.Trace.Enabled = f.enabled
	}
	name, code, problem := checkUser(ec)
	if code != "" {
		out.Fail(code, problem)
		out.VendorReason = reasonUser
		return
	}
	e := evaluation{rules: r, ec: ec, out: out, name: name}
	e.flag(f)
}

func (e *evaluation) fail(problem string) {
	e.out.Fail(eval.CodeParse, problem)
	e.out.VendorReason = reasonError
}

func (e *evaluation) flag(f *flag) {
	if !f.enabled {
		if e.serve(&f.disabled, eval.ReasonDisabled, reasonOff) {
			e.out.ID = f.disabled.id
		}
		return
	}
	if e.target(f) {
		return
	}
	if f.ruleProblem != "" {
		e.fail(f.ruleProblem)
		return
	}
	for i := range f.rules {
		r := &f.rules[i]
		if e.out.Trace != nil {
			traceRule(e.out.Trace, "rule", i, r)
		}
		matched, problem := e.matches(r)
		if problem != "" {
			e.fail(problem)
			return
		}
		if !matched {
			continue
		}
		if e.out.Trace != nil {
			traceMatched(e.out.Trace)
		}
		if e.rollouts(f, r, eval.ReasonTargetingMatch, reasonRule) {
			return
		}
		break // no other rule is looked at, even if this one serves nothing
	}
	if e.out.Trace != nil {
		traceRule(e.out.Trace, "fallthrough", 0, &f.fallthru)
	}
	if !e.rollouts(f, &f.fallthru, eval.ReasonDefault, reasonFallthrough) {
		e.fail("no variation is served to this user")
	}
}

// serve fills the outcome with an answer. It reports false if that fails.
func (e *evaluation) serve(a *answer, reason eval.Reason, words string) bool {
	if a.variation == nil {
		e.fail(a.problem)
		return false
	}
	out := e.out
	out.Reason, out.VendorReason = reason, words
	out.Variant, out.Value, out.Served = a.variation.id, a.variation.value, a.variation.served
	return true
}

// target serves a user who is listed. It reports false if the rules have to decide.
func (e *evaluation) target(f *flag) bool {
	at, listed := f.targets[e.ec.TargetingKey]
	if !listed {
		if f.targetProblem != "" {
			e.fail(f.targetProblem)
			return true
		}
		return false
	}
	if e.out.Trace != nil {
		traceTarget(e.out.Trace, at)
	}
	if f.exptProblem != "" {
		e.fail(f.exptProblem)
		return true
	}
	if e.serve(&f.targetAnswers[at], eval.ReasonTargetingMatch, reasonTarget) {
		e.out.InExperiment = f.expt
		e.out.ID = f.targetAnswers[at].id
	}
	return true
}

// rollouts serves the first rollout that holds the user's hash. It reports false if none does.
func (e *evaluation) rollouts(f *flag, r *rule, reason eval.Reason, words string) bool {
	if r.unserved != "" {
		e.fail(r.unserved)
		return true
	}
	hashed := false
	var hash float64
	for i := range r.rollouts {
		ro := &r.rollouts[i]
		if !ro.all {
			if !hashed {
				hash, hashed = bucket.MD5Fraction("", f.key, e.dispatched(r)), true
				if e.out.Trace != nil {
					traceHash(e.out.Trace, r, f.key+e.dispatched(r), hash)
				}
			}
			if !ro.accepts(hash) {
				continue
			}
			reason = eval.ReasonSplit
		}
		if ro.exptProblem != "" {
			e.fail(ro.exptProblem)
			return true
		}
		if e.serve(&ro.answer, reason, words) {
			e.out.RuleName = r.name
			e.out.ID = ro.id
			if e.participates(f, r, ro) {
				e.out.InExperiment = true
				e.out.ID = ro.id + 1
			}
			if e.out.Trace != nil {
				traceChosen(e.out.Trace, ro)
			}
		}
		return true
	}
	return false
}

// dispatched returns the attribute that is hashed after the flag's key; nothing when it is absent.
func (e *evaluation) dispatched(r *rule) string {
	text, _ := e.attribute(r.attribute, r.dispatch)
	return text
}

func (e *evaluation) participates(f *flag, r *rule, ro *rollout) bool {
	switch ro.expt {
	case everybody:
		return true
	case hashed:
		return bucket.MD5Fraction("expt", f.key, e.dispatched(r)) < ro.exptBound
	default:
		return false
	}
}

// attribute returns the user's attribute as text.
func (e *evaluation) attribute(from origin, property string) (string, bool) {
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

// matches reports whether all conditions of the rule hold. A rule without conditions holds. A problem is why the rule
// cannot be evaluated.
func (e *evaluation) matches(r *rule) (matched bool, problem string) {
	if r.problem != "" {
		return false, r.problem
	}
	for i := range r.conditions {
		c := &r.conditions[i]
		seen, present, result := "", false, no
		switch {
		case c.op == opSegment:
			result = verdictOf(e.inAny(c.segments))
		default:
			if seen, present = e.attribute(c.attribute, c.property); present {
				result = c.test(seen)
			}
		}
		if result == failed {
			if c.problem != "" {
				return false, c.problem
			}
			return false, "a regular expression took too long"
		}
		holds := (result == yes) != c.negate
		if e.out.Trace != nil && e.depth == 0 {
			traceCondition(e.out.Trace, c, i, seen, present, holds)
		}
		if !holds {
			return false, ""
		}
	}
	return true, ""
}

// inAny reports whether the user is in one of the segments. If one of them cannot be tested, before one matched, the
// answer is no.
func (e *evaluation) inAny(ids []string) bool {
	for _, id := range ids {
		if in, ok := e.in(id); in || !ok {
			return in
		}
	}
	return false
}

// in tests one segment. ok is false if that fails, and in is false then.
func (e *evaluation) in(id string) (in, ok bool) {
	s, known := e.rules.segments.Get(id)
	if !known {
		return false, true
	}
	e.tests++
	if s.problem != "" || e.depth >= maxDepth || e.tests > maxTests {
		return false, false
	}
	if included, listed := s.users[e.ec.TargetingKey]; listed {
		return included, true
	}
	e.depth++
	defer func() { e.depth-- }()
	for i := range s.rules {
		matched, problem := e.matches(&s.rules[i])
		if matched || problem != "" {
			return matched, matched
		}
	}
	return false, true
}
