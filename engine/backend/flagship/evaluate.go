package flagship

import "github.com/burgee-flags/burgee/engine/eval"

// The outcomes that hold nothing of the flag share an id each.
var (
	unallocatedID = eval.ReserveIDs(1)
	panicID       = eval.ReserveIDs(1)
)

// Resolve implements eval.Ruleset: it decides the campaigns that can give the flag. The targeting key is the visitor's id,
// the attributes are the visitor's context; nothing is remembered between calls. In panic every flag is disabled, also one
// that the file does not name, because such a file may name none.
func (r *Ruleset) Resolve(flagKey string, ec *eval.Context, out *eval.Outcome) {
	out.Reset(flagKey)
	f, known := r.flags[flagKey]
	switch {
	case r.panic:
		out.Reason, out.ID = eval.ReasonDisabled, panicID
		return
	case !known:
		out.Fail(eval.CodeFlagNotFound, "no campaign has a flag "+flagKey)
		return
	}
	if out.Trace != nil {
		out.Trace.Enabled = true
	}
	e := evaluation{
		rules: r, visitorID: ec.TargetingKey, hashes: r.hashes, attributes: ec, trace: out.Trace,
		visitor: operand{value: eval.StringValue(ec.TargetingKey)},
	}
	// The last campaign that gives the flag counts.
	for i := len(f.carriers) - 1; i >= 0; i-- {
		g, chosen := e.campaign(&r.campaigns[f.carriers[i]])
		if chosen == nil {
			continue
		}
		m := chosen.find(flagKey)
		if m == nil || m.Value.Kind == eval.Null && r.targeting == ByDecisionAPI {
			if e.trace != nil {
				e.step().Note += ", which does not give this flag"
			}
			continue
		}
		out.Reason = eval.ReasonSplit
		if g.unhashed {
			out.Reason = eval.ReasonTargetingMatch
		}
		chosen.fill(m, out)
		return
	}
	out.Reason, out.ID = eval.ReasonDefault, unallocatedID
}

// fill says what a flag is with a variation.
func (a *Allocation) fill(m *Modification, out *eval.Outcome) {
	out.Type, out.Value, out.Served, out.ID = valueTypes[m.Value.Kind], m.Value, m.Value, m.ID
	out.Variant, out.FlagName, out.RuleName = a.VariationID, a.CampaignName, a.VariationGroupName
	out.Segments = append(out.Segments, a.VariationGroupID) // an activation names the group
}

// Resolve is Ruleset.Resolve for the one visitor whom this was decided for. It reports whether the visitor has the flag; if
// not, out says that no campaign gives it.
func (d *Decision) Resolve(flagKey string, out *eval.Outcome) bool {
	out.Reset(flagKey)
	if d.Panic {
		out.Reason, out.ID = eval.ReasonDisabled, panicID
		return true
	}
	f := d.Find(flagKey)
	if f == nil {
		out.Reason, out.ID = eval.ReasonDefault, unallocatedID
		return false
	}
	out.Reason = eval.ReasonTargetingMatch
	f.From.fill(f.Modification, out)
	return true
}
