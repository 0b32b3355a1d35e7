package connect

import (
	"net/http"
	"time"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/event"
)

// retryWait is the pause of the vendors' clients before a request is made again. Here it doubles each time.
const retryWait = 100 * time.Millisecond

// encoder posts records, which are the elements of a JSON array. It implements event.Encoder.
type encoder struct {
	url    string
	header http.Header
	auth   func() http.Header
	// evaluation writes the element of an evaluation, as Events.Evaluation.
	evaluation func(dst []byte, ec *eval.Context, asked []eval.Exposure, own eval.Exposure, at int64) []byte
}

// Encode implements event.Encoder.
func (e *encoder) Encode(records []event.Record) (event.Request, error) {
	size := len("[]")
	for i := range records {
		size += elementSize(records[i].Data) + len(",")
	}
	body := append(make([]byte, 0, size), '[')
	elements := elements{evaluation: e.evaluation}
	for i := range records {
		if i > 0 {
			body = append(body, ',')
		}
		body = elements.append(body, records[i].Data, records[i].Time)
	}
	return event.Request{URL: e.url, Header: e.header, Auth: e.auth, Body: append(body, ']')}, nil
}

// Judge implements event.Encoder. A request that the server finds wrong is cut in two, until what is wrong with it stands
// alone. Whatever else it answers concerns all events alike: they wait until that is mended, credentials included.
func (e *encoder) Judge(status int) event.Verdict {
	switch {
	case status >= 200 && status < 300:
		return event.Accept
	case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge, status == http.StatusUnprocessableEntity:
		return event.Split
	default:
		return event.Retry
	}
}

// exposure is backend.Events.Exposure.
func (v *Vendor) exposure(dst []byte, ec *eval.Context, out *eval.Outcome, at int64) []byte {
	return v.Events.Evaluation(dst, ec, out.Prerequisites, out.Exposure(), at)
}

// draft is backend.Events.Draft.
func (v *Vendor) draft(dst []byte, ec *eval.Context, out *eval.Outcome) []byte {
	return appendDraft(dst, ec, out)
}

// track returns backend.Events.Track: a metric, whose value is 1 unless one is given.
func (v *Vendor) track(appType string) func([]byte, *eval.Context, *backend.Tracked, int64) ([]byte, error) {
	return func(dst []byte, ec *eval.Context, tracked *backend.Tracked, at int64) ([]byte, error) {
		if err := v.check(ec); err != nil {
			return dst, err
		}
		if tracked.Data != nil {
			return dst, &eval.Error{
				Code: eval.CodeInvalidRequest, Msg: "data: a metric of " + v.Backend + " has a value and no further details",
			}
		}
		metric := datasync.Metric{Name: eval.StringValue(tracked.Name), Value: tracked.Value}
		if metric.Value.Kind == eval.Null {
			metric.Value = eval.Value{Kind: eval.Number, Text: "1.0"}
		}
		if problem := v.Events.MetricProblem(&metric); problem != "" {
			return dst, &eval.Error{Code: eval.CodeInvalidRequest, Msg: problem}
		}
		return v.Events.Metrics(dst, ec, []datasync.Metric{metric}, appType, at), nil
	}
}

// check returns what is wrong with a context as a user of the vendor.
func (v *Vendor) check(ec *eval.Context) error {
	if code, problem := v.Events.Check(ec); code != "" {
		return &eval.Error{Code: code, Msg: problem}
	}
	return nil
}
