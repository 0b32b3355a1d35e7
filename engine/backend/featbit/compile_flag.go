package featbit

import (
	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// flagCompiler compiles one flag. What it returns aliases the flag's own copy of its text.
type flagCompiler struct {
	f          *flag
	asks       datasync.Asks
	problems   datasync.Problems
	variations []*variation
}

func compileFlag(key string, text []byte) (made datasync.Compiled[flag]) {
	w := readFlag(text)
	c := flagCompiler{f: &made.Item}
	f := c.f
	f.key = key
	f.name, _ = datasync.Text(w.name)
	f.description, f.hasDescription = datasync.Text(w.description)
	variationType, _ := datasync.Text(w.variationType)
	f.flagType = flagTypeOf(variationType)
	c.readVariations(w.variations)

	f.enabled = datasync.Truthy(w.isEnabled)
	f.expt = datasync.Truthy(w.exptIncludeAllTargets)
	if w.exptIncludeAllTargets == nil {
		f.exptProblem = c.problems.Add("exptIncludeAllTargets is missing")
	}
	f.disabled = c.answer(datasync.Member("disabledVariationId"), "", w.disabledVariationID)
	if w.isEnabled == nil {
		f.disabled = answer{problem: c.problems.Add("isEnabled is missing")}
	}
	c.readTargets(w.targetUsers)
	if !jsonscan.Elements(w.rules, func(text []byte) {
		f.rules = append(f.rules, c.rule(datasync.Place{List: "rules", Index: len(f.rules)}, text))
	}) {
		f.ruleProblem = c.problems.Add("rules is not an array")
	}
	f.fallthru = c.lastRule(w.fallthroughRule)
	f.assignIDs()
	made.Asks, made.Problems = c.asks, c.problems
	return made
}

func (c *flagCompiler) readVariations(raw []byte) {
	jsonscan.Elements(raw, func(text []byte) {
		var id, value []byte
		jsonscan.Members(text, func(name string, member []byte) {
			switch name {
			case "id":
				id = member
			case "value":
				value = member
			}
		})
		idText, ok := datasync.Text(id)
		if !ok || value == nil {
			return // whoever serves it says so
		}
		served := datasync.Value(value)
		c.variations = append(c.variations, &variation{id: idText, served: served, value: typedValue(c.f.flagType, served)})
	})
}

// answer finds the variation that a member names.
func (c *flagCompiler) answer(where datasync.Place, member string, id []byte) answer {
	text, ok := datasync.Text(id)
	if !ok {
		return answer{problem: c.problems.Add("%s%s is not a string", where, member)}
	}
	v := c.variation(text)
	if v == nil {
		return answer{problem: c.problems.Add(
			"%s%s names the variation %q, which does not exist or has no value", where, member, text)}
	}
	return answer{variation: v}
}

// variation finds a variation. Of those with one id the last one counts.
func (c *flagCompiler) variation(id string) *variation {
	for i := len(c.variations) - 1; i >= 0; i-- {
		if c.variations[i].id == id {
			return c.variations[i]
		}
	}
	return nil
}

func (c *flagCompiler) readTargets(raw []byte) {
	f := c.f
	if !jsonscan.Elements(raw, func(text []byte) {
		if f.targetProblem != "" {
			return
		}
		w := readTarget(text)
		where := datasync.Place{List: "targetUsers", Index: len(f.targetAnswers)}
		if !datasync.IsArray(w.keyIDs) {
			f.targetProblem = c.problems.Add("%s.keyIds is not an array", where)
			return
		}
		users := datasync.Texts(w.keyIDs)
		for _, user := range users {
			f.targets.Add(user, where.Index)
		}
		var served answer
		if len(users) > 0 { // what nobody gets may name what it likes
			served = c.answer(where, ".variationId", w.variationID)
		}
		f.targetAnswers = append(f.targetAnswers, served)
	}) {
		f.targetProblem = c.problems.Add("targetUsers is not an array")
	}
}

func (c *flagCompiler) rule(where datasync.Place, text []byte) rule {
	w := readRule(text)
	var r rule
	r.Name, _ = datasync.Text(w.name)
	if !r.ReadConditions(w.conditions, &c.asks.Segments, compileCondition) {
		r.Problem = c.problems.Add("%s.conditions is not an array", where)
	}
	for i := range r.Conditions {
		if p := r.Conditions[i].Problem; p != "" {
			c.problems.Add("%s.conditions[%d]: %s", where, i, p)
		}
	}
	c.readRollouts(&r, where, w)
	return r
}

// lastRule compiles the fallthrough.
func (c *flagCompiler) lastRule(text []byte) rule {
	var r rule
	if datasync.IsNull(text) || text[0] != '{' {
		r.unserved = c.problems.Add("fallthrough is not an object")
		return r
	}
	c.readRollouts(&r, datasync.Member("fallthrough"), readRule(text))
	return r
}

func (c *flagCompiler) readRollouts(r *rule, where datasync.Place, w wireRule) {
	r.dispatch, _ = datasync.Text(w.dispatchKey)
	if r.dispatch == "" {
		r.dispatch = "keyid"
	}
	r.attribute = originOf(r.dispatch)
	if !jsonscan.Elements(w.variations, func(text []byte) {
		at := where
		at.Inner, at.At = "variations", len(r.rollouts)
		r.rollouts = append(r.rollouts, c.rollout(at, text, w.includedInExpt))
	}) {
		r.unserved = c.problems.Add("%s.variations is not an array", where)
	}
}

func (c *flagCompiler) rollout(where datasync.Place, text, included []byte) rollout {
	w := readRollout(text)
	r := rollout{answer: c.answer(where, ".id", w.id)}
	var usable bool
	if r.Rollout, usable = datasync.ReadRange(w.rollout); !usable {
		c.problems.Add("%s.rollout is not a range of two numbers and serves nobody", where)
	}
	switch {
	case c.f.exptProblem != "":
		r.exptProblem = c.f.exptProblem
	case c.f.expt:
		r.Experiment = 1
	case included == nil:
		r.exptProblem = c.problems.Add("%s: includedInExpt is missing", where)
	case datasync.Truthy(included):
		share, ok := datasync.Number(w.exptRollout)
		if !ok {
			r.exptProblem = c.problems.Add("%s.exptRollout is not a number", where)
			break
		}
		r.SetExperiment(share)
	}
	return r
}

func compileSegment(_ string, text []byte) datasync.Compiled[datasync.Segment] {
	w := readSegment(text)
	name, _ := datasync.Text(w.name)
	return datasync.NewSegment(name, w.included, w.excluded, w.rules, func(text []byte, segments *[]string) datasync.Rule {
		var r datasync.Rule
		if !r.ReadConditions(readRule(text).conditions, segments, compileCondition) {
			r.Problem = "conditions of a rule are not an array"
		}
		return r
	})
}
