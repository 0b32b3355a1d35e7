package flagship

import (
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
	NullSlug // the slug is null; an environment file without a slug counts as that
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

// Assignment is the variation of a group that a visitor has, as it is remembered.
type Assignment struct{ VariationGroupID, VariationID string }

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
	// Assigned are the assignments that the visitor's history did not hold.
	Assigned []Assignment

	work workspace
}

// Find returns the flag with a key, or nil.
func (d *Decision) Find(key string) *Flag {
	for i := range d.Flags {
		if d.Flags[i].Key == key {
			return &d.Flags[i]
		}
	}
	return nil
}

func (d *Decision) reset() {
	d.Panic, d.Unlisted = false, false
	d.Allocations, d.Flags, d.Assigned = d.Allocations[:0], d.Flags[:0], d.Assigned[:0]
}

// collect fills Flags from Allocations that belong to no rule set.
func (d *Decision) collect() {
	places := map[string]int{}
	for _, a := range d.Allocations {
		for i := range a.Modifications {
			flag := Flag{Modification: &a.Modifications[i], From: a}
			place, known := places[flag.Key]
			if known {
				d.Flags[place] = flag
				continue
			}
			places[flag.Key] = len(d.Flags)
			d.Flags = append(d.Flags, flag)
		}
	}
}
