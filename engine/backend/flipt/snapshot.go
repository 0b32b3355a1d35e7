package flipt

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/goccy/go-json"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// The snapshot types mirror the engine snapshot, the form in which Flipt's engine exports and imports its flags.

type snapshotDocument struct {
	Version   *uint64            `json:"version"`
	Namespace *snapshotNamespace `json:"namespace"`
}

type snapshotNamespace struct {
	Key           *string                           `json:"key"`
	Flags         map[string]snapshotFlag           `json:"flags"`
	Rules         map[string][]snapshotRule         `json:"eval_rules"`
	Rollouts      map[string][]snapshotRollout      `json:"eval_rollouts"`
	Distributions map[string][]snapshotDistribution `json:"eval_distributions"`
}

type snapshotFlag struct {
	Key            *string          `json:"key"`
	Enabled        *bool            `json:"enabled"`
	Type           *string          `json:"type"`
	Description    *string          `json:"description,omitempty"`
	DefaultVariant *snapshotVariant `json:"default_variant,omitempty"`
}

type snapshotVariant struct {
	ID         string  `json:"id"`
	Key        string  `json:"key"`
	Attachment *string `json:"attachment,omitempty"`
}

type snapshotRule struct {
	ID              string                     `json:"id"`
	FlagKey         string                     `json:"flag_key"`
	Segments        map[string]snapshotSegment `json:"segments"`
	Rank            int                        `json:"rank"`
	SegmentOperator string                     `json:"segment_operator"`
}

type snapshotSegment struct {
	Key         string               `json:"segment_key"`
	MatchType   string               `json:"match_type"`
	Constraints []snapshotConstraint `json:"constraints"`
}

type snapshotConstraint struct {
	Type     string `json:"type"`
	Property string `json:"property"`
	Operator string `json:"operator"`
	Value    string `json:"value"`
}

type snapshotRollout struct {
	Type      string                   `json:"rollout_type"`
	Rank      int                      `json:"rank"`
	Segment   *snapshotRolloutSegments `json:"segment,omitempty"`
	Threshold *snapshotThreshold       `json:"threshold,omitempty"`
}

type snapshotRolloutSegments struct {
	Value           bool                       `json:"value"`
	SegmentOperator string                     `json:"segment_operator"`
	Segments        map[string]snapshotSegment `json:"segments"`
}

type snapshotThreshold struct {
	Percentage single `json:"percentage"`
	Value      bool   `json:"value"`
}

type snapshotDistribution struct {
	RuleID            string  `json:"rule_id"`
	Rollout           single  `json:"rollout"`
	VariantKey        string  `json:"variant_key"`
	VariantAttachment *string `json:"variant_attachment,omitempty"`
}

// single is a single-precision number that is written with a decimal point.
type single float32

// MarshalJSON implements json.Marshaler.
func (s single) MarshalJSON() ([]byte, error) {
	text := strconv.AppendFloat(nil, float64(s), 'f', -1, 32)
	if !slices.Contains(text, '.') {
		text = append(text, ".0"...)
	}
	return text, nil
}

// importSnapshot compiles an engine snapshot. Where it lacks an entry, or ranks are out of order, the flags concerned
// answer the error of Flipt's engine. The namespace is not compared: an evaluation then finds no flags.
func importSnapshot(text []byte, namespace string) (*ruleset, error) {
	end, err := jsonscan.Skip(text, jsonscan.SkipSpace(text, 0))
	if err == nil {
		err = jsonscan.End(text, end)
	}
	if err != nil {
		return nil, err
	}
	var document snapshotDocument
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	n := document.Namespace
	if document.Version == nil || n == nil || n.Key == nil || n.Flags == nil || n.Rules == nil || n.Rollouts == nil ||
		n.Distributions == nil {
		return nil, fmt.Errorf("the engine snapshot lacks version, namespace, key, flags, eval_rules, eval_rollouts or eval_distributions")
	}
	if namespace == "" {
		namespace = *n.Key
	}
	if *n.Key != namespace {
		rules := newRuleset(namespace, nil)
		rules.problem = "unknown error: failed to get flags for " + namespace
		return rules, nil
	}
	c := newFlagCompiler()
	flags := make(map[string]*flag, len(n.Flags))
	for key, from := range n.Flags {
		f, err := n.flag(c, key, &from)
		if err != nil {
			return nil, err
		}
		flags[key] = f
	}
	return newRulesetOf(namespace, flags), nil
}

