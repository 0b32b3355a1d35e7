package visitor

import (
	"strconv"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/evaljson"
)

// Kind is what an Event is about.
type Kind uint8

// The kinds.
const (
	StateChanged     Kind = iota // State
	BucketingSuccess             // Code: 200, or 304 if the file did not change
	BucketingFail                // Problem
	BucketingUpdated             // Modified
	StatusChanged                // Visitor, Status, Reason
	FetchEnded                   // Visitor, Problem: the event ready of a visitor
	Exposed                      // Data: the argument of the exposure callback
	CacheRequested               // Request
)

var kindNames = [...]string{
	"sdk_status", "bucketing_success", "bucketing_fail", "bucketing_updated", "fetch_status", "ready", "visitor_exposed",
	"cache_request",
}

// String is the name of the kind in AppendJSON.
func (k Kind) String() string { return kindNames[k] }

// Event is something that the host is told. Which members have a meaning is said at its kind.
type Event struct {
	Kind     Kind
	Language sdk.Language
	Visitor  uint64 // Params.Tag of the visitor
	State    State
	Status   FetchStatus
	Reason   Reason
	Code     int
	Modified string // as the server said it
	Problem  string // empty: none
	Data     []byte // JSON
	Request  *Request
}

// AppendJSON appends the event as an object: its kind as the member type, and the others by their names.
func (e *Event) AppendJSON(to []byte) []byte {
	to = evaljson.AppendText(append(to, '{'), "type", e.Kind.String())
	switch e.Kind {
	case StateChanged:
		to = strconv.AppendInt(evaljson.AppendName(to, "status"), int64(e.State.Number(e.Language)), 10)
		to = evaljson.AppendText(to, "name", e.State.Name(e.Language))
	case BucketingSuccess:
		to = strconv.AppendInt(evaljson.AppendName(to, "status"), int64(e.Code), 10)
	case BucketingFail:
		to = evaljson.AppendText(to, "error", e.Problem)
	case BucketingUpdated:
		to = evaljson.AppendText(to, "modified", e.Modified)
	case StatusChanged:
		to = e.appendVisitor(to)
		to = evaljson.AppendText(to, "status", e.Status.String())
		to = evaljson.AppendText(to, "reason", e.Reason.String())
	case FetchEnded:
		to = e.appendVisitor(to)
		if e.Problem != "" {
			to = evaljson.AppendText(to, "error", e.Problem)
		}
	case Exposed:
		to = append(evaljson.AppendName(to, "exposure"), e.Data...)
	case CacheRequested:
		to = e.Request.appendJSON(to)
	}
	return append(to, '}')
}

func (e *Event) appendVisitor(to []byte) []byte {
	return strconv.AppendUint(evaljson.AppendName(to, "visitor"), e.Visitor, 10)
}
