package flagship

import (
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// AppendMetadata appends the members of a flag's metadata to the object that was begun in to, as the SDK of the language
// has them and in its order. What the SDK leaves undefined is left out. Python has no names, and takes a variation that
// does not say so for a reference.
func (a *Allocation) AppendMetadata(to []byte, language sdk.Language) []byte {
	if language == sdk.Python {
		to = evaljson.AppendText(to, "campaignId", a.CampaignID)
		to = evaljson.AppendText(to, "variationGroupId", a.VariationGroupID)
		to = evaljson.AppendText(to, "variationId", a.VariationID)
		to = evaljson.AppendBool(to, "isReference", a.Reference || a.Given&GivenReference == 0)
		to = evaljson.AppendText(to, "campaignType", a.CampaignType)
		return a.appendSlug(to, `""`)
	}
	to = a.appendNames(to)
	if a.Given&GivenType != 0 {
		to = evaljson.AppendText(to, "campaignType", a.CampaignType)
	}
	if a.Given&(GivenSlug|NullSlug|NoSlug) != 0 {
		to = a.appendSlug(to, "null")
	}
	return to
}

// AppendFullMetadata is AppendMetadata with every member that any SDK has. What the source lacks is an empty text; in
// JavaScript a slug is null then.
func (a *Allocation) AppendFullMetadata(to []byte, language sdk.Language) []byte {
	all, absent := *a, "null"
	if language == sdk.Python {
		all.Reference = a.Reference || a.VariationID != "" && a.Given&GivenReference == 0
		absent = `""`
	}
	return all.appendSlug(evaljson.AppendText(all.appendNames(to), "campaignType", all.CampaignType), absent)
}

// appendNames appends ids, names and whether the variation is the reference, as JavaScript orders them.
func (a *Allocation) appendNames(to []byte) []byte {
	to = evaljson.AppendText(to, "campaignId", a.CampaignID)
	to = evaljson.AppendText(to, "campaignName", a.CampaignName)
	to = evaljson.AppendText(to, "variationGroupId", a.VariationGroupID)
	to = evaljson.AppendText(to, "variationGroupName", a.VariationGroupName)
	to = evaljson.AppendText(to, "variationId", a.VariationID)
	to = evaljson.AppendText(to, "variationName", a.VariationName)
	return evaljson.AppendBool(to, "isReference", a.Reference)
}

// appendSlug writes absent where the source had no slug at all.
func (a *Allocation) appendSlug(to []byte, absent string) []byte {
	to = evaljson.AppendName(to, "slug")
	switch {
	case a.Given&GivenSlug != 0:
		return jsonscan.AppendString(to, a.Slug)
	case a.Given&NullSlug != 0:
		return append(to, "null"...)
	}
	return append(to, absent...)
}
