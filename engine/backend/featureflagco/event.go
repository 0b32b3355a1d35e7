package featureflagco

import (
	"strconv"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// The functions here write the elements of the JSON array that is posted to /api/public/track. Each appends one element to
// dst, straight from the context: nothing is allocated. Times are Unix milliseconds. The context must be a user, as
// checkUser says.

// appendServed writes what a user was served: the prerequisites first, then the flag itself. Only outcomes without an error
// are reported.
func appendServed(dst []byte, ec *eval.Context, prerequisites []eval.Exposure, own eval.Exposure, at int64) []byte {
	dst = appendUser(dst, ec)
	dst = append(dst, `,"userVariations":[`...)
	for i := range prerequisites {
		dst = appendExposure(dst, &prerequisites[i], at)
		dst = append(dst, ',')
	}
	dst = appendExposure(dst, &own, at)
	return append(dst, "]}"...)
}

func appendExposure(dst []byte, e *eval.Exposure, at int64) []byte {
	dst = append(dst, `{"featureFlagKeyName":`...)
	dst = jsonscan.AppendString(dst, e.FlagKey)
	dst = append(dst, `,"sendToExperiment":`...)
	dst = strconv.AppendBool(dst, e.InExperiment)
	dst = append(dst, `,"timestamp":`...)
	dst = strconv.AppendInt(dst, at, 10)
	dst = append(dst, `,"variation":{"localId":`...)
	dst = append(dst, e.Variant...) // a number
	dst = append(dst, `,"variationValue":`...)
	dst = datasync.AppendValue(dst, e.Served)
	dst = append(dst, `,"reason":`...)
	dst = jsonscan.AppendString(dst, e.VendorReason)
	return append(dst, "}}"...)
}

// metricProblem says why a metric is not sent; empty when it is. As in the SDK it must be above 0.
func metricProblem(m *datasync.Metric) string {
	if problem := m.Problem(); problem != "" {
		return problem
	}
	if f, err := strconv.ParseFloat(m.Value.Text, 64); err != nil || f <= 0 {
		return "the value of a metric is not above 0"
	}
	return ""
}

// appendMetrics writes one event with all metrics that have no problem; nothing if none is left. A metric has no time here.
func appendMetrics(dst []byte, ec *eval.Context, metrics []datasync.Metric, appType string) []byte {
	extended := append(appendUser(dst, ec), `,"metrics":`...)
	extended, any := datasync.AppendMetrics(extended, metrics, metricProblem, appType, "}")
	if !any {
		return dst
	}
	return append(extended, '}')
}

// appendIdentify writes a user whom nobody evaluated anything for.
func appendIdentify(dst []byte, ec *eval.Context) []byte { return append(appendUser(dst, ec), '}') }

// appendUser writes the beginning of an element: its brace and the user.
func appendUser(dst []byte, ec *eval.Context) []byte {
	user, _, _ := checkUser(ec)
	dst = append(dst, `{"user":{"keyId":`...)
	dst = jsonscan.AppendString(dst, ec.TargetingKey)
	dst = append(dst, `,"userName":`...)
	dst = jsonscan.AppendString(dst, user.name)
	dst = append(dst, `,"email":`...)
	dst = jsonscan.AppendString(dst, user.email)
	dst = append(dst, `,"country":`...)
	dst = jsonscan.AppendString(dst, user.country)
	dst = append(dst, `,"customizedProperties":`...)
	return append(datasync.AppendProperties(dst, ec, customAttribute), '}')
}
