package flagship

import (
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/eval"
)

// Visitor is for whom to decide.
type Visitor struct {
	// ID is the visitor's current id: the one of the account once somebody has logged in. It alone is hashed.
	ID string
	// Context are the visitor's attributes: texts, numbers and booleans. Others count as absent. Of repeated names the last
	// one counts.
	Context []eval.Attribute
	// History is the variation that the visitor had last in each variation group, by the ids of both. It may be nil.
	History map[string]string
	// AnonymousHistory is the same for the id that the visitor had before logging in. Only the rules of the decision API
	// look at it; for the others History is that of the record of either id: the visitor's own, if there is one.
	AnonymousHistory map[string]string
	// Hashes says which bytes of the id are hashed.
	Hashes sdk.HashInput
}

// Decide decides all campaigns for a visitor into d, in the order of the file. It neither waits nor, if d was used before,
// allocates. What d holds then belongs to the rule set or to v.
func (r *Ruleset) Decide(v *Visitor, d *Decision) {
	d.reset()
	d.Panic, d.Unlisted = r.panic, r.unlisted
	if r.panic {
		return
	}
	d.rules = r
	e := evaluation{
		rules: r, visitorID: v.ID, hashes: v.Hashes, history: v.History, work: &d.work,
		visitor: operand{value: eval.StringValue(v.ID)},
	}
	e.input, d.work.hashed = v.Hashes.Bytes(v.ID, d.work.hashed[:0])
	if r.targeting == ByDecisionAPI {
		e.anonymous = v.AnonymousHistory
	}
	d.work.prepare(r, v.Context)
	for i := range r.campaigns {
		p := &r.campaigns[i]
		_, chosen := e.campaign(p)
		if chosen == nil {
			continue
		}
		d.Allocations = append(d.Allocations, chosen)
		d.give(p, chosen, r.targeting)
	}
}

// give adds the flags of a variation. Those that an earlier campaign gave keep their place.
func (d *Decision) give(p *placed, from *Allocation, targeting Targeting) {
	for i := range from.Modifications {
		m := &from.Modifications[i]
		if targeting == ByDecisionAPI && m.Value.Kind == eval.Null {
			continue // it leaves out flags without a value, so that they override nothing
		}
		place := &d.work.flags[p.flags[m.place]]
		if *place != 0 {
			d.Flags[*place-1] = Flag{Modification: m, From: from}
			continue
		}
		d.Flags = append(d.Flags, Flag{Modification: m, From: from})
		*place = int32(len(d.Flags)) //nolint:gosec // no file has that many
	}
}

// prepare files the visitor's attributes under the places of the targeting keys.
func (w *workspace) prepare(r *Ruleset, attributes []eval.Attribute) {
	w.seen = zeroes(w.seen, len(r.names))
	w.flags = zeroes(w.flags, len(r.flags))
	w.operands = w.operands[:0]
	for i := range attributes {
		place, known := r.names[attributes[i].Name]
		if !known {
			continue
		}
		if !usable(attributes[i].Value) {
			w.seen[place] = 0
			continue
		}
		w.operands = append(w.operands, operand{value: attributes[i].Value})
		w.seen[place] = int32(len(w.operands)) //nolint:gosec // see above
	}
}

// zeroes returns n zeroes, in the memory of list if that is enough.
func zeroes(list []int32, n int) []int32 {
	if cap(list) < n {
		return make([]int32, n)
	}
	list = list[:n]
	clear(list)
	return list
}

// campaign chooses the variation group that targets the visitor, and the variation that the visitor has there. It is nil if
// the campaign has nothing for the visitor.
func (e *evaluation) campaign(p *placed) (*group, *Allocation) {
	if p.repeated && e.rules.targeting == ByDecisionAPI {
		return nil, nil
	}
	for i := range p.groups {
		g := &p.groups[i]
		if !e.matches(p, g) {
			continue
		}
		chosen := e.choose(g)
		if e.trace != nil {
			e.traceChoice(g, chosen)
		}
		if chosen == nil && e.rules.targeting == ByPython {
			continue
		}
		return g, chosen
	}
	return nil, nil
}

// buckets is how many parts visitors are hashed into. Allocations are per cent.
const buckets = 100

// choose returns the variation of the group that the visitor has: the one that the visitor had before, whatever its
// allocation, or the one that the hash falls on. A visitor whose variation is gone gets none, for ever.
func (e *evaluation) choose(g *group) *Allocation {
	if id, assigned := e.history[g.id]; assigned {
		chosen := g.variation(id)
		if chosen == nil {
			chosen = g.variation(e.anonymous[g.id])
		}
		return chosen
	}
	if id, assigned := e.anonymous[g.id]; assigned {
		return g.variation(id)
	}
	bucket := uint32(0)
	if !g.unhashed {
		bucket = e.bucket(g)
	}
	sum := 0.0
	for i, share := range g.shares {
		if share == 0 || share < 0 && e.rules.targeting == ByPython {
			continue
		}
		if sum += share; float64(bucket) < sum {
			return &g.variations[i]
		}
	}
	return nil
}

// variation finds a variation by its id.
func (g *group) variation(id string) *Allocation {
	for i := range g.variations {
		if g.variations[i].VariationID == id {
			return &g.variations[i]
		}
	}
	return nil
}

// bucket returns the visitor's place among the variations of the group, 0 to 99.
func (e *evaluation) bucket(g *group) uint32 {
	beginning := g.beginning[e.hashes]
	if e.work != nil {
		return beginning.With(e.input).Sum() % buckets
	}
	return e.hashes.Continue(beginning, e.visitorID).Sum() % buckets
}
