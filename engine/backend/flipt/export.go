package flipt

import (
	"context"
	"encoding/base64"
	"fmt"

	"github.com/goccy/go-json"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/eval"
)

// snapshotResult is the answer of the method flipt.snapshot.
type snapshotResult struct {
	Snapshot string `json:"snapshot"`
}

// exportMethod is the method flipt.snapshot: the flags in the form of the option "snapshot", base64.
func exportMethod(namespace string) func(context.Context, *backend.Call) (any, error) {
	return func(_ context.Context, call *backend.Call) (any, error) {
		compiled, ok := call.Rules.(*ruleset)
		if !ok {
			compiled = newRuleset(namespace, nil)
		}
		text, err := json.Marshal(compiled.export())
		if err != nil {
			return nil, &eval.Error{Code: eval.CodeInternal, Op: "flipt.snapshot", Msg: err.Error(), Err: err}
		}
		return snapshotResult{Snapshot: base64.StdEncoding.EncodeToString(text)}, nil
	}
}

// export returns the rule set as an engine snapshot. Broken flags are left out: the form has no place for them.
func (r *ruleset) export() snapshotDocument {
	version := uint64(1)
	n := &snapshotNamespace{
		Key: &r.namespace, Flags: map[string]snapshotFlag{}, Rules: map[string][]snapshotRule{},
		Rollouts: map[string][]snapshotRollout{}, Distributions: map[string][]snapshotDistribution{},
	}
	for key, f := range r.flags {
		if !f.broken {
			n.add(key, f)
		}
	}
	return snapshotDocument{Version: &version, Namespace: n}
}

func (n *snapshotNamespace) add(key string, f *flag) {
	flagType := variantType
	if f.flagType == eval.TypeBoolean {
		flagType = booleanType
	}
	to := snapshotFlag{Key: &f.key, Enabled: &f.enabled, Type: &flagType}
	if f.hasDescription {
		to.Description = &f.description
	}
	if v := f.defaultVariant; v != nil {
		to.DefaultVariant = &snapshotVariant{ID: v.ID, Key: v.Key, Attachment: pointerIf(v.HasAttachment, v.Attachment)}
	}
	n.Flags[key] = to
	rules := make([]snapshotRule, 0, len(f.rules))
	for i := range f.rules {
		rules = append(rules, n.exportRule(f, &f.rules[i], i))
	}
	n.Rules[key] = rules
	rollouts := make([]snapshotRollout, 0, len(f.rollouts))
	for i := range f.rollouts {
		rollouts = append(rollouts, exportRollout(&f.rollouts[i], i))
	}
	n.Rollouts[key] = rollouts
}

func (n *snapshotNamespace) exportRule(f *flag, r *rule, index int) snapshotRule {
	id, rank := fmt.Sprintf("%s-%d", f.key, index+1), index+1
	if r.seeded != nil {
		id, rank = r.seeded.id, r.seeded.rank
	}
	distributions := make([]snapshotDistribution, 0, len(r.distributions))
	for _, d := range r.distributions {
		distributions = append(distributions, snapshotDistribution{
			RuleID: id, Rollout: single(d.rollout), VariantKey: d.variantKey,
			VariantAttachment: pointerIf(d.hasAttachment, d.attachment),
		})
	}
	n.Distributions[id] = distributions
	return snapshotRule{ID: id, FlagKey: f.key, Segments: exportSegments(r), Rank: rank, SegmentOperator: r.operator()}
}

func exportRollout(r *rollout, index int) snapshotRollout {
	to := snapshotRollout{Type: rolloutNames[r.kind], Rank: index + 1}
	if r.seeded != nil {
		to.Rank = r.seeded.rank
	}
	switch r.kind {
	case rolloutThreshold:
		to.Threshold = &snapshotThreshold{Percentage: single(r.percentage), Value: r.value}
	case rolloutSegment:
		to.Segment = &snapshotRolloutSegments{Value: r.value, SegmentOperator: r.operator(), Segments: exportSegments(&r.rule)}
	}
	return to
}

func exportSegments(r *rule) map[string]snapshotSegment {
	segments := make(map[string]snapshotSegment, len(r.segments))
	for _, s := range r.segments {
		constraints := make([]snapshotConstraint, 0, len(s.constraints))
		for _, c := range s.constraints {
			constraints = append(constraints, snapshotConstraint{
				Type: c.names.constraintType, Property: c.property, Operator: c.names.operator, Value: c.value,
			})
		}
		segments[s.key] = snapshotSegment{Key: s.key, MatchType: s.matchType(), Constraints: constraints}
	}
	return segments
}

func pointerIf(there bool, text string) *string {
	if !there {
		return nil
	}
	return &text
}

func (rule *rule) operator() string {
	if rule.and {
		return andOperator
	}
	return orOperator
}

func (s *segment) matchType() string {
	if s.any {
		return anyMatchType
	}
	return allMatchType
}
