package flipt

import "github.com/burgee-flags/burgee/engine/eval"

// The trace functions record the steps that the evaluator takes. They decide nothing.

func traceRule(t *eval.Trace, kind string, index int, rule *rule) {
	t.Steps = append(t.Steps, eval.TraceStep{Kind: kind, Index: index + 1, Operator: combination(rule.and)})
}

func traceMatched(t *eval.Trace) {
	if t != nil {
		t.Steps[len(t.Steps)-1].Matched = true
	}
}

// traceConstraint records one evaluated constraint in the segment that is being evaluated, which is open until
// traceSegment closes it.
func traceConstraint(t *eval.Trace, s *segment, c *constraint, seen string, holds bool) {
	open := openSegment(t, s)
	open.Constraints = append(open.Constraints, describeConstraint(c))
	last := &open.Constraints[len(open.Constraints)-1]
	last.Seen, last.Present, last.Matched, last.Skipped = seen, seen != "", holds, false
}

// traceSegment closes the segment, with the constraints that were not reached.
func traceSegment(t *eval.Trace, s *segment, matched bool) {
	closing := openSegment(t, s)
	for i := len(closing.Constraints); i < len(s.constraints); i++ {
		closing.Constraints = append(closing.Constraints, describeConstraint(&s.constraints[i]))
	}
	closing.Matched = matched
	closing.MatchType = "ALL"
	if s.any {
		closing.MatchType = "ANY"
	}
}

// openSegment returns the last segment of the current step while it has no match type yet, or a new one.
func openSegment(t *eval.Trace, s *segment) *eval.TraceSegment {
	step := &t.Steps[len(t.Steps)-1]
	if n := len(step.Segments); n > 0 && step.Segments[n-1].MatchType == "" {
		return &step.Segments[n-1]
	}
	step.Segments = append(step.Segments, eval.TraceSegment{Key: s.key, Constraints: []eval.TraceConstraint{}})
	return &step.Segments[len(step.Segments)-1]
}

func describeConstraint(c *constraint) eval.TraceConstraint {
	return eval.TraceConstraint{
		Type: c.names.constraintType, Property: c.property, Operator: c.names.operator, Operand: c.value, Skipped: true,
	}
}

func traceDistribution(t *eval.Trace, rule *rule, input string, b uint32, chosen int) {
	hash := &eval.TraceHash{Algorithm: "crc32", Input: input, Bucket: b, Of: variantBuckets}
	from := uint32(0)
	for i := range rule.distributions {
		d := &rule.distributions[i]
		if d.rollout <= 0 {
			continue
		}
		hash.Ranges = append(hash.Ranges, eval.TraceBucket{Variant: d.variantKey, From: float64(from), To: float64(d.upper)})
		from = d.upper
	}
	if chosen >= 0 {
		hash.Chosen = rule.distributions[chosen].variantKey
	}
	t.Steps[len(t.Steps)-1].Hash = hash
}

func traceThreshold(t *eval.Trace, step *rollout, index int, input string, b uint32, matched bool) {
	value := eval.BoolValue(step.value).String()
	hash := &eval.TraceHash{
		Algorithm: "crc32", Input: input, Bucket: b, Of: booleanBuckets,
		Ranges: []eval.TraceBucket{{Variant: value, From: 0, To: float64(step.percentage)}},
	}
	if matched {
		hash.Chosen = value
	}
	t.Steps = append(t.Steps, eval.TraceStep{Kind: "threshold", Index: index + 1, Hash: hash, Matched: matched})
}

func combination(and bool) string {
	if and {
		return "AND"
	}
	return "OR"
}
