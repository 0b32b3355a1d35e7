package featureflagco

import (
	"strconv"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// The functions here write the elements of the JSON array that is posted to /api/public/track. Each appends one element to
// dst; datasync.Payload makes the array. Times are Unix milliseconds.

// AppendEvaluation writes what a user was served: the prerequisites first, then the flag itself. Only outcomes without an
// error are reported.
func AppendEvaluation(dst []byte, u *User, out *eval.Outcome, timestamp int64) []byte {
	dst = appendUser(dst, u)
	dst = append(dst, `,"userVariations":[`...)
	for i := range out.Prerequisites {
		dst = appendExposure(dst, &out.Prerequisites[i], timestamp)
		dst = append(dst, ',')
	}
	own := out.Exposure()
	dst = appendExposure(dst, &own, timestamp)
	return append(dst, "]}"...)
}

func appendExposure(dst []byte, e *eval.Exposure, timestamp int64) []byte {
	dst = append(dst, `{"featureFlagKeyName":`...)
	dst = jsonscan.AppendString(dst, e.FlagKey)
	dst = append(dst, `,"sendToExperiment":`...)
	dst = strconv.AppendBool(dst, e.InExperiment)
	dst = append(dst, `,"timestamp":`...)
	dst = strconv.AppendInt(dst, timestamp, 10)
	dst = append(dst, `,"variation":{"localId":`...)
	dst = append(dst, e.Variant...) // a number
	dst = append(dst, `,"variationValue":`...)
	dst = datasync.AppendValue(dst, e.Served)
	dst = append(dst, `,"reason":`...)
	dst = jsonscan.AppendString(dst, e.VendorReason)
	return append(dst, "}}"...)
}

// Metric is one custom event with its value.
type Metric struct {
	Name  eval.Value // a text
	Value eval.Value // a number above 0
}

// Problem says why the metric is not sent; empty when it is.
func (m *Metric) Problem() string {
	switch {
	case m.Name.Kind == eval.Null || m.Name.Kind == eval.String && m.Name.Text == "":
		return "the name of a metric is empty"
	case m.Value.Kind != eval.Number:
		return "the value of a metric is not a number"
	}
	if f, err := strconv.ParseFloat(m.Value.Text, 64); err != nil || f <= 0 {
		return "the value of a metric is not above 0"
	}
	return ""
}

// AppendMetrics writes one event with all metrics that have no problem; nothing if none is left. A metric has no time here.
func AppendMetrics(dst []byte, u *User, metrics []Metric) []byte {
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
		dst = append(dst, `,"route":"index/metric","type":"CustomEvent","appType":"pythonserverside"}`...)
	}
	if first {
		return dst
	}
	return append(dst, "]}"...)
}

// appendUser writes the beginning of an element: its brace and the user.
func appendUser(dst []byte, u *User) []byte {
	dst = append(dst, `{"user":{"keyId":`...)
	dst = jsonscan.AppendString(dst, u.Key)
	dst = append(dst, `,"userName":`...)
	dst = jsonscan.AppendString(dst, u.Name)
	dst = append(dst, `,"email":`...)
	dst = jsonscan.AppendString(dst, u.Email)
	dst = append(dst, `,"country":`...)
	dst = jsonscan.AppendString(dst, u.Country)
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
