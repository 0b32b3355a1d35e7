package tracking

import (
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/evaljson"
)

// Append appends the hit as it is sent, all but its age (qt), which an Encoder adds: it is the record of an event.Queue.
func (h *Hit) Append(to []byte, language sdk.Language) []byte {
	to = append(to, '{')
	switch {
	case h.Type == Activation:
		to = evaljson.AppendText(to, "vid", h.VisitorID)
		to = h.appendFields(to)
		to = appendID(to, "aid", h.AnonymousID)
		to = h.appendQA(to)
	case language == sdk.Python:
		to = evaljson.AppendText(to, "t", string(h.Type))
		to = evaljson.AppendText(to, "ds", "APP")
		to = h.appendFields(to)
		to = h.appendIDs(to, "vid", "cuid")
	default:
		to = evaljson.AppendText(to, "t", string(h.Type))
		to = h.appendIDs(to, "vid", "cuid")
		to = h.appendQA(to)
		to = h.appendFields(to)
	}
	return append(to, '}')
}

// AppendActivation appends what Append makes of NewActivation for a subject, without making it.
func AppendActivation(to []byte, s *Subject, variationGroupID, variationID string, qa bool) []byte {
	to = evaljson.AppendText(append(to, '{'), "vid", s.VisitorID)
	to = evaljson.AppendText(to, "vaid", variationID)
	to = evaljson.AppendText(to, "caid", variationGroupID)
	to = appendID(to, "aid", s.AnonymousID)
	if qa {
		to = evaljson.AppendBool(to, "qa", true)
	}
	return append(to, '}')
}

// appendIDs writes whom a hit is about: somebody who has logged in goes by the anonymous id, and by the other one as the
// id of the account.
func (h *Hit) appendIDs(to []byte, visitor, account string) []byte {
	if h.AnonymousID == "" {
		return appendID(evaljson.AppendText(to, visitor, h.VisitorID), account, "")
	}
	return appendID(evaljson.AppendText(to, visitor, h.AnonymousID), account, h.VisitorID)
}

func (h *Hit) appendQA(to []byte) []byte {
	if h.QA {
		to = evaljson.AppendBool(to, "qa", true)
	}
	return to
}

func (h *Hit) appendFields(to []byte) []byte {
	for i := range h.fields {
		f := &h.fields[i]
		to = evaljson.AppendValue(evaljson.AppendName(to, f.wire), f.value)
	}
	return to
}

// appendID appends an id that is null when it is empty.
func appendID(to []byte, name, id string) []byte {
	if id == "" {
		return append(evaljson.AppendName(to, name), "null"...)
	}
	return evaljson.AppendText(to, name, id)
}
