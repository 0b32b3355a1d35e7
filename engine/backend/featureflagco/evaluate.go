package featureflagco

import (
	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/bucket"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/predicate"
)

// The SDK's words for the reason.
const (
	reasonOff          = "flag off"
	reasonPrerequisite = "prerequisite failed"
	reasonTarget       = "target match"
	reasonRule         = "rule match"
	reasonDefault      = "fall through all rules"
	reasonNotFound     = "flag not found"
	reasonUser         = userInvalid
	reasonError        = "error in evaluation"
)

const (
	// maxDepth is how deep prerequisites may have prerequisites.
	maxDepth = 32
	// maxTests is how many prerequisites one evaluation may go through.
	maxTests = 1024
)

// evaluation is one evaluation in progress. It lives on the stack.
type evaluation struct {
	rules     *ruleset
	ec        *eval.Context
	out       *eval.Outcome
	user      builtIn
	member    datasync.Membership
	flagDepth int
	flags     int
}

// decision is what an evaluation of one flag came to.
type decision struct {
	answer     *answer
	reason     eval.Reason
	words      string
	ruleName   string
	experiment bool
	id         uint64
	problem    string // the evaluation failed
}

// Resolve implements eval.Ruleset.
func (r *ruleset) Resolve(flagKey string, ec *eval.Context, out *eval.Outcome) {
	out.Reset(flagKey)
	f, ok := r.Flags.Get(flagKey)
	if !ok || predicate.Blank(flagKey) {
		out.Fail(eval.CodeFlagNotFound, reasonNotFound)
		out.VendorReason = reasonNotFound
		return
	}
	out.FlagKey, out.FlagName, out.Type = f.keyName, f.name, eval.TypeString
	if out.Trace != nil {
		out.Trace.Enabled = !f.disabled
	}
	user, code, problem := checkUser(ec)
	if code != "" {
		out.Fail(code, problem)
		out.VendorReason = reasonUser
		return
	}
	e := evaluation{rules: r, ec: ec, out: out, user: user}
	d := e.flag(f)
	if d.problem != "" {
		out.Fail(eval.CodeParse, d.problem)
		out.VendorReason = reasonError
		return
	}
	out.Reason, out.VendorReason, out.RuleName, out.InExperiment, out.ID = d.reason, d.words, d.ruleName, d.experiment, d.id
	out.Variant, out.Value, out.Served = d.answer.option.variant, d.answer.option.value, d.answer.option.value
}

// trace is where the steps of the flag that was asked for are recorded; nil for its prerequisites.
func (e *evaluation) trace() *eval.Trace {
	if e.flagDepth > 0 || e.member.Testing() {
		return nil
	}
	return e.out.Trace
}

// serve decides for an answer.
func serve(a *answer, reason eval.Reason, words string) decision {
	return decision{answer: a, reason: reason, words: words, id: a.id, problem: a.problem}
}

func (e *evaluation) flag(f *flag) decision {
	if f.statusProblem != "" {
		return decision{problem: f.statusProblem}
	}
	if f.disabled {
		return serve(&f.off, eval.ReasonDisabled, reasonOff)
	}
	met, problem := e.prerequisites(f)
	switch {
	case problem != "":
		return decision{problem: problem}
	case !met:
		return serve(&f.failed, eval.ReasonDisabled, reasonPrerequisite)
	}
	if at, listed := f.targets.Find(e.ec.TargetingKey); listed {
		if t := e.trace(); t != nil {
			datasync.TraceTarget(t, at)
		}
		d := serve(&f.targetAnswers[at], eval.ReasonTargetingMatch, reasonTarget)
		d.experiment = f.expt != isFalse
		return d
	}
	switch {
	case f.targetProblem != "":
		return decision{problem: f.targetProblem}
	case f.ruleProblem != "":
		return decision{problem: f.ruleProblem}
	}
	return e.byRules(f)
}

