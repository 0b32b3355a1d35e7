package flagship

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// Asking is what the decision API is told of a visitor.
type Asking struct {
	VisitorID   string
	AnonymousID string // empty: the visitor is not logged in
	Context     []eval.Attribute
	Consent     bool
}

// AppendRequest appends the body of a request for decisions.
func (a *Asking) AppendRequest(to []byte) []byte {
	to = evaljson.AppendText(append(to, '{'), "visitorId", a.VisitorID)
	to = appendID(to, "anonymousId", a.AnonymousID)
	to = evaljson.AppendBool(to, "trigger_hit", false)
	to = appendAttributes(evaljson.AppendName(to, "context"), a.Context)
	return append(evaljson.AppendBool(to, "visitor_consent", a.Consent), '}')
}

// appendID appends an id that is null when it is empty.
func appendID(to []byte, name, id string) []byte {
	if id == "" {
		return append(evaljson.AppendName(to, name), "null"...)
	}
	return evaljson.AppendText(to, name, id)
}

func appendAttributes(to []byte, attributes []eval.Attribute) []byte {
	to = append(to, '{')
	for i := range attributes {
		to = evaljson.AppendValue(evaljson.AppendName(to, attributes[i].Name), attributes[i].Value)
	}
	return append(to, '}')
}

var errNoAnswer = errors.New("the answer of the decision API is not a JSON object")

// ReadAnswer reads what the decision API answered with a status below 400 into d. What d holds then is of its own.
// Campaigns that make no sense are left out: skipped says which, and why. After an error d is as it was.
func (d *Decision) ReadAnswer(body []byte) (skipped []string, err error) {
	body = bytes.Clone(bytes.TrimSpace(body))
	var campaigns, panic []byte
	if !jsonscan.Members(body, func(name string, value []byte) {
		switch name {
		case "campaigns":
			campaigns = value
		case "panic":
			panic = value
		}
	}) {
		return nil, errNoAnswer
	}
	if !isNull(campaigns) && !isArray(campaigns) {
		return nil, fmt.Errorf("the answer of the decision API has campaigns that are %s, want an array", describe(campaigns))
	}
	d.reset()
	d.Panic, d.Unlisted = isTrue(panic), isNull(campaigns)
	index := 0
	jsonscan.Elements(campaigns, func(raw []byte) {
		a, why := readAnswered(raw)
		if why == "" {
			d.Allocations = append(d.Allocations, a)
		} else {
			skipped = append(skipped, fmt.Sprintf("campaigns[%d] of the answer %s", index, why))
		}
		index++
	})
	d.collect()
	return skipped, nil
}

// readAnswered reads one campaign of an answer.
func readAnswered(raw []byte) (a *Allocation, why string) {
	w := readCampaign(raw)
	group := readAnsweredGroup(raw)
	v := readVariation(group.variation)
	modifications := readModifications(v.modifications)
	a = &Allocation{
		CampaignID: textOf(w.id), CampaignName: textOf(w.name), CampaignType: textOf(w.kind), Slug: textOf(w.slug),
		VariationGroupID: textOf(group.id), VariationGroupName: textOf(group.name),
		VariationID: textOf(v.id), VariationName: textOf(v.name), Reference: truthy(v.reference),
		Given: given(w.kind, v.reference, w.slug), ModificationType: textOf(modifications.kind),
		Modifications: readFlags(modifications.value),
	}
	switch {
	case a.CampaignID == "":
		return nil, "has no id"
	case a.VariationGroupID == "":
		return nil, "has no variationGroupId"
	case a.VariationID == "":
		return nil, "has no variation with an id"
	case !isObject(v.modifications):
		return nil, "has a variation without modifications"
	}
	return a, ""
}

// wireAnswered are the members that a campaign has in an answer but not in a file.
type wireAnswered struct{ id, name, variation []byte }

func readAnsweredGroup(text []byte) (w wireAnswered) {
	jsonscan.Members(text, func(name string, value []byte) {
		switch name {
		case "variationGroupId":
			w.id = value
		case "variationGroupName":
			w.name = value
		case "variation":
			w.variation = value
		}
	})
	return w
}
