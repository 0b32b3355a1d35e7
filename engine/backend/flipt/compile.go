package flipt

import (
	"bytes"
	"hash/maphash"
	"slices"
	"sort"
	"strings"

	"github.com/burgee-flags/burgee/engine/eval"
)

const (
	andOperator  = "AND_SEGMENT_OPERATOR"
	orOperator   = "OR_SEGMENT_OPERATOR"
	anyMatchType = "ANY_SEGMENT_MATCH_TYPE"
	allMatchType = "ALL_SEGMENT_MATCH_TYPE"
	booleanType  = "BOOLEAN_FLAG_TYPE"
	variantType  = "VARIANT_FLAG_TYPE"
)

// flagCompiler turns wire types into compiled ones. What it returns holds no reference to the document.
type flagCompiler struct {
	texts            [1024]string        // recently kept, each at the place that its hash names
	segments         map[uint64]*segment // by the fingerprint of their text
	names            map[constraintNames]*constraintNames
	constraintBuffer []wireConstraint
}

func newFlagCompiler() *flagCompiler {
	return &flagCompiler{segments: map[uint64]*segment{}, names: map[constraintNames]*constraintNames{}}
}

// keep returns a copy of s that outlives the document. Texts that repeat, such as property names and segment keys, mostly
// share one copy.
func (c *flagCompiler) keep(s string) string {
	if s == "" {
		return ""
	}
	place := &c.texts[maphash.String(seed, s)%uint64(len(c.texts))]
	if *place != s {
		*place = strings.Clone(s)
	}
	return *place
}

func (c *flagCompiler) keepNames(constraintType, operator string) *constraintNames {
	names := constraintNames{constraintType, operator}
	kept, ok := c.names[names]
	if !ok {
		kept = &constraintNames{strings.Clone(constraintType), strings.Clone(operator)}
		c.names[*kept] = kept
	}
	return kept
}

func (c *flagCompiler) distribution(w *wireDistribution) distribution {
	return distribution{
		variantKey: c.keep(w.variantKey), attachment: c.keep(w.attachment), hasAttachment: w.hasAttachment, rollout: w.rollout,
	}
}

func (c *flagCompiler) segment(w *wireSegment) *segment {
	s := &segment{
		key: c.keep(w.key), any: w.matchType != allMatchType,
		constraints: make([]constraint, len(w.constraints)),
	}
	c.constraintBuffer = w.constraints
	for i := range w.constraints {
		from := &w.constraints[i]
		to := &s.constraints[i]
		to.names = c.keepNames(from.constraintType, from.operator)
		to.property, to.value = c.keep(from.property), c.keep(from.value)
		to.compileOperation()
	}
	return s
}

func (c *flagCompiler) flag(w *wireFlag) *flag {
	f := &flag{
		key: strings.Clone(w.key), flagType: eval.TypeVariant, enabled: w.enabled,
		description: strings.Clone(w.description), hasDescription: w.hasDescription,
	}
	if w.flagType == booleanType {
		f.flagType = eval.TypeBoolean
	}
	if w.defaultVariant.has != 0 {
		f.defaultVariant = &eval.Variant{
			ID: c.keep(w.defaultVariant.id), Key: c.keep(w.defaultVariant.key),
			Attachment: c.keep(w.defaultVariant.attachment), HasAttachment: w.defaultVariant.hasAttachment,
		}
	}
	wireRules := collapseRepeated(w.rules)
	if f.flagType == eval.TypeVariant && len(wireRules) > 0 {
		f.rules = make([]rule, 0, len(wireRules))
		for i := range wireRules {
			f.rules = append(f.rules, compileRule(wireRules[i].segments, wireRules[i].segmentOperator))
			setDistributions(&f.rules[i], wireRules[i].distributions)
		}
	}
	if f.flagType == eval.TypeBoolean && len(w.rollouts) > 0 {
		f.rollouts = make([]rollout, 0, len(w.rollouts))
		for i := range w.rollouts {
			f.rollouts = append(f.rollouts, compileRollout(&w.rollouts[i]))
		}
	}
	f.assignIDs()
	return f
}

// compileRule sorts the segments by key, so that answers list them in the same order every time. Of segments with the
// same key the last one counts.
func compileRule(segments []*segment, operator string) rule {
	r := rule{and: operator == andOperator, segments: make([]*segment, 0, len(segments))}
	for _, s := range segments {
		if at := slices.IndexFunc(r.segments, func(other *segment) bool { return other.key == s.key }); at >= 0 {
			r.segments[at] = s
			continue
		}
		r.segments = append(r.segments, s)
	}
	sort.SliceStable(r.segments, func(i, j int) bool { return r.segments[i].key < r.segments[j].key })
	return r
}

func setDistributions(r *rule, distributions []distribution) {
	r.distributions = slices.Clone(distributions)
	r.usable = setUppers(r.distributions)
}

func compileRollout(w *wireRollout) rollout {
	switch {
	case w.hasThreshold:
		return rollout{kind: rolloutThreshold, value: w.threshold.value, percentage: w.threshold.percentage}
	case w.hasSegment:
		return rollout{
			kind: rolloutSegment, value: w.segment.value, rule: compileRule(w.segment.segments, w.segment.segmentOperator),
		}
	}
	return rollout{kind: rolloutUnknown}
}

// collapseRepeated undoes what a v1 server does to a rule with N segments: it sends the rule N times in a row, each with
// its list of distributions N times over, and normalising that list would move about a third of the entities.
func collapseRepeated(rules []wireRule) []wireRule {
	if !slices.ContainsFunc(rules, func(r wireRule) bool { return len(r.segments) > 1 }) {
		return rules
	}
	collapsed := rules[:0:0]
	for i := 0; i < len(rules); {
		n := len(rules[i].segments)
		if n < 2 || !repeats(rules[i:], n) {
			collapsed = append(collapsed, rules[i])
			i++
			continue
		}
		one := rules[i]
		one.distributions = one.distributions[:len(one.distributions)/n]
		collapsed = append(collapsed, one)
		i += n
	}
	return collapsed
}

func repeats(rules []wireRule, n int) bool {
	if len(rules) < n || rules[0].id == "" {
		return false
	}
	for _, r := range rules[1:n] {
		if r.id != rules[0].id || len(r.segments) != n {
			return false
		}
	}
	d := rules[0].distributions
	if len(d)%n != 0 {
		return false
	}
	period := len(d) / n
	for i := period; i < len(d); i++ {
		if d[i] != d[i-period] {
			return false
		}
	}
	return true
}

// newRuleset indexes the flags. Of flags with the same key the last one counts.
func newRuleset(namespace string, flags []*flag) *ruleset {
	byKey := make(map[string]*flag, len(flags))
	for _, f := range flags {
		byKey[f.key] = f
	}
	return newRulesetOf(namespace, byKey)
}

func newRulesetOf(namespace string, flags map[string]*flag) *ruleset {
	r := &ruleset{namespace: namespace, flags: flags, byFingerprint: make(map[uint64]*flag, len(flags))}
	r.keys = make([]string, 0, len(r.flags))
	for key, f := range r.flags {
		r.keys = append(r.keys, key)
		r.byFingerprint[f.fingerprint] = f
	}
	slices.Sort(r.keys)
	return r
}

// seed makes fingerprints comparable within this process.
var seed = maphash.MakeSeed()

func fingerprint(text []byte) uint64 { return maphash.Bytes(seed, bytes.TrimSpace(text)) }
