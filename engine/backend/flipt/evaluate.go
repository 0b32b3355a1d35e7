package flipt

import (
	"github.com/burgee-flags/burgee/engine/eval"
)

// Resolve implements eval.Ruleset.
func (r *ruleset) Resolve(flagKey string, ec *eval.Context, out *eval.Outcome) {
	out.Reset(flagKey)
	f, ok := r.flags[flagKey]
	if !ok {
		out.Fail(eval.CodeFlagNotFound, "invalid request: failed to get flag information "+r.namespace+"/"+flagKey)
		return
	}
	out.FlagKey = f.key
	out.Type = f.flagType
	if out.Trace != nil {
		out.Trace.Enabled = f.enabled
	}
	switch {
	case f.broken:
		out.Fail(eval.CodeParse, undecodable+": "+f.failure)
	case f.flagType == eval.TypeBoolean:
		f.resolveBoolean(ec, out)
	default:
		f.resolveVariant(ec, out)
	}
}

func (f *flag) resolveVariant(ec *eval.Context, out *eval.Outcome) {
	out.ID = f.ids + 1
	if d := f.defaultVariant; d != nil {
		out.Reason = eval.ReasonDefault
		setVariant(out, d.Key, d.Attachment, d.HasAttachment)
	}
	if !f.enabled {
		out.Reason = eval.ReasonDisabled
		out.ID = f.ids
		return
	}
	if f.failure != "" {
		out.Fail(eval.CodeGeneral, f.failure)
		return
	}
	for i := range f.rules {
		rule := &f.rules[i]
		if rule.seeded != nil && rule.seeded.failure != "" {
			out.Fail(eval.CodeGeneral, rule.seeded.failure)
			return
		}
		mask, matched := rule.matches("rule", i, ec, out)
		if !matched {
			continue
		}
		if rule.seeded != nil && rule.seeded.matchFailure != "" {
			out.Fail(eval.CodeGeneral, rule.seeded.matchFailure)
			return
		}
		out.Reason = eval.ReasonTargetingMatch
		chosen := rule.distribute(f.key, ec, out)
		if chosen >= 0 {
			d := &rule.distributions[chosen]
			setVariant(out, d.variantKey, d.attachment, d.hasAttachment)
		}
		out.ID = rule.outcomeID(f, mask, max(0, chosen))
		return
	}
}

// distribute picks the entity's distribution; -1 when the rule has none with a rollout above 0.
func (rule *rule) distribute(flagKey string, ec *eval.Context, out *eval.Outcome) int {
	if rule.usable == 0 {
		return -1
	}
	if rule.usable > 1 {
		out.Reason = eval.ReasonSplit
	}
	b := variantBucket(flagKey, ec.TargetingKey)
	chosen := choose(rule.distributions, b)
	if out.Trace != nil {
		traceDistribution(out.Trace, rule, flagKey+ec.TargetingKey, b, chosen)
	}
	return chosen
}

func (f *flag) resolveBoolean(ec *eval.Context, out *eval.Outcome) {
	if f.failure != "" {
		out.Fail(eval.CodeGeneral, f.failure)
		return
	}
	for i := range f.rollouts {
		step := &f.rollouts[i]
		if step.seeded != nil && step.seeded.failure != "" {
			out.Fail(eval.CodeGeneral, step.seeded.failure)
			return
		}
		switch step.kind {
		case rolloutThreshold:
			b := booleanBucket(f.key, ec.TargetingKey)
			matched := float32(b) < step.percentage
			if out.Trace != nil {
				traceThreshold(out.Trace, step, i, ec.TargetingKey+f.key, b, matched)
			}
			if matched {
				out.Reason = eval.ReasonSplit
				out.Value = eval.BoolValue(step.value)
				out.ID = f.ids + step.ids
				return
			}
		case rolloutSegment:
			if mask, matched := step.matches("segment", i, ec, out); matched {
				out.Reason = eval.ReasonTargetingMatch
				out.Value = eval.BoolValue(step.value)
				out.ID = step.outcomeID(f, mask, 0)
				return
			}
		}
	}
	out.Reason = eval.ReasonDefault
	out.Value = eval.BoolValue(f.enabled)
	out.ID = f.ids
}

// matches evaluates the rule's segments, leaves the keys of those that match in out.Segments if the rule matches, and
// returns which they are, a bit each.
func (rule *rule) matches(kind string, index int, ec *eval.Context, out *eval.Outcome) (mask uint64, matched bool) {
	if out.Trace != nil {
		traceRule(out.Trace, kind, index, rule)
	}
	if rule.and {
		for _, s := range rule.segments {
			if !s.matches(ec, out.Trace) {
				return 0, false
			}
		}
		for _, s := range rule.segments {
			out.Segments = append(out.Segments, s.key)
		}
		traceMatched(out.Trace)
		return 0, true
	}
	for i, s := range rule.segments {
		if s.matches(ec, out.Trace) {
			out.Segments = append(out.Segments, s.key)
			mask |= 1 << (i & 63)
		}
	}
	if len(out.Segments) == 0 {
		return 0, false
	}
	traceMatched(out.Trace)
	return mask, true
}

// matches stops at the constraint that decides.
func (s *segment) matches(ec *eval.Context, trace *eval.Trace) bool {
	matched := s.decide(ec, trace)
	if trace != nil {
		traceSegment(trace, s, matched)
	}
	return matched
}

func (s *segment) decide(ec *eval.Context, trace *eval.Trace) bool {
	for i := range s.constraints {
		c := &s.constraints[i]
		seen := c.seen(ec)
		holds := c.holds(seen)
		if trace != nil {
			traceConstraint(trace, s, c, seen, holds)
		}
		switch {
		case c.op == opUnknownType:
			return false
		case holds && s.any:
			return true
		case !holds && !s.any:
			return false
		}
	}
	return !s.any || len(s.constraints) == 0
}

// outcomeID names the outcome of the rule's distribution for one set of matching segments; 0 when there are too many
// sets to number.
func (rule *rule) outcomeID(f *flag, mask uint64, distribution int) uint64 {
	if rule.and {
		return f.ids + rule.ids + uint64(distribution)
	}
	if len(rule.segments) > maxMaskedSegments {
		return 0
	}
	return f.ids + rule.ids + mask*uint64(max(1, len(rule.distributions))) + uint64(distribution)
}

func setVariant(out *eval.Outcome, key, attachment string, hasAttachment bool) {
	out.Variant = key
	out.Value = eval.Value{}
	if key != "" {
		out.Value = eval.StringValue(key)
	}
	out.Attachment = eval.Value{}
	if hasAttachment {
		out.Attachment = eval.StringValue(attachment)
	}
}
