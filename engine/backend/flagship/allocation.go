package flagship

import (
	"maps"
	"slices"

	"github.com/burgee-flags/burgee/engine/eval"
)

// Allocation is one campaign as a visitor has it: with one of its variations. It is immutable. It may come from an
// environment file, the decision API or the visitor cache.
type Allocation struct {
	CampaignID         string
	CampaignName       string // empty when absent
	CampaignType       string // ab, toggle, perso, ...; any text
	Slug               string
	VariationGroupID   string
	VariationGroupName string
	VariationID        string
	VariationName      string
	Reference          bool
	// Given says which of the optional members were there, since the SDKs disagree on what stands in for the others.
	Given            Given
	ModificationType string // FLAG, JSON, TEXT, HTML, ...; any text, not interpreted
	Modifications    []Modification
}

// Given is a set of optional members of an Allocation.
type Given uint8

// The optional members.
const (
	GivenType Given = 1 << iota
	GivenReference
	GivenSlug
	NullSlug // the slug is null
	NoSlug   // an environment file has none, which JavaScript takes for null, and Python for an empty one
)

// Modification is one flag of a variation.
type Modification struct {
	Key   string
	Value eval.Value // Kind Null: nothing, so that the caller's default applies
	ID    uint64     // names key, value and allocation for as long as the process lives; 0: nothing does
	place int32      // among the flag keys of the campaign that it was compiled with
}

// Flag is what a visitor has under one key.
type Flag struct {
	*Modification
	From *Allocation
}

// Decision is all that was decided for one visitor. It may be used again for the next one, which then costs no memory.
type Decision struct {
	// Panic is the kill switch of the environment: no flag is readable, and nothing may be sent.
	Panic bool
	// Unlisted says that there was no list of campaigns at all, which is not the same as an empty one: then campaigns of
	// the visitor cache count.
	Unlisted    bool
	Allocations []*Allocation // in the order of the campaigns
	// Flags has one entry for each key, at the place where the first campaign put it, with what the last campaign gave it.
	Flags []Flag

	rules  *Ruleset         // that decided; nil: Flags are from elsewhere
	places map[string]int32 // 1 + index in Flags, by key; only without rules
	work   workspace
}

// Find returns the flag with a key, or nil. How many flags there are makes no difference.
func (d *Decision) Find(key string) *Flag {
	at := int32(0)
	if d.rules == nil {
		at = d.places[key]
	} else if f := d.rules.flags[key]; f != nil {
		at = d.work.flags[f.place]
	}
	if at == 0 {
		return nil
	}
	return &d.Flags[at-1]
}

// Clone returns a decision that shares no memory with d but what never changes, and takes no more than it needs.
func (d *Decision) Clone() *Decision {
	c := &Decision{
		Panic: d.Panic, Unlisted: d.Unlisted, Allocations: slices.Clone(d.Allocations), Flags: slices.Clone(d.Flags),
		rules: d.rules, places: maps.Clone(d.places),
	}
	if d.rules != nil {
		c.work.flags = slices.Clone(d.work.flags)
	}
	return c
}

func (d *Decision) reset() {
	d.Panic, d.Unlisted, d.rules = false, false, nil
	clear(d.places)
	d.Allocations, d.Flags = d.Allocations[:0], d.Flags[:0]
}

// collect fills Flags from Allocations that belong to no rule set.
func (d *Decision) collect() {
	if d.places == nil {
		d.places = make(map[string]int32, len(d.Allocations))
	}
	for _, a := range d.Allocations {
		for i := range a.Modifications {
			flag := Flag{Modification: &a.Modifications[i], From: a}
			if place := d.places[flag.Key]; place != 0 {
				d.Flags[place-1] = flag
				continue
			}
			d.Flags = append(d.Flags, flag)
			d.places[flag.Key] = int32(len(d.Flags)) //nolint:gosec // no answer has that many
		}
	}
}
