package featureflagco

import (
	"fmt"
	"math"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
)

// flagCompiler compiles one flag. What it returns aliases the flag's own copy of its text.
type flagCompiler struct {
	f      *flag
	prefix string
}

func compileFlag(text []byte, prefix string) *flag {
	item, _ := readItem(text, flagKind, 0) // has been read before
	w := readFlag(text)
	feature := readFeature(w.ff)
	c := flagCompiler{f: &flag{key: keyOf(item.idText, prefix), text: text, expt: triOf(w.exptIncludeAllRules)}, prefix: prefix}
	f := c.f
	f.name, _ = datasync.Text(feature.name)
	if f.keyName, _ = datasync.Text(feature.keyName); f.keyName == "" {
		f.keyName = f.key
	}
	if feature.status == nil {
		f.statusProblem = c.problem("ff.status is missing")
	}
	status, _ := datasync.Text(feature.status)
	f.disabled = status == "Disabled"
	f.off = c.answer(place{list: "ff.variationOptionWhenDisabled", index: -1}, feature.off)
	f.failed = f.off
	c.readPrerequisites(w.ffp, item.idText)
	c.readTargets(w.targetIndividuals)
	if !datasync.Array(w.fftuwmtr, func(text []byte) {
		f.rules = append(f.rules, c.rule(place{list: "fftuwmtr", index: len(f.rules)}, text))
	}) {
		f.ruleProblem = c.problem("fftuwmtr is not an array")
	}
	c.readRollouts(&f.last, place{list: "ff.defaultRulePercentageRollouts", index: -1}, feature.rollouts, feature.included)
	f.assignIDs()
	f.describe()
	return f
}

// place is where in a flag something stands. Its text is only needed when something is wrong there.
type place struct {
	list  string // a single member when index is -1
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

// answer reads an option.
func (c *flagCompiler) answer(where place, raw []byte) answer {
	number, value := member(raw, "localId"), member(raw, "variationValue")
	if !datasync.IsNumber(number) || value == nil {
		return answer{problem: c.problem("%s has no option with a number as localId and a variationValue", where)}
	}
	return answer{option: valueOption{variant: datasync.Value(number).String(), value: datasync.Value(value)}}
}

// readPrerequisites leaves out those that name the flag itself.
func (c *flagCompiler) readPrerequisites(raw []byte, ownID string) {
	index := -1
	if !datasync.Array(raw, func(text []byte) {
		index++
		w := readPrerequisite(text)
		id, ok := datasync.Text(w.id)
		if ok && id == ownID {
			return
		}
		number := member(w.option, "localId")
		p := prerequisite{key: keyOf(id, c.prefix), variant: datasync.Value(number).String()}
		if !ok || number == nil {
			p.problem = c.problem("%s names no flag or no localId", place{list: "ffp", index: index})
		}
		c.f.prerequisites = append(c.f.prerequisites, p)
	}) {
		c.f.prerequisiteProblem = c.problem("ffp is not an array")
	}
}

func (c *flagCompiler) readTargets(raw []byte) {
	f := c.f
	if !datasync.Array(raw, func(text []byte) {
		if f.targetProblem != "" {
			return
		}
		w := readTarget(text)
		where := place{list: "targetIndividuals", index: len(f.targetAnswers)}
		users := 0
		if !datasync.Array(w.individuals, func(user []byte) {
			if key, ok := datasync.Text(member(user, "keyId")); ok {
				users++
				if f.targets == nil {
					f.targets = map[string]int{}
				}
				if _, earlier := f.targets[key]; !earlier {
					f.targets[key] = len(f.targetAnswers)
				}
			}
		}) {
			f.targetProblem = c.problem("%s.individuals is not an array", where)
			return
		}
		if users == 0 {
			f.targetAnswers = append(f.targetAnswers, answer{}) // nobody gets it, so it may hold what it likes
			return
		}
		f.targetAnswers = append(f.targetAnswers, c.answer(where, w.option))
	}) {
		f.targetProblem = c.problem("targetIndividuals is not an array")
	}
}

func (c *flagCompiler) rule(where place, text []byte) rule {
	w := readRule(text)
	var r rule
	r.name, _ = datasync.Text(w.name)
	if !r.readClauses(w.clauses, &c.f.depends) {
		r.problem = c.problem("%s.ruleJsonContent is not an array", where)
	}
	for i := range r.clauses {
		if p := r.clauses[i].problem; p != "" {
			c.problem("%s.ruleJsonContent[%d]: %s", where, i, p)
		}
	}
	where.inner = "valueOptionsVariationRuleValues"
	c.readRollouts(&r, where, w.rollouts, w.included)
	return r
}

// readClauses reports false if raw is no list. It adds the segments that the clauses test to those known.
func (r *rule) readClauses(raw []byte, segments *[]string) bool {
	return datasync.Array(raw, func(text []byte) {
		clause := compileClause(text)
		*segments = append(*segments, clause.segments...)
		r.clauses = append(r.clauses, clause)
	})
}

func (c *flagCompiler) readRollouts(r *rule, where place, raw, included []byte) {
	if !datasync.Array(raw, func(text []byte) {
		at := where
		if at.inner == "" {
			at.index = len(r.rollouts)
		}
		at.at = len(r.rollouts)
		r.rollouts = append(r.rollouts, c.rollout(at, text, triOf(included)))
	}) {
		whole := where.list
		if where.inner != "" {
			whole = fmt.Sprintf("%s[%d].%s", where.list, where.index, where.inner)
		}
		r.unserved = c.problem("%s is not an array", whole)
	}
}

func (c *flagCompiler) rollout(where place, text []byte, included tri) rollout {
	w := readRollout(text)
	r := rollout{answer: c.answer(where, w.option)}
	if !r.readRange(w.percentage) {
		c.problem("%s.rolloutPercentage is not a range of two numbers and serves nobody", where)
	}
	share, isNumber := datasync.Number(w.exptRollout)
	switch {
	case c.f.expt == isNull, included == isNull, datasync.IsNull(w.exptRollout):
		r.expt = everybody
	case included == isFalse:
		r.expt = nobody
	case !isNumber:
		r.problem = c.problem("%s.exptRollout is not a number", where)
	default:
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

// compileSegment compiles a segment, whose rules may be missing.
func compileSegment(text []byte) *segment {
	w := readSegment(text)
	item, _ := readItem(text, segmentKind, 0) // has been read before
	s := &segment{id: item.idText, text: text}
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
	case datasync.IsNull(w.rules):
	case !datasync.Array(w.rules, func(text []byte) {
		var r rule
		if !r.readClauses(readRule(text).clauses, &s.depends) {
			r.problem = "ruleJsonContent of a rule is not an array"
		}
		s.rules = append(s.rules, r)
	}):
		s.problem = "rules is not an array"
	}
	return s
}
