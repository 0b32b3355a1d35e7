package featbit

import (
	"github.com/burgee-flags/burgee/engine/backend/datasync"
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

// evaluation is one evaluation in progress. It lives on the stack.
type evaluation struct {
	rules  *ruleset
	ec     *eval.Context
	out    *eval.Outcome
	name   string // of the user; empty when absent
	member datasync.Membership
}

// Resolve implements eval.Ruleset.
func (r *ruleset) Resolve(flagKey string, ec *eval.Context, out *eval.Outcome) {
	out.Reset(flagKey)
	f, ok := r.Flags.Get(flagKey)
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
			datasync.TraceRule(e.out.Trace, "rule", i, &r.Rule)
		}
		matched, problem := e.matches(&r.Rule)
		if problem != "" {
			e.fail(problem)
			return
		}
		if !matched {
			continue
		}
		if e.out.Trace != nil {
			datasync.TraceMatched(e.out.Trace)
		}
		if e.rollouts(f, r, eval.ReasonTargetingMatch, reasonRule) {
			return
		}
		break // no other rule is looked at, even if this one serves nothing
	}
	if e.out.Trace != nil {
		datasync.TraceRule(e.out.Trace, "fallthrough", 0, &f.fallthru.Rule)
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
	at, listed := f.targets.Find(e.ec.TargetingKey)
	if !listed {
		if f.targetProblem != "" {
			e.fail(f.targetProblem)
			return true
		}
		return false
	}
	if e.out.Trace != nil {
		datasync.TraceTarget(e.out.Trace, at)
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
		if !ro.All {
			if !hashed {
				hash, hashed = bucket.MD5Fraction("", f.key, e.dispatched(r)), true
				if e.out.Trace != nil {
					datasync.TraceHash(e.out.Trace, f.key+e.dispatched(r), hash, r.ranges())
				}
			}
			if !ro.Accepts(hash) {
				continue
			}
			reason = eval.ReasonSplit
		}
		if ro.exptProblem != "" {
			e.fail(ro.exptProblem)
			return true
		}
		if e.serve(&ro.answer, reason, words) {
			e.out.RuleName = r.Name
			e.out.ID = ro.id
			if e.participates(f, r, ro) {
				e.out.InExperiment = true
				e.out.ID = ro.id + 1
			}
			if e.out.Trace != nil {
				datasync.TraceChosen(e.out.Trace, ro.variation.id)
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

// participates reports whether a user who is served by a rollout counts for the experiment.
func (e *evaluation) participates(f *flag, r *rule, ro *rollout) bool {
	switch share := ro.Experiment; {
	case share == 1:
		return true
	case share > 0:
		draw := eval.Draw{Share: share, Unit: e.dispatched(r)}
		if e.out.LateDraw {
			e.out.Draw = draw
			return false
		}
		return drawn(f.key, draw)
	default:
		return false
	}
}

// drawn decides a draw.
func drawn(flagKey string, draw eval.Draw) bool {
	return bucket.MD5Fraction("expt", flagKey, draw.Unit) < draw.Share
}

// ranges are the rollouts as a trace shows them.
func (r *rule) ranges() []eval.TraceBucket {
	var shown []eval.TraceBucket
	for i := range r.rollouts {
		if ro := &r.rollouts[i]; ro.Usable() && ro.variation != nil {
			shown = append(shown, ro.Bucket(ro.variation.id))
		}
	}
	return shown
}
