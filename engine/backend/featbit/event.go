package featbit

import (
	"strconv"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// The functions here write the elements of the JSON array that is posted to /api/public/insight/track. Each appends one
// element to dst; datasync.Payload makes the array. Times are Unix milliseconds.

// AppendEvaluation writes what a user was served. Only outcomes without an error are reported.
func AppendEvaluation(dst []byte, u *User, e *eval.Exposure, timestamp int64) []byte {
	dst = appendUser(dst, u)
	dst = append(dst, `,"variations":[{"featureFlagKey":`...)
	dst = jsonscan.AppendString(dst, e.FlagKey)
	dst = append(dst, `,"sendToExperiment":`...)
	dst = strconv.AppendBool(dst, e.InExperiment)
	dst = append(dst, `,"timestamp":`...)
	dst = strconv.AppendInt(dst, timestamp, 10)
	dst = append(dst, `,"variation":{"id":`...)
	dst = jsonscan.AppendString(dst, e.Variant)
	dst = append(dst, `,"value":`...)
	dst = datasync.AppendValue(dst, e.Served)
	dst = append(dst, `,"reason":`...)
	dst = jsonscan.AppendString(dst, e.VendorReason)
	return append(dst, "}}]}"...)
}

// Metric is one custom event with its value.
type Metric struct {
	Name  eval.Value // a text; the SDK lets other values pass
	Value eval.Value // a number; the server refuses anything else together with the batch it travels in
}

// Problem says why the server would not take the metric; empty when it would.
func (m *Metric) Problem() string {
	switch {
	case m.Name.Kind == eval.Null || m.Name.Kind == eval.String && m.Name.Text == "":
		return "the name of a metric is empty"
	case m.Value.Kind != eval.Number:
		return "the value of a metric is not a number"
	}
	return ""
}

// AppendMetrics writes one event with all metrics that have no problem; nothing if none is left. appType names the SDK:
// pythonserverside or NodeJS-Server-SDK.
func AppendMetrics(dst []byte, u *User, metrics []Metric, appType string, timestamp int64) []byte {
	first := true
	for i := range metrics {
		m := &metrics[i]
		if m.Problem() != "" {
			continue
		}
		if first {
			dst = appendUser(dst, u)
			dst = append(dst, `,"metrics":[`...)
			first = false
		} else {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"eventName":`...)
		dst = datasync.AppendValue(dst, m.Name)
		dst = append(dst, `,"numericValue":`...)
		dst = datasync.AppendValue(dst, m.Value)
		dst = append(dst, `,"route":"index/metric","type":"CustomEvent","appType":`...)
		dst = jsonscan.AppendString(dst, appType)
		dst = append(dst, `,"timestamp":`...)
		dst = strconv.AppendInt(dst, timestamp, 10)
		dst = append(dst, '}')
	}
	if first {
		return dst
	}
	return append(dst, "]}"...)
}

// AppendIdentify writes a user whom nobody evaluated anything for.
func AppendIdentify(dst []byte, u *User) []byte { return append(appendUser(dst, u), '}') }

// appendUser writes the beginning of an element: its brace and the user.
func appendUser(dst []byte, u *User) []byte {
	dst = append(dst, `{"user":{"keyId":`...)
	dst = jsonscan.AppendString(dst, u.Key)
	dst = append(dst, `,"name":`...)
	dst = jsonscan.AppendString(dst, u.Name)
	dst = append(dst, `,"customizedProperties":[`...)
	for i := range u.Properties {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"name":`...)
		dst = jsonscan.AppendString(dst, u.Properties[i].Name)
		dst = append(dst, `,"value":`...)
		dst = jsonscan.AppendString(dst, u.Properties[i].Value)
		dst = append(dst, '}')
	}
	return append(dst, "]}"...)
}
