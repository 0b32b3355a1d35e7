package featbit

import (
	"fmt"
	"math"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
)

// flagCompiler compiles one flag. What it returns aliases the flag's own copy of its text.
type flagCompiler struct {
	f          *flag
	variations []*variation
}

func compileFlag(text []byte) *flag {
	item, _ := readItem(text, flagKind, 0) // has been read before
	w := readFlag(text)
	c := flagCompiler{f: &flag{key: item.keyText, text: text}}
	f := c.f
	f.name, _ = datasync.Text(w.name)
	f.description, f.hasDescription = datasync.Text(w.description)
	variationType, _ := datasync.Text(w.variationType)
	f.flagType = flagTypeOf(variationType)
	c.readVariations(w.variations)

	f.enabled = datasync.Truthy(w.isEnabled)
	f.expt = datasync.Truthy(w.exptIncludeAllTargets)
	if w.exptIncludeAllTargets == nil {
		f.exptProblem = c.problem("exptIncludeAllTargets is missing")
	}
	f.disabled = c.answer(place{list: "disabledVariationId", index: -1}, "", w.disabledVariationID)
	if w.isEnabled == nil {
		f.disabled = answer{problem: c.problem("isEnabled is missing")}
	}
	c.readTargets(w.targetUsers)
	if !datasync.Array(w.rules, func(text []byte) {
		f.rules = append(f.rules, c.rule(place{list: "rules", index: len(f.rules)}, text))
	}) {
		f.ruleProblem = c.problem("rules is not an array")
	}
	f.fallthru = c.lastRule(w.fallthroughRule)
	f.assignIDs()
	f.describe()
	return f
}

// place is where in a flag something stands. Its text is only needed when something is wrong there.
type place struct {
	list  string // "rules"; a single member when index is -1
	index int
	inner string // the same within; empty for the whole
	at    int
}

func (p place) String() string {
	text := p.list
	if p.index >= 0 {
		text += fmt.Sprintf("[%d]", p.index)
	}
	if p.inner == "" {
		return text
	}
	return fmt.Sprintf("%s.%s[%d]", text, p.inner, p.at)
}

// problem records what does not work as written, for a warning, and returns it.
func (c *flagCompiler) problem(format string, args ...any) string {
	text := fmt.Sprintf(format, args...)
	c.f.problems = append(c.f.problems, text)
	return text
}

