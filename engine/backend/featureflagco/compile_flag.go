package featureflagco

import (
	"fmt"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// flagCompiler compiles one flag. What it returns aliases the flag's own copy of its text.
type flagCompiler struct {
	f        *flag
	prefix   string
	asks     datasync.Asks
	problems datasync.Problems
}

func compileFlag(key string, text []byte, prefix string) (made datasync.Compiled[flag]) {
	w := readFlag(text)
	feature := readFeature(w.ff)
	c := flagCompiler{f: &made.Item, prefix: prefix}
	f := c.f
	f.key, f.expt = key, triOf(w.exptIncludeAllRules)
	f.name, _ = datasync.Text(feature.name)
	if f.keyName, _ = datasync.Text(feature.keyName); f.keyName == "" {
		f.keyName = key
	}
	if feature.status == nil {
		f.statusProblem = c.problems.Add("ff.status is missing")
	}
	status, _ := datasync.Text(feature.status)
	f.disabled = status == "Disabled"
	f.off = c.answer(datasync.Member("ff.variationOptionWhenDisabled"), feature.off)
	f.failed = f.off
	ownID, _ := datasync.Text(w.id)
	c.readPrerequisites(w.ffp, ownID)
	c.readTargets(w.targetIndividuals)
	if !jsonscan.Elements(w.fftuwmtr, func(text []byte) {
		f.rules = append(f.rules, c.rule(datasync.Place{List: "fftuwmtr", Index: len(f.rules)}, text))
	}) {
		f.ruleProblem = c.problems.Add("fftuwmtr is not an array")
	}
	c.readRollouts(&f.last, datasync.Member("ff.defaultRulePercentageRollouts"), feature.rollouts, feature.included)
	f.assignIDs()
	made.Asks, made.Problems = c.asks, c.problems
	return made
}

// answer reads an option.
func (c *flagCompiler) answer(where datasync.Place, raw []byte) answer {
	number, value := member(raw, "localId"), member(raw, "variationValue")
	if !datasync.IsNumber(number) || value == nil {
		return answer{problem: c.problems.Add("%s has no option with a number as localId and a variationValue", where)}
	}
	return answer{option: valueOption{variant: datasync.Value(number).String(), value: datasync.Value(value)}}
}

// readPrerequisites leaves out those that name the flag itself.
func (c *flagCompiler) readPrerequisites(raw []byte, ownID string) {
	index := -1
	if !jsonscan.Elements(raw, func(text []byte) {
		index++
		w := readPrerequisite(text)
		id, ok := datasync.Text(w.id)
		if ok && id == ownID {
			return
		}
		number := member(w.option, "localId")
		p := prerequisite{key: keyOf(id, c.prefix), variant: datasync.Value(number).String()}
		if !ok || number == nil {
			p.problem = c.problems.Add("%s names no flag or no localId", datasync.Place{List: "ffp", Index: index})
		}
		c.f.prerequisites = append(c.f.prerequisites, p)
		c.asks.Flags = append(c.asks.Flags, p.key)
	}) {
		c.f.prerequisiteProblem = c.problems.Add("ffp is not an array")
	}
}

func (c *flagCompiler) readTargets(raw []byte) {
	f := c.f
	if !jsonscan.Elements(raw, func(text []byte) {
		if f.targetProblem != "" {
			return
		}
		w := readTarget(text)
		where := datasync.Place{List: "targetIndividuals", Index: len(f.targetAnswers)}
		users := 0
		if !jsonscan.Elements(w.individuals, func(user []byte) {
			if key, ok := datasync.Text(member(user, "keyId")); ok {
				users++
				f.targets.Add(key, where.Index)
			}
		}) {
			f.targetProblem = c.problems.Add("%s.individuals is not an array", where)
			return
		}
		var served answer
		if users > 0 { // what nobody gets may hold what it likes
			served = c.answer(where, w.option)
		}
		f.targetAnswers = append(f.targetAnswers, served)
	}) {
		f.targetProblem = c.problems.Add("targetIndividuals is not an array")
	}
}

func (c *flagCompiler) rule(where datasync.Place, text []byte) rule {
	w := readRule(text)
	var r rule
	r.Name, _ = datasync.Text(w.name)
	if !r.ReadConditions(w.clauses, &c.asks.Segments, compileClause) {
		r.Problem = c.problems.Add("%s.ruleJsonContent is not an array", where)
	}
	for i := range r.Conditions {
		if p := r.Conditions[i].Problem; p != "" {
			c.problems.Add("%s.ruleJsonContent[%d]: %s", where, i, p)
		}
	}
	where.Inner = "valueOptionsVariationRuleValues"
	c.readRollouts(&r, where, w.rollouts, w.included)
	return r
}

func (c *flagCompiler) readRollouts(r *rule, where datasync.Place, raw, included []byte) {
	if !jsonscan.Elements(raw, func(text []byte) {
		at := where
		if at.Inner == "" {
			at.Index = len(r.rollouts)
		}
		at.At = len(r.rollouts)
		r.rollouts = append(r.rollouts, c.rollout(at, text, triOf(included)))
	}) {
		whole := where.List
		if where.Inner != "" {
			whole = fmt.Sprintf("%s[%d].%s", where.List, where.Index, where.Inner)
		}
		r.unserved = c.problems.Add("%s is not an array", whole)
	}
}

func (c *flagCompiler) rollout(where datasync.Place, text []byte, included tri) rollout {
	w := readRollout(text)
	r := rollout{answer: c.answer(where, w.option)}
	var usable bool
	if r.Rollout, usable = datasync.ReadRange(w.percentage); !usable {
		c.problems.Add("%s.rolloutPercentage is not a range of two numbers and serves nobody", where)
	}
	share, isNumber := datasync.Number(w.exptRollout)
	switch {
	case c.f.expt == isNull, included == isNull, datasync.IsNull(w.exptRollout):
		r.Experiment = 1
	case included == isFalse:
	case !isNumber:
		r.problem = c.problems.Add("%s.exptRollout is not a number", where)
	default:
		r.SetExperiment(share)
	}
	return r
}

// compileSegment compiles a segment, whose rules may be missing.
func compileSegment(id string, text []byte) datasync.Compiled[datasync.Segment] {
	w := readSegment(text)
	if datasync.IsNull(w.rules) {
		w.rules = []byte("[]")
	}
	return datasync.NewSegment(id, w.included, w.excluded, w.rules, func(text []byte, segments *[]string) datasync.Rule {
		var r datasync.Rule
		if !r.ReadConditions(readRule(text).clauses, segments, compileClause) {
			r.Problem = "ruleJsonContent of a rule is not an array"
		}
		return r
	})
}
