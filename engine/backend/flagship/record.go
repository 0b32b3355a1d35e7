package flagship

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// Record is what the visitor cache keeps of a visitor: the document that goes to the host's own cache and comes back.
type Record struct {
	VisitorID     string
	AnonymousID   string // empty: none
	Authenticated bool   // only Python writes it
	Consent       bool
	Context       []eval.Attribute
	Allocations   []*Allocation
	Exposed       map[string]bool   // variations that the visitor was reported to have seen; only Python writes it
	History       map[string]string // variation by variation group
}

// ForAnonymous is the record to be kept under the anonymous id of a visitor who has logged in, if there is none yet.
func (r Record) ForAnonymous() Record {
	r.VisitorID, r.AnonymousID = r.AnonymousID, ""
	return r
}

// Append appends the record as the SDK of the language writes it.
func (r *Record) Append(to []byte, language sdk.Language) []byte {
	to = append(to, `{"version":1,"data":{`...)
	to = evaljson.AppendText(to, "visitorId", r.VisitorID)
	to = appendID(to, "anonymousId", r.AnonymousID)
	if language == sdk.Python {
		to = evaljson.AppendBool(to, "isAuthenticated", r.Authenticated)
	}
	to = evaljson.AppendBool(to, "consent", r.Consent)
	to = appendAttributes(evaljson.AppendName(to, "context"), r.Context)
	to = append(evaljson.AppendName(to, "campaigns"), '[')
	for i, a := range r.Allocations {
		if i > 0 {
			to = append(to, ',')
		}
		to = r.appendAllocation(to, a, language)
	}
	to = append(to, ']')
	to = append(evaljson.AppendName(to, historyMember[language]), '{')
	for _, group := range slices.Sorted(maps.Keys(r.History)) {
		to = evaljson.AppendText(to, group, r.History[group])
	}
	return append(to, "}}}"...)
}

// historyMember is what the languages call the history.
var historyMember = [...]string{sdk.JavaScript: "assignmentsHistory", sdk.Python: "assignationHistory"}

// appendAllocation writes one campaign. What JavaScript calls its type is that of the modifications.
func (r *Record) appendAllocation(to []byte, a *Allocation, language sdk.Language) []byte {
	to = evaljson.AppendText(append(to, '{'), "campaignId", a.CampaignID)
	if language == sdk.JavaScript {
		to = a.appendSlug(evaljson.AppendText(to, "name", a.CampaignName), "null")
	}
	to = evaljson.AppendText(to, "variationGroupId", a.VariationGroupID)
	to = evaljson.AppendText(to, "variationId", a.VariationID)
	if language == sdk.JavaScript {
		to = evaljson.AppendBool(to, "isReference", a.Reference)
		to = evaljson.AppendText(to, "type", a.ModificationType)
		to = evaljson.AppendBool(to, "activated", false)
	} else {
		to = evaljson.AppendBool(to, "isReference", a.Reference || a.Given&GivenReference == 0)
		to = a.appendSlug(evaljson.AppendText(to, "type", a.CampaignType), `""`)
		to = evaljson.AppendBool(to, "exposed", r.Exposed[a.VariationID])
	}
	to = append(evaljson.AppendName(to, "flags"), '{')
	for i := range a.Modifications {
		m := &a.Modifications[i]
		to = evaljson.AppendValue(evaljson.AppendName(to, m.Key), m.Value)
	}
	return append(to, "}}"...)
}

