package declarative

import (
	"fmt"
	"strconv"

	"github.com/goccy/go-json"
)

func (c *converter) readRules(flag object, variants map[string]*string, out *wireFlag) error {
	list, err := flag.list("rules")
	if err != nil {
		return err
	}
	out.Rules = make([]wireRule, 0, len(list))
	lastRank := 0.0
	for i, item := range list {
		where := fmt.Sprintf("rule %d", i+1)
		o, err := c.object(item, where, "id", "segment", "rank", "distributions")
		if err != nil {
			return err
		}
		rank, err := o.number("rank")
		if err != nil {
			return err
		}
		if r, err := strconv.ParseFloat(rank, 64); err == nil && r != 0 {
			if r < lastRank {
				c.report("%s: rank %s comes after a higher one; rules count in the order of the list", where, rank)
			}
			lastRank = r
		}
		chosen := o.get("segment")
		if chosen == nil {
			return fmt.Errorf("%s has no segment", where)
		}
		rule := wireRule{ID: fmt.Sprintf("%s-%d", out.Key, i+1), Rank: i + 1}
		if rule.Segments, rule.SegmentOperator, err = c.readSegmentChoice(chosen, where+": segment"); err != nil {
			return err
		}
		if rule.Distributions, err = c.readDistributions(o, variants, rule.ID); err != nil {
			return err
		}
		out.Rules = append(out.Rules, rule)
	}
	return nil
}

// readSegmentChoice reads which segments a rule or a rollout asks for: a key, a list of keys, or a mapping.
func (c *converter) readSegmentChoice(v *value, where string) ([]json.RawMessage, string, error) {
	operator, chosen := "OR_SEGMENT_OPERATOR", v
	if v.kind == mappingKind {
		o, err := c.object(v, where, "key", "keys", "segments", "operator", "segmentOperator", "segment_operator", "value")
		if err != nil {
			return nil, "", err
		}
		if _, name := o.first("operator", "segmentOperator", "segment_operator"); name != "" {
			if operator, err = o.choice(name, operator, "AND_SEGMENT_OPERATOR"); err != nil {
				return nil, "", err
			}
		}
		if chosen, _ = o.first("keys", "segments", "key"); chosen == nil {
			c.report("%s names no segment", where)
			chosen = &value{kind: listKind}
		}
	}
	if chosen.kind != listKind {
		key, err := chosen.asText(where)
		if err != nil {
			return nil, "", err
		}
		found, err := c.segmentsOf([]string{key}, where)
		return found, operator, err
	}
	keys := make([]string, 0, len(chosen.items))
	for _, item := range chosen.items {
		key, err := item.asText(where)
		if err != nil {
			return nil, "", err
		}
		keys = append(keys, key)
	}
	found, err := c.segmentsOf(keys, where)
	return found, operator, err
}

func (c *converter) readDistributions(rule object, variants map[string]*string, ruleID string) ([]wireDistribution, error) {
	list, err := rule.list("distributions")
	if err != nil {
		return nil, err
	}
	out := make([]wireDistribution, 0, len(list))
	for i, item := range list {
		where := fmt.Sprintf("%s: distribution %d", rule.where, i+1)
		o, err := c.object(item, where, "id", "variant", "rollout")
		if err != nil {
			return nil, err
		}
		variant, err := o.text("variant")
		if err != nil {
			return nil, err
		}
		attachment, ok := variants[variant]
		if !ok {
			return nil, fmt.Errorf("%s: variant %q is not one of the flag's", where, variant)
		}
		rollout, err := o.number("rollout")
		if err != nil {
			return nil, err
		}
		c.checkPercentage(where+": rollout", rollout)
		if attachment != nil {
			if err := c.budget.spend(len(*attachment)); err != nil {
				return nil, err
			}
		}
		out = append(out, wireDistribution{
			RuleID: ruleID, VariantKey: variant, VariantAttachment: attachment, Rollout: json.Number(rollout),
		})
	}
	return out, nil
}

func (c *converter) checkPercentage(where, number string) {
	if f, err := strconv.ParseFloat(number, 64); err != nil || f < 0 || f > 100 {
		c.report("%s is %s, want 0 to 100", where, number)
	}
}

func (c *converter) readRollouts(flag object, out *wireFlag) error {
	list, err := flag.list("rollouts")
	if err != nil {
		return err
	}
	out.Rollouts = make([]wireRollout, 0, len(list))
	for i, item := range list {
		where := fmt.Sprintf("rollout %d", i+1)
		o, err := c.object(item, where, "id", "description", "segment", "threshold", "rank")
		if err != nil {
			return err
		}
		rollout, err := c.readRollout(o)
		if err != nil {
			return err
		}
		rollout.Rank = i + 1
		out.Rollouts = append(out.Rollouts, rollout)
	}
	return nil
}

func (c *converter) readRollout(rollout object) (wireRollout, error) {
	if threshold := rollout.get("threshold"); threshold != nil {
		return c.readThreshold(threshold, rollout.where+": threshold")
	}
	chosen := rollout.get("segment")
	if chosen == nil {
		return wireRollout{}, fmt.Errorf("%s has neither a segment nor a threshold", rollout.where)
	}
	where := rollout.where + ": segment"
	segments, operator, err := c.readSegmentChoice(chosen, where)
	if err != nil {
		return wireRollout{}, err
	}
	out := wireRollout{Type: "SEGMENT_ROLLOUT_TYPE", Segment: &wireRolloutSegment{SegmentOperator: operator, Segments: segments}}
	if chosen.kind == mappingKind {
		out.Segment.Value, err = object{of: chosen, where: where}.boolean("value")
	}
	return out, err
}

func (c *converter) readThreshold(v *value, where string) (wireRollout, error) {
	o, err := c.object(v, where, "percentage", "value")
	if err != nil {
		return wireRollout{}, err
	}
	percentage, err := o.number("percentage")
	if err != nil {
		return wireRollout{}, err
	}
	c.checkPercentage(where+": percentage", percentage)
	on, err := o.boolean("value")
	return wireRollout{
		Type: "THRESHOLD_ROLLOUT_TYPE", Threshold: &wireThreshold{Percentage: json.Number(percentage), Value: on},
	}, err
}
