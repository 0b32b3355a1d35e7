package visitor

import (
	"fmt"

	"github.com/burgee-flags/burgee/engine/backend/flagship/tracking"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/evaljson"
)

// AppendExposure appends the record of an activation by somebody who is no Visitor, for the lane Activations. It does not
// allocate.
func (n *Session) AppendExposure(to []byte, visitorID, group, variation string) []byte {
	to = tracking.AppendActivation(to, &tracking.Subject{VisitorID: visitorID}, group, variation, n.settings.QA)
	return tracking.Attach(to, looseMark)
}

// AppendEvent appends the record of an action of somebody who is no Visitor, for the lane Hits. Kind Null: the action has no
// value. The error says what the SDK would refuse or leave out.
func (n *Session) AppendEvent(to []byte, visitorID, action string, value eval.Value) ([]byte, error) {
	raw := evaljson.AppendText([]byte{'{'}, "type", string(tracking.Event))
	raw = evaljson.AppendText(raw, "category", tracking.ActionTracking)
	raw = evaljson.AppendText(raw, "action", action)
	if value.Kind != eval.Null {
		raw = evaljson.AppendValue(evaljson.AppendName(raw, "value"), value)
	}
	h, dropped, err := tracking.Read(append(raw, '}'), n.settings.Language)
	if err == nil && len(dropped) > 0 {
		err = fmt.Errorf("the value of an event is %s, want a whole number that is not negative", value)
	}
	if err != nil {
		return to, err
	}
	h.VisitorID, h.QA = visitorID, n.settings.QA
	return tracking.Attach(h.Append(to, n.settings.Language), looseMark), nil
}