// ReadRecord reads what the host's cache has answered for an id, in the form of either SDK. The error says why it cannot be
// used; then it counts as if there were none. id is compared by JavaScript only, and only if there is a list of campaigns.
func ReadRecord(raw []byte, language sdk.Language, id string) (*Record, error) {
	text := bytes.Clone(bytes.TrimSpace(raw))
	document, ok := membersOf(text)
	if !ok {
		return nil, errors.New("the cached visitor is not a JSON object")
	}
	if version, err := strconv.ParseFloat(string(document["version"]), 64); err != nil || version != 1 {
		return nil, fmt.Errorf("the cached visitor has the version %s, want 1", describe(document["version"]))
	}
	data, ok := membersOf(document["data"])
	if !ok {
		return nil, errors.New("the cached visitor has no data")
	}
	r := &Record{
		VisitorID: textOf(data["visitorId"]), AnonymousID: textOf(data["anonymousId"]),
		Authenticated: isTrue(data["isAuthenticated"]), Consent: isTrue(data["consent"]),
		Exposed: map[string]bool{}, History: map[string]string{},
	}
	python := data["assignationHistory"] != nil || data["isAuthenticated"] != nil
	required, campaignRequired := javaScriptMembers, javaScriptCampaignMembers
	if python {
		required, campaignRequired = pythonMembers, pythonCampaignMembers
	}
	if err := lacks("the cached visitor", data, required); err != nil {
		return nil, err
	}
	campaigns := data["campaigns"]
	switch {
	case !isNull(campaigns) && !isArray(campaigns):
		return nil, fmt.Errorf("the cached visitor has campaigns that are %s, want an array", describe(campaigns))
	case isArray(campaigns) && language == sdk.JavaScript && r.VisitorID != id:
		return nil, fmt.Errorf("the cached visitor is %q, want %q", r.VisitorID, id)
	}
	var err error
	jsonscan.Elements(campaigns, func(raw []byte) {
		campaign, _ := membersOf(raw)
		if missing := lacks("a campaign of the cached visitor", campaign, campaignRequired); missing != nil && err == nil {
			err = missing
		}
		r.restore(campaign, python)
	})
	if err != nil {
		return nil, err
	}
	r.readContext(data["context"])
	for _, member := range historyMember {
		jsonscan.Members(data[member], func(group string, raw []byte) { r.History[strings.Clone(group)] = textOf(raw) })
	}
	return r, nil
}

// The members without which a record is not used.
var (
	javaScriptMembers         = []string{"visitorId"}
	javaScriptCampaignMembers = []string{"campaignId", "type", "variationGroupId", "variationId"}
	pythonMembers             = []string{
		"visitorId", "anonymousId", "isAuthenticated", "consent", "context", "campaigns", "assignationHistory",
	}
	pythonCampaignMembers = []string{
		"campaignId", "variationGroupId", "variationId", "isReference", "type", "slug", "exposed", "flags",
	}
)

func lacks(what string, members map[string][]byte, required []string) error {
	for _, name := range required {
		if members[name] == nil {
			return fmt.Errorf("%s lacks %s", what, name)
		}
	}
	return nil
}

// restore adds a campaign of a record. JavaScript restores the campaign's name; other names are in no record.
func (r *Record) restore(campaign map[string][]byte, python bool) {
	a := &Allocation{
		CampaignID: textOf(campaign["campaignId"]), Slug: textOf(campaign["slug"]),
		VariationGroupID: textOf(campaign["variationGroupId"]), VariationID: textOf(campaign["variationId"]),
		Reference: truthy(campaign["isReference"]), Modifications: readFlags(campaign["flags"]),
	}
	if python {
		a.CampaignType = textOf(campaign["type"])
		a.Given = given(campaign["type"], campaign["isReference"], campaign["slug"])
	} else {
		a.ModificationType, a.CampaignName = textOf(campaign["type"]), textOf(campaign["name"])
		a.Given = given(nil, campaign["isReference"], campaign["slug"])
	}
	r.Allocations = append(r.Allocations, a)
	if isTrue(campaign["exposed"]) {
		r.Exposed[a.VariationID] = true
	}
}

func (r *Record) readContext(raw []byte) {
	jsonscan.Members(raw, func(name string, value []byte) {
		r.Context = append(r.Context, eval.Attribute{Name: strings.Clone(name), Value: evaljson.Value(value)})
	})
}

// Restore makes the campaigns of a record a decision.
func (d *Decision) Restore(r *Record) {
	d.reset()
	d.Allocations = append(d.Allocations, r.Allocations...)
	d.collect()
}

// Remember returns a history with the variations of a decision: the same map if it has them already, otherwise a new one.
func (d *Decision) Remember(history map[string]string) map[string]string {
	longer := map[string]string(nil)
	for _, a := range d.Allocations {
		if history[a.VariationGroupID] == a.VariationID {
			continue
		}
		if longer == nil {
			longer = make(map[string]string, len(history)+len(d.Allocations))
			maps.Copy(longer, history)
		}
		longer[a.VariationGroupID] = a.VariationID
	}
	if longer == nil {
		return history
	}
	return longer
}

// membersOf returns the members of an object by name.
func membersOf(text []byte) (members map[string][]byte, ok bool) {
	members = map[string][]byte{}
	ok = jsonscan.Members(text, func(name string, value []byte) { members[strings.Clone(name)] = value })
	return members, ok
}
