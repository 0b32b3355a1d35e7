package localserver

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/evaljson"
)

// decisionRequest is what a client asks with. The service takes each name in both spellings, refuses names that it does not
// know, and takes null for absent.
type decisionRequest struct {
	VisitorID   *string                    `json:"visitor_id"`
	AnonymousID *string                    `json:"anonymous_id"`
	Context     map[string]json.RawMessage `json:"context"`
	TriggerHit  *bool                      `json:"trigger_hit"`
	Activate    *bool                      `json:"activate"`
	Consent     *bool                      `json:"visitor_consent"`

	// Taken and without effect: the service would allocate by the group, and has other forms of answers.
	DecisionGroup      *string `json:"decision_group"`
	FormatResponse     *bool   `json:"format_response"`
	ClientID           *string `json:"client_id"`
	CampaignID         *string `json:"campaign_id"`
	DefaultRedirectURL *string `json:"default_redirect_url"`
	CustomVisitorID    *string `json:"custom_visitor_id"`
}

// camelCase are the other spellings.
var camelCase = map[string]string{
	"visitorId": "visitor_id", "anonymousId": "anonymous_id", "decisionGroup": "decision_group", "triggerHit": "trigger_hit",
	"formatResponse": "format_response", "visitorConsent": "visitor_consent", "clientId": "client_id",
	"campaignId": "campaign_id", "defaultRedirectUrl": "default_redirect_url", "customVisitorId": "custom_visitor_id",
}

func readDecisionRequest(body []byte) (request decisionRequest, err error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return request, fmt.Errorf("syntax error in body json request. Must be a valid json : %w", err)
	}
	if members == nil {
		return request, errKind(body, "an object")
	}
	for other, name := range camelCase {
		value, given := members[other]
		if !given {
			continue
		}
		if _, twice := members[name]; twice {
			return request, fmt.Errorf("json body is not valid. duplicate field %q", other)
		}
		members[name] = value
		delete(members, other)
	}
	body, _ = json.Marshal(members) // it was parsed above
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request); err != nil {
		return request, fmt.Errorf("json body is not valid. %w", err)
	}
	return request, nil
}

func (d *decisionRequest) visitor() (id, anonymous string) {
	return textOr(d.VisitorID, ""), textOr(d.AnonymousID, "")
}

func textOr(text *string, otherwise string) string {
	if text == nil {
		return otherwise
	}
	return *text
}

// triggers tells whether the decision counts as exposure: unless the client says no by either name.
func (d *decisionRequest) triggers() bool {
	return (d.TriggerHit == nil || *d.TriggerHit) && (d.Activate == nil || *d.Activate)
}

func (d *decisionRequest) attributes() (attributes []eval.Attribute) {
	for name, value := range d.Context {
		attributes = append(attributes, eval.Attribute{Name: name, Value: evaljson.Value(value)})
	}
	return attributes
}
