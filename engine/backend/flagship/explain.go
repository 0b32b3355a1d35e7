package flagship

import (
	"strconv"

	"github.com/burgee-flags/burgee/engine/eval"
)

// The trace methods record the steps that the evaluation takes. They decide nothing.

// traceGroup opens the step of a variation group, with all its rules as not looked at.
func (e *evaluation) traceGroup(p *placed, g *group) {
	step := eval.TraceStep{
		Kind: "variation group", Index: len(e.trace.Steps) + 1, Operator: "OR", Note: "campaign " + p.id + ", group " + g.id,
	}
	for i := range g.alternates {
		shown := eval.TraceSegment{Key: "targeting group " + strconv.Itoa(i+1), MatchType: "ALL"}
		for j := range g.alternates[i].rules {
			r := &g.alternates[i].rules[j]
			shown.Constraints = append(shown.Constraints, eval.TraceConstraint{
				Type: r.kind(), Property: r.written.key, Operator: r.written.operator, Operand: r.shown(), Skipped: true,
			})
		}
		step.Segments = append(step.Segments, shown)
	}
	e.trace.Steps = append(e.trace.Steps, step)
}

// kind names what a rule looks at.
func (r *rule) kind() string {
	switch r.subject {
	case everybody:
		return "everybody"
	case byVisitor:
		return "visitor"
	default:
		return "attribute"
	}
}

// shown is the value that a rule compares with: a text without its quotes, anything else as in the file.
func (r *rule) shown() string {
	if !r.isList && r.targets[0].value.Kind == eval.String {
		return r.targets[0].value.Text
	}
	return r.written.value
}

func (e *evaluation) step() *eval.TraceStep { return &e.trace.Steps[len(e.trace.Steps)-1] }

func (e *evaluation) traceRule(list, index int, r *rule, o *operand, holds bool) {
	shown := &e.step().Segments[list].Constraints[index]
	shown.Matched, shown.Skipped = holds, false
	switch {
	case r.subject == everybody:
		shown.Seen, shown.Present = e.visitorID, true
	case o != nil:
		shown.Seen, shown.Present = o.value.String(), true
	}
}

// traceList notes that all rules of a list hold.
func (e *evaluation) traceList(list int) {
	e.step().Segments[list].Matched = true
	e.step().Matched = true
}

// traceFailure notes that the rule looked at last cannot be evaluated for this visitor.
func (e *evaluation) traceFailure() {
	e.step().Matched = false
	e.step().Note += ": a rule compares values of different kinds, which fails the whole group"
}

// traceChoice notes which variation the visitor has in a group that targets the visitor.
func (e *evaluation) traceChoice(g *group, chosen *Allocation) {
	step := e.step()
	if g.unhashed {
		step.Note += ": everybody has " + chosen.VariationID
		return
	}
	step.Hash = &eval.TraceHash{Algorithm: "murmur3", Input: g.id + e.visitorID, Bucket: e.bucket(g), Of: buckets}
	sum := 0.0
	for i, share := range g.shares {
		if share > 0 {
			step.Hash.Ranges = append(step.Hash.Ranges, eval.TraceBucket{
				Variant: g.variations[i].VariationID, From: min(sum, buckets), To: min(sum+share, buckets),
			})
			sum += share
		}
	}
	if chosen == nil {
		step.Note += ": the hash falls on no variation"
		return
	}
	step.Hash.Chosen = chosen.VariationID
	step.Note += ": the hash falls on " + chosen.VariationID
}
