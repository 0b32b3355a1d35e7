package featureflagco

import (
	"strconv"

	"github.com/burgee-flags/burgee/engine/eval"
)

// The trace functions record the steps that the evaluator takes. They decide nothing.

// traceBuckets is the number of buckets in which a hash between 0 and 1 is shown.
const traceBuckets = 100_000

func traceTarget(t *eval.Trace, index int) {
	t.Steps = append(t.Steps, eval.TraceStep{
		Kind: "target", Index: index + 1, Matched: true, Note: "the user is listed in target " + strconv.Itoa(index+1),
	})
}

func tracePrerequisite(t *eval.Trace, p *prerequisite, found string, met bool) {
	t.Steps = append(t.Steps, eval.TraceStep{
		Kind: "prerequisite", Index: len(t.Steps) + 1, Matched: met, Note: found + ", wanted " + p.variant,
	})
}

// traceRule opens a step. The clauses of a rule are shown as one group of which all must hold.
func traceRule(t *eval.Trace, kind string, index int, r *rule) {
	step := eval.TraceStep{Kind: kind, Index: index + 1}
	if len(r.clauses) > 0 {
		clauses := eval.TraceSegment{Key: r.name, MatchType: "ALL"}
		for i := range r.clauses {
			c := &r.clauses[i]
			clauses.Constraints = append(clauses.Constraints, eval.TraceConstraint{
				Type: c.kind(), Property: c.property, Operator: c.name, Operand: c.value, Skipped: true,
			})
		}
		step.Segments = []eval.TraceSegment{clauses}
	}
	t.Steps = append(t.Steps, step)
}

// kind names what a clause compares.
func (c *clause) kind() string {
	switch c.op {
	case opSegment:
		return "segment"
	case opBigger, opBiggerEqual, opLess, opLessEqual:
		return "number"
	default:
		return "string"
	}
}

func traceClause(t *eval.Trace, c *clause, index int, seen string, present, holds bool) {
	step := &t.Steps[len(t.Steps)-1]
	shown := &step.Segments[0].Constraints[index]
	shown.Seen, shown.Present, shown.Matched, shown.Skipped = seen, present, holds, false
	if c.op == opSegment {
		shown.Seen, shown.Present = "not a member", true
		if holds != c.negate {
			shown.Seen = "a member"
		}
	}
}

func traceMatched(t *eval.Trace) {
	step := &t.Steps[len(t.Steps)-1]
	step.Matched = true
	for i := range step.Segments {
		step.Segments[i].Matched = true
	}
}

func traceHash(t *eval.Trace, r *rule, input string, hash float64) {
	shown := &eval.TraceHash{
		Algorithm: "md5", Input: input, Bucket: uint32(hash * traceBuckets), Of: traceBuckets,
	}
	for i := range r.rollouts {
		if ro := &r.rollouts[i]; ro.usable && ro.problem == "" {
			shown.Ranges = append(shown.Ranges, eval.TraceBucket{
				Variant: ro.option.variant, From: ro.low * traceBuckets, To: ro.high * traceBuckets,
			})
		}
	}
	t.Steps[len(t.Steps)-1].Hash = shown
}

func traceChosen(t *eval.Trace, ro *rollout) {
	step := &t.Steps[len(t.Steps)-1]
	step.Matched = true
	if step.Hash != nil {
		step.Hash.Chosen = ro.option.variant
	} else {
		step.Note = "serves " + ro.option.variant + " to everybody"
	}
}