func (c *flagCompiler) readVariations(raw []byte) {
	datasync.Array(raw, func(text []byte) {
		var id, value []byte
		datasync.Object(text, func(name string, member []byte) {
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
func (c *flagCompiler) answer(where place, member string, id []byte) answer {
	text, ok := datasync.Text(id)
	if !ok {
		return answer{problem: c.problem("%s%s is not a string", where, member)}
	}
	v := c.variation(text)
	if v == nil {
		return answer{problem: c.problem("%s%s names the variation %q, which does not exist or has no value", where, member, text)}
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
	if !datasync.Array(raw, func(text []byte) {
		if f.targetProblem != "" {
			return
		}
		w := readTarget(text)
		where := place{list: "targetUsers", index: len(f.targetAnswers)}
		users := 0
		if !datasync.Array(w.keyIDs, func(key []byte) {
			if text, ok := datasync.Text(key); ok {
				users++
				if f.targets == nil {
					f.targets = map[string]int{}
				}
				if _, earlier := f.targets[text]; !earlier {
					f.targets[text] = len(f.targetAnswers)
				}
			}
		}) {
			f.targetProblem = c.problem("%s.keyIds is not an array", where)
			return
		}
		if users == 0 {
			f.targetAnswers = append(f.targetAnswers, answer{}) // nobody gets it, so it may name what it likes
			return
		}
		f.targetAnswers = append(f.targetAnswers, c.answer(where, ".variationId", w.variationID))
	}) {
		f.targetProblem = c.problem("targetUsers is not an array")
	}
}

func (c *flagCompiler) rule(where place, text []byte) rule {
	w := readRule(text)
	var r rule
	r.name, _ = datasync.Text(w.name)
	if !r.readConditions(w.conditions, &c.f.segments) {
		r.problem = c.problem("%s.conditions is not an array", where)
	}
	for i := range r.conditions {
		if p := r.conditions[i].problem; p != "" {
			c.problem("%s.conditions[%d]: %s", where, i, p)
		}
	}
	c.readRollouts(&r, where, w)
	return r
}

// lastRule compiles the fallthrough.
func (c *flagCompiler) lastRule(text []byte) rule {
	var r rule
	if datasync.IsNull(text) || text[0] != '{' {
		r.unserved = c.problem("fallthrough is not an object")
		return r
	}
	c.readRollouts(&r, place{list: "fallthrough", index: -1}, readRule(text))
	return r
}

// readConditions reports false if raw is no list. It adds the segments that the conditions test to those known.
func (r *rule) readConditions(raw []byte, segments *[]string) bool {
	return datasync.Array(raw, func(text []byte) {
		condition := compileCondition(text)
		*segments = append(*segments, condition.segments...)
		r.conditions = append(r.conditions, condition)
	})
}

func (c *flagCompiler) readRollouts(r *rule, where place, w wireRule) {
	r.dispatch, _ = datasync.Text(w.dispatchKey)
	if r.dispatch == "" {
		r.dispatch = "keyid"
	}
	r.attribute = originOf(r.dispatch)
	if !datasync.Array(w.variations, func(text []byte) {
		at := where
		at.inner, at.at = "variations", len(r.rollouts)
		r.rollouts = append(r.rollouts, c.rollout(at, text, w.includedInExpt))
	}) {
		r.unserved = c.problem("%s.variations is not an array", where)
	}
}

func (c *flagCompiler) rollout(where place, text, included []byte) rollout {
	w := readRollout(text)
	r := rollout{answer: c.answer(where, ".id", w.id)}
	if !r.readRange(w.rollout) {
		c.problem("%s.rollout is not a range of two numbers and serves nobody", where)
	}
	switch {
	case c.f.exptProblem != "":
		r.exptProblem = c.f.exptProblem
	case c.f.expt:
		r.expt = everybody
	case included == nil:
		r.exptProblem = c.problem("%s: includedInExpt is missing", where)
	case !datasync.Truthy(included):
		r.expt = nobody
	default:
		share, ok := datasync.Number(w.exptRollout)
		if !ok {
			r.exptProblem = c.problem("%s.exptRollout is not a number", where)
			break
		}
		r.setExperiment(share)
	}
	return r
}

// readRange reads [low, high].
func (r *rollout) readRange(raw []byte) bool {
	var bounds [2]float64
	count, ok := 0, true
	datasync.Array(raw, func(bound []byte) {
		if count < len(bounds) {
			f, number := datasync.Number(bound)
			bounds[count], ok = f, ok && number
		}
		count++
	})
	if !ok || count < len(bounds) {
		return false
	}
	r.low, r.high, r.usable = bounds[0], bounds[1], true
	r.all = count == len(bounds) && r.low == 0 && r.high == 1
	return true
}

// accepts reports whether the range holds a hash. The end is outside, but for the hash 1, which would otherwise be in no
// range at all.
func (r *rollout) accepts(hash float64) bool {
	return r.usable && r.low <= hash && (hash < r.high || hash == 1 && r.high >= 1 && r.low < r.high)
}

// setExperiment turns a share of all users into a share of those who are served by this rollout.
func (r *rollout) setExperiment(share float64) {
	width := r.high - r.low
	if share == 0 || width == 0 {
		r.expt = nobody
		return
	}
	r.exptBound = math.Min(share/width, 1)
	r.expt = hashed
	if r.exptBound == 1 {
		r.expt = everybody
	}
}

func compileSegment(text []byte) *segment {
	item, _ := readItem(text, segmentKind, 0) // has been read before
	w := readSegment(text)
	s := &segment{id: item.keyText, text: text}
	s.name, _ = datasync.Text(w.name)
	listed := func(raw []byte, included bool) bool {
		return datasync.Array(raw, func(user []byte) {
			if key, ok := datasync.Text(user); ok {
				if s.users == nil {
					s.users = map[string]bool{}
				}
				s.users[key] = included
			}
		})
	}
	switch {
	case !listed(w.included, true):
		s.problem = "included is not an array"
	case !listed(w.excluded, false): // after the included ones, because they win
		s.problem = "excluded is not an array"
	case !datasync.Array(w.rules, func(text []byte) {
		condition := readRule(text)
		var r rule
		r.name, _ = datasync.Text(condition.name)
		if !r.readConditions(condition.conditions, &s.segments) {
			r.problem = "conditions of a rule are not an array"
		}
		s.rules = append(s.rules, r)
	}):
		s.problem = "rules is not an array"
	}
	return s
}
