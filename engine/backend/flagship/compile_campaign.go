package flagship

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/bucket"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// campaignCompiler compiles one campaign. What it returns aliases the campaign's own copy of its text.
type campaignCompiler struct {
	targeting Targeting
	c         *campaign
	base      Allocation       // what all variations have in common
	names     map[string]int32 // places in c.names
	keys      map[string]int32 // places in c.flags
}

// broken is why a campaign is left out.
type broken string

// compileCampaign compiles the text of a campaign, which the campaign keeps.
func compileCampaign(text []byte, targeting Targeting) *campaign {
	c := campaignCompiler{
		targeting: targeting, c: &campaign{}, names: map[string]int32{}, keys: map[string]int32{},
	}
	if why := c.compile(text); why != "" {
		name := "a campaign"
		if c.c.id != "" {
			name = "campaign " + c.c.id
		}
		problem := name + " is left out: " + string(why)
		return &campaign{broken: problem, warnings: []string{problem}}
	}
	return c.c
}

func (c *campaignCompiler) warn(format string, args ...any) {
	c.c.warnings = append(c.c.warnings, "campaign "+c.c.id+": "+fmt.Sprintf(format, args...))
}

func (c *campaignCompiler) compile(text []byte) broken {
	if !isObject(text) {
		return "it is not an object"
	}
	w := readCampaign(text)
	c.c.id = textOf(w.id)
	switch {
	case c.c.id == "":
		return "it has no id"
	case !isArray(w.groups):
		return "it has no list of variationGroups"
	}
	c.base = Allocation{
		CampaignID: c.c.id, CampaignName: textOf(w.name), CampaignType: textOf(w.kind), Slug: textOf(w.slug),
		Given: given(w.kind, nil, w.slug),
	}
	if len(w.slug) == 0 {
		c.base.Given |= NoSlug
	}
	var why broken
	jsonscan.Elements(w.groups, func(raw []byte) {
		if why == "" {
			var g group
			if g, why = c.group(raw); why != "" {
				why = broken(fmt.Sprintf("variationGroups[%d]%s", len(c.c.groups), why))
				return
			}
			c.c.groups = append(c.c.groups, g)
		}
	})
	c.reserveIDs()
	return why
}

// given says which of the optional members are there.
func given(kind, reference, slug []byte) (g Given) {
	if isText(kind) {
		g |= GivenType
	}
	if !isNull(reference) {
		g |= GivenReference
	}
	switch {
	case isText(slug):
		g |= GivenSlug
	case len(slug) > 0:
		g |= NullSlug
	}
	return g
}

func (c *campaignCompiler) group(raw []byte) (g group, why broken) {
	w := readGroup(raw)
	g = group{id: textOf(w.id), name: textOf(w.name)}
	switch {
	case g.id == "":
		return g, " has no id"
	case !isArray(w.variations):
		return g, " has no list of variations"
	}
	for input := range sdk.HashInputs {
		bytes, _ := input.Bytes(g.id, nil)
		g.beginning[input] = bucket.Murmur3{}.With(bytes)
	}
	groups := member(w.targeting, "targetingGroups")
	if !isArray(groups) {
		c.warn("variation group %s has no targetingGroups, so that it is for nobody", g.id)
	}
	jsonscan.Elements(groups, func(raw []byte) { g.alternates = append(g.alternates, c.ruleList(g.id, raw)) })
	jsonscan.Elements(w.variations, func(raw []byte) {
		if why == "" {
			a, share, problem := c.variation(&g, raw)
			if problem != "" {
				why = broken(fmt.Sprintf(".variations[%d] %s", len(g.variations), problem))
				return
			}
			g.variations, g.shares = append(g.variations, a), append(g.shares, share)
		}
	})
	for _, share := range g.shares {
		if share != 0 {
			g.unhashed = share >= buckets
			break
		}
	}
	return g, why
}

func (c *campaignCompiler) ruleList(group string, raw []byte) (list ruleList) {
	rules := member(raw, "targetings")
	if !isArray(rules) {
		c.warn("variation group %s has a targeting group without targetings, which is for nobody", group)
		return ruleList{missing: true}
	}
	jsonscan.Elements(rules, func(raw []byte) {
		r, problem := c.compileRule(raw)
		if problem != "" {
			c.warn("variation group %s, rule on %q: %s", group, r.written.key, problem)
		}
		list.rules = append(list.rules, r)
	})
	return list
}

func (c *campaignCompiler) variation(g *group, raw []byte) (a Allocation, share float64, why broken) {
	w := readVariation(raw)
	modifications := readModifications(w.modifications)
	a = c.base
	a.VariationGroupID, a.VariationGroupName = g.id, g.name
	a.VariationID, a.VariationName = textOf(w.id), textOf(w.name)
	a.Reference, a.Given = truthy(w.reference), a.Given|given(nil, w.reference, nil)
	a.ModificationType = textOf(modifications.kind)
	switch {
	case a.VariationID == "":
		return a, 0, "has no id"
	case !isObject(w.modifications):
		return a, 0, "has no modifications"
	case !isObject(modifications.value) && !isNull(modifications.value):
		return a, 0, "has modifications whose value is not an object"
	}
	a.Modifications = readFlags(modifications.value)
	for i := range a.Modifications {
		m := &a.Modifications[i]
		m.place = c.keyOf(m.Key)
		c.c.flags[m.place].add(valueTypes[m.Value.Kind], false)
	}
	return a, c.share(a.VariationID, w.allocation), ""
}

// share reads an allocation. Whatever is no number is none.
func (c *campaignCompiler) share(variation string, raw []byte) float64 {
	if len(raw) == 0 {
		return 0
	}
	share, err := strconv.ParseFloat(string(raw), 64)
	if !isNumber(raw) || err != nil {
		c.warn("variation %s has an allocation that is not a number, and counts as 0: %s", variation, describe(raw))
		return 0
	}
	return share
}

// readFlags reads the flags of a variation, an object, in their order. Of repeated keys the last one counts.
func readFlags(object []byte) (list []Modification) {
	jsonscan.Members(object, func(name string, raw []byte) {
		m := Modification{Key: strings.Clone(name), Value: evaljson.Value(raw)}
		list = append(list, m)
	})
	places := make(map[string]int, len(list))
	kept := list[:0]
	for _, m := range list {
		if at, known := places[m.Key]; known {
			kept[at] = m
			continue
		}
		places[m.Key] = len(kept)
		kept = append(kept, m)
	}
	return kept
}

// nameOf returns the place of a targeting key among those of the campaign.
func (c *campaignCompiler) nameOf(key string) int32 {
	at, known := c.names[key]
	if !known {
		at = int32(len(c.c.names)) //nolint:gosec // no campaign has that many
		c.names[key] = at
		c.c.names = append(c.c.names, key)
	}
	return at
}

// keyOf returns the place of a flag key among those of the campaign.
func (c *campaignCompiler) keyOf(key string) int32 {
	at, known := c.keys[key]
	if !known {
		at = int32(len(c.c.flags)) //nolint:gosec // see above
		c.keys[key] = at
		c.c.flags = append(c.c.flags, carried{key: key})
	}
	return at
}

// reserveIDs gives every flag of every variation an id.
func (c *campaignCompiler) reserveIDs() {
	for g := range c.c.groups {
		for v := range c.c.groups[g].variations {
			list := c.c.groups[g].variations[v].Modifications
			first := eval.ReserveIDs(uint64(len(list)))
			for i := range list {
				list[i].ID = first + uint64(i)
			}
		}
	}
}