func (n *snapshotNamespace) flag(c *flagCompiler, lookupKey string, from *snapshotFlag) (*flag, error) {
	if from.Key == nil || from.Enabled == nil || from.Type == nil {
		return nil, fmt.Errorf("flag %q lacks key, enabled or type", lookupKey)
	}
	f := c.flag(&wireFlag{key: *from.Key, enabled: *from.Enabled, flagType: *from.Type})
	if from.Description != nil {
		f.description, f.hasDescription = *from.Description, true
	}
	if v := from.DefaultVariant; v != nil {
		attachment, has := optional(v.Attachment)
		f.defaultVariant = &eval.Variant{ID: v.ID, Key: v.Key, Attachment: attachment, HasAttachment: has}
	}
	if f.flagType == eval.TypeBoolean {
		n.rollouts(c, lookupKey, f)
	} else {
		n.rules(c, lookupKey, f)
	}
	f.assignIDs()
	text, err := json.Marshal(n.exportable(lookupKey))
	if err != nil {
		return nil, err
	}
	f.fingerprint = fingerprint(text)
	return f, nil
}

// exportable gathers what defines one flag.
func (n *snapshotNamespace) exportable(key string) any {
	rules := n.Rules[key]
	distributions := make([][]snapshotDistribution, len(rules))
	for i := range rules {
		distributions[i] = n.Distributions[rules[i].ID]
	}
	return []any{n.Flags[key], rules, n.Rollouts[key], distributions}
}

func (n *snapshotNamespace) rules(c *flagCompiler, lookupKey string, f *flag) {
	rules, ok := n.Rules[lookupKey]
	if !ok {
		f.failure = fmt.Sprintf("unknown error: error getting evaluation rules for namespace %s and flag %s", *n.Key, lookupKey)
		return
	}
	lastRank := 0
	for _, from := range rules {
		r := compileRule(segmentsOf(c, from.Segments), from.SegmentOperator)
		r.seeded = &seeded{id: from.ID, rank: from.Rank}
		if from.Rank < lastRank {
			r.seeded.failure = fmt.Sprintf("invalid request: rule rank: %d detected out of order", from.Rank)
		}
		lastRank = from.Rank
		distributions, ok := n.Distributions[from.ID]
		if !ok {
			r.seeded.matchFailure = fmt.Sprintf("unknown error: error getting evaluation distributions for namespace %s and rule %s",
				*n.Key, from.ID)
		}
		compiled := make([]distribution, 0, len(distributions))
		for _, d := range distributions {
			attachment, has := optional(d.VariantAttachment)
			compiled = append(compiled, distribution{
				variantKey: d.VariantKey, attachment: attachment, hasAttachment: has, rollout: float32(d.Rollout),
			})
		}
		setDistributions(&r, compiled)
		f.rules = append(f.rules, r)
	}
}

func (n *snapshotNamespace) rollouts(c *flagCompiler, lookupKey string, f *flag) {
	rollouts, ok := n.Rollouts[lookupKey]
	if !ok {
		f.failure = fmt.Sprintf("unknown error: error getting evaluation rollouts for namespace %s and flag %s", *n.Key, lookupKey)
		return
	}
	lastRank := 0
	for _, from := range rollouts {
		var w wireRollout
		if t := from.Threshold; t != nil {
			w.hasThreshold, w.threshold = true, wireThreshold{percentage: float32(t.Percentage), value: t.Value}
		}
		if s := from.Segment; s != nil {
			w.hasSegment = true
			w.segment = wireRolloutSegment{
				value: s.Value, segments: segmentsOf(c, s.Segments), segmentOperator: s.SegmentOperator,
			}
		}
		step := compileRollout(&w)
		step.seeded = &seeded{rank: from.Rank}
		if from.Segment != nil {
			reportOwnKeys(&step.rule, from.Segment.Segments)
		}
		if from.Rank < lastRank {
			step.seeded.failure = fmt.Sprintf("invalid request: rollout rank: %d detected out of order", from.Rank)
		}
		lastRank = from.Rank
		f.rollouts = append(f.rollouts, step)
	}
}

// segmentsOf compiles segments under the keys of the map, which answers of variant flags report.
func segmentsOf(c *flagCompiler, from map[string]snapshotSegment) []*segment {
	var segments []*segment
	for key, s := range from {
		w := wireSegment{key: key, matchType: s.MatchType}
		for _, constraint := range s.Constraints {
			w.constraints = append(w.constraints, wireConstraint{
				constraintType: constraint.Type, property: constraint.Property, operator: constraint.Operator,
				value: constraint.Value,
			})
		}
		segments = append(segments, c.segment(&w))
	}
	return segments
}

// reportOwnKeys makes answers name the segments by their own member segment_key, as Flipt's engine does for boolean flags
// only.
func reportOwnKeys(r *rule, from map[string]snapshotSegment) {
	for _, s := range r.segments {
		s.key = from[s.key].Key
	}
}

func optional(s *string) (string, bool) {
	if s == nil {
		return "", false
	}
	return *s, true
}