// prerequisites reports whether all other flags that this one asks for serve what it expects.
func (e *evaluation) prerequisites(f *flag) (met bool, problem string) {
	if f.prerequisiteProblem != "" {
		return false, f.prerequisiteProblem
	}
	for i := range f.prerequisites {
		p := &f.prerequisites[i]
		asked, known := e.rules.Flags.Get(p.key)
		if !known {
			if t := e.trace(); t != nil {
				tracePrerequisite(t, p, "the flag "+p.key+" does not exist", false)
			}
			return false, ""
		}
		e.flags++
		if e.flagDepth >= maxDepth || e.flags > maxTests {
			return false, "the prerequisites lead in a circle, or too far"
		}
		e.flagDepth++
		d := e.flag(asked)
		e.flagDepth--
		if d.problem == "" {
			d.problem = p.problem
		}
		if d.problem != "" {
			return false, d.problem
		}
		served := d.answer.option
		e.out.Prerequisites = append(e.out.Prerequisites, eval.Exposure{
			FlagKey: asked.keyName, Variant: served.variant, Served: served.value, VendorReason: d.words, InExperiment: d.experiment,
		})
		met := served.variant == p.variant
		if t := e.trace(); t != nil {
			tracePrerequisite(t, p, "the flag "+p.key+" serves "+served.variant, met)
		}
		if !met {
			return false, ""
		}
	}
	return true, ""
}

func (e *evaluation) byRules(f *flag) decision {
	for i := range f.rules {
		r := &f.rules[i]
		if t := e.trace(); t != nil {
			datasync.TraceRule(t, "rule", i, &r.Rule)
		}
		matched, problem := e.matches(&r.Rule)
		if problem != "" {
			return decision{problem: problem}
		}
		if !matched {
			continue
		}
		if t := e.trace(); t != nil {
			datasync.TraceMatched(t)
		}
		if d, served := e.rollouts(r, eval.ReasonTargetingMatch, reasonRule); served {
			return d
		}
		break // no other rule is looked at, even if this one serves nothing
	}
	if t := e.trace(); t != nil {
		datasync.TraceRule(t, "default", 0, &f.last.Rule)
	}
	d, served := e.rollouts(&f.last, eval.ReasonDefault, reasonDefault)
	if !served {
		return decision{problem: "no variation is served to this user"}
	}
	return d
}

// rollouts decides for the first rollout that holds the user's hash. It reports false if none does.
func (e *evaluation) rollouts(r *rule, reason eval.Reason, words string) (decision, bool) {
	if r.unserved != "" {
		return decision{problem: r.unserved}, true
	}
	known := false
	var hash float64
	for i := range r.rollouts {
		ro := &r.rollouts[i]
		if !ro.All {
			if !known {
				hash, known = bucket.MD5Fraction("", "", e.ec.TargetingKey), true
				if t := e.trace(); t != nil {
					datasync.TraceHash(t, e.ec.TargetingKey, hash, r.ranges())
				}
			}
			if !ro.Accepts(hash) {
				continue
			}
			reason = eval.ReasonSplit
		}
		d := serve(&ro.answer, reason, words)
		d.ruleName = r.Name
		if e.participates(ro) {
			d.experiment = true
			d.id++
		}
		if t := e.trace(); t != nil {
			datasync.TraceChosen(t, ro.option.variant)
		}
		return d, true
	}
	return decision{}, false
}

// participates reports whether a user who is served by a rollout counts for the experiment.
func (e *evaluation) participates(ro *rollout) bool {
	switch share := ro.Experiment; {
	case share == 1:
		return true
	case share > 0:
		return bucket.MD5FractionBase64(e.ec.TargetingKey) < share
	default:
		return false
	}
}

// ranges are the rollouts as a trace shows them.
func (r *rule) ranges() []eval.TraceBucket {
	var shown []eval.TraceBucket
	for i := range r.rollouts {
		if ro := &r.rollouts[i]; ro.Usable() && ro.problem == "" {
			shown = append(shown, ro.Bucket(ro.option.variant))
		}
	}
	return shown
}

// tracePrerequisite records what was found about another flag. It decides nothing.
func tracePrerequisite(t *eval.Trace, p *prerequisite, found string, met bool) {
	t.Steps = append(t.Steps, eval.TraceStep{
		Kind: "prerequisite", Index: len(t.Steps) + 1, Matched: met, Note: found + ", wanted " + p.variant,
	})
}
