package datasync

import (
	"strconv"

	"github.com/burgee-flags/burgee/engine/eval"
)

// The trace functions record the steps that an evaluator takes. They decide nothing.

// traceBuckets is the number of buckets in which a hash between 0 and 1 is shown.
const traceBuckets = 100_000

// TraceTarget records that the user is named by the target with this index.
func TraceTarget(t *eval.Trace, index int) {
	t.Steps = append(t.Steps, eval.TraceStep{
		Kind: "target", Index: index + 1, Matched: true, Note: "the user is listed in target " + strconv.Itoa(index+1),
	})
}

// TraceRule opens a step. The conditions of a rule are shown as one group of which all must hold.
func TraceRule(t *eval.Trace, kind string, index int, r *Rule) {
	step := eval.TraceStep{Kind: kind, Index: index + 1}
	if len(r.Conditions) > 0 {
		conditions := eval.TraceSegment{Key: r.Name, MatchType: "ALL"}
		for i := range r.Conditions {
			c := &r.Conditions[i]
			conditions.Constraints = append(conditions.Constraints, eval.TraceConstraint{
				Type: c.kind(), Property: c.Property, Operator: c.Operator, Operand: c.Value, Skipped: true,
			})
		}
		step.Segments = []eval.TraceSegment{conditions}
	}
	t.Steps = append(t.Steps, step)
}

func traceCondition(t *eval.Trace, c *Condition, index int, seen string, present, holds bool) {
	step := &t.Steps[len(t.Steps)-1]
	shown := &step.Segments[0].Constraints[index]
	shown.Seen, shown.Present, shown.Matched, shown.Skipped = seen, present, holds, false
	if c.InSegment() {
		shown.Seen, shown.Present = "not a member", true
		if holds != c.negate {
			shown.Seen = "a member"
		}
	}
}

// TraceMatched records that the rule of the last step holds.
func TraceMatched(t *eval.Trace) {
	step := &t.Steps[len(t.Steps)-1]
	step.Matched = true
	for i := range step.Segments {
		step.Segments[i].Matched = true
	}
}

// TraceHash shows where in the ranges of the last step a user is.
func TraceHash(t *eval.Trace, input string, hash float64, ranges []eval.TraceBucket) {
	t.Steps[len(t.Steps)-1].Hash = &eval.TraceHash{
		Algorithm: "md5", Input: input, Bucket: uint32(hash * traceBuckets), Of: traceBuckets, Ranges: ranges,
	}
}

// TraceChosen records what the last step serves.
func TraceChosen(t *eval.Trace, variant string) {
	step := &t.Steps[len(t.Steps)-1]
	step.Matched = true
	if step.Hash != nil {
		step.Hash.Chosen = variant
	} else {
		step.Note = "serves " + variant + " to everybody"
	}
}
