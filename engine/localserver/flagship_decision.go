package localserver

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"

	flagshiprules "github.com/burgee-flags/burgee/engine/backend/flagship"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/bucket"
	"github.com/burgee-flags/burgee/engine/evaljson"
)

type answeredCampaign struct {
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	Slug      *string           `json:"slug"`
	Type      string            `json:"type"`
	GroupID   string            `json:"variationGroupId"`
	GroupName string            `json:"variationGroupName"`
	Variation answeredVariation `json:"variation"`
}

type answeredVariation struct {
	ID            string                `json:"id"`
	Name          string                `json:"name"`
	Reference     bool                  `json:"reference"`
	Modifications answeredModifications `json:"modifications"`
}

// answeredModifications holds numbers as doubles, and has its keys in order, like everything that passes through the service.
type answeredModifications struct {
	Type  string         `json:"type"`
	Value map[string]any `json:"value"`
}

// campaigns decides for one visitor.
func (f *flagship) campaigns(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var asked decisionRequest
	if err == nil {
		asked, err = readDecisionRequest(body)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	reply := f.reply(&asked, r)
	if reply == nil {
		refuse(w, http.StatusNotFound, "environment "+f.access.Load().Environment+" not found")
		return
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(reply) // it holds nothing that cannot be written
	answer(w, http.StatusOK, text.String())
}

// reply is what to answer; nil without an environment file. The lock is not held while a slow client reads.
func (f *flagship) reply(asked *decisionRequest, r *http.Request) map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.served.rules == nil {
		return nil
	}
	visitor, _ := asked.visitor()
	if f.served.rules.Panic() {
		return map[string]any{"visitorId": visitor, "campaigns": []answeredCampaign{}, "panic": true}
	}
	query := r.URL.Query()
	chosen := f.decide(asked, r)
	answered := make([]answeredCampaign, 0, len(chosen))
	for _, a := range chosen {
		answered = append(answered, f.answered(a, query.Get("exposeAllKeys") == "true"))
	}
	reply := map[string]any{"visitorId": visitor, "campaigns": answered}
	if slices.Contains(append(query["extras"], query["extras[]"]...), "accountSettings") {
		settings := f.served.content.AccountSettings
		reply["extras"] = map[string]any{"accountSettings": map[string]any{
			"@type":      "type.googleapis.com/flagship.protobuf.AccountSettings",
			"enabledXPC": settings.XPC, "enabled1V1T": settings.OneTest, "troubleshooting": settings.Troubleshooting,
		}}
	}
	return reply
}

// decide chooses the campaigns and remembers the choice. It is called with the lock held.
func (f *flagship) decide(asked *decisionRequest, r *http.Request) (chosen []*flagshiprules.Allocation) {
	id, anonymous := asked.visitor()
	settings := f.served.content.AccountSettings
	visitor := flagshiprules.Visitor{ID: id, Context: asked.attributes(), Hashes: sdk.UTF8}
	if settings.XPC || settings.OneTest {
		visitor.History = f.assignments.history(id)
	}
	if settings.XPC && anonymous != "" {
		visitor.AnonymousHistory = f.assignments.history(anonymous)
	}
	var d flagshiprules.Decision
	f.served.rules.Decide(&visitor, &d)
	chosen = f.permitted(id, d.Allocations)
	if settings.XPC || settings.OneTest {
		f.assignments.add(id, chosen, asked.triggers())
	}
	if settings.XPC && anonymous != "" {
		f.assignments.addNew(anonymous, chosen, visitor.History)
	}
	if asked.triggers() {
		f.activated(r, id, anonymous, chosen)
	}
	return chosen
}

// permitted leaves out what the service leaves out around the rules: campaigns whose ranges of buckets the visitor is not in,
// and, where everybody is in one A/B test at the most, all but the one that the visitor saw first.
func (f *flagship) permitted(visitor string, all []*flagshiprules.Allocation) (chosen []*flagshiprules.Allocation) {
	const buckets = 100
	at := float64(bucket.Murmur3{}.With(visitor).Sum() % buckets)
	oneTest := f.served.content.AccountSettings.OneTest
	saw := func(a *flagshiprules.Allocation) bool { return f.assignments[visitor][a.VariationGroupID].activated }
	sawAny := slices.ContainsFunc(all, func(a *flagshiprules.Allocation) bool { return a.CampaignType == "ab" && saw(a) })
	inTest := false
	for _, a := range all {
		test := oneTest && a.CampaignType == "ab"
		if test && (inTest || sawAny && !saw(a)) {
			continue
		}
		campaign := f.served.content.campaign(a.CampaignID)
		if ranges := campaign.BucketRanges; ranges != nil && !slices.ContainsFunc(ranges, func(b struct{ R [2]float64 }) bool {
			return at >= b.R[0] && at < b.R[1]
		}) {
			continue
		}
		inTest = inTest || test
		chosen = append(chosen, a)
	}
	return chosen
}

// answered writes an allocation as the service does. Keys without a value are left out, or all keys of the group are there.
func (f *flagship) answered(a *flagshiprules.Allocation, exposeAllKeys bool) answeredCampaign {
	values := map[string]any{}
	for _, m := range a.Modifications {
		var value any
		_ = json.Unmarshal(evaljson.AppendValue(nil, m.Value), &value) // it was read from JSON
		if value != nil || exposeAllKeys {
			values[m.Key] = value
		}
	}
	if exposeAllKeys {
		campaign := f.served.content.campaign(a.CampaignID)
		for _, key := range campaign.keys(a.VariationGroupID) {
			if _, given := values[key]; !given {
				values[key] = nil
			}
		}
	}
	c := answeredCampaign{
		ID: a.CampaignID, Name: a.CampaignName, Type: a.CampaignType, GroupID: a.VariationGroupID, GroupName: a.VariationGroupName,
		Variation: answeredVariation{
			ID: a.VariationID, Name: a.VariationName, Reference: a.Reference,
			Modifications: answeredModifications{Type: a.ModificationType, Value: values},
		},
	}
	if a.Given&flagshiprules.GivenSlug != 0 {
		c.Slug = &a.Slug
	}
	return c
}
