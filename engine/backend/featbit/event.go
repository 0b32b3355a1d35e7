package featbit

import (
	"strconv"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// The functions here write the elements of the JSON array that is posted to /api/public/insight/track. Each appends one
// element to dst, straight from the context: nothing is allocated. Times are Unix milliseconds. The context must be a user,
// as checkUser says.

// appendExposure writes what a user was served. Only outcomes without an error are reported.
func appendExposure(dst []byte, ec *eval.Context, e *eval.Exposure, at int64) []byte {
	dst = appendUser(dst, ec)
	dst = append(dst, `,"variations":[{"featureFlagKey":`...)
	dst = jsonscan.AppendString(dst, e.FlagKey)
	dst = append(dst, `,"sendToExperiment":`...)
	dst = strconv.AppendBool(dst, e.InExperiment || e.Draw.Share > 0 && drawn(e.FlagKey, e.Draw))
	dst = append(dst, `,"timestamp":`...)
	dst = strconv.AppendInt(dst, at, 10)
	dst = append(dst, `,"variation":{"id":`...)
	dst = jsonscan.AppendString(dst, e.Variant)
	dst = append(dst, `,"value":`...)
	dst = datasync.AppendValue(dst, e.Served)
	dst = append(dst, `,"reason":`...)
	dst = jsonscan.AppendString(dst, e.VendorReason)
	return append(dst, "}}]}"...)
}

// metricProblem says why the server would not take a metric; empty when it would.
func metricProblem(m *datasync.Metric) string { return m.Problem() }

// appendMetrics writes one event with all metrics that have no problem; nothing if none is left. appType names the SDK:
// pythonserverside or NodeJS-Server-SDK.
func appendMetrics(dst []byte, ec *eval.Context, metrics []datasync.Metric, appType string, at int64) []byte {
	more := append(strconv.AppendInt([]byte(`,"timestamp":`), at, 10), '}')
	extended := append(appendUser(dst, ec), `,"metrics":`...)
	extended, any := datasync.AppendMetrics(extended, metrics, metricProblem, appType, string(more))
	if !any {
		return dst
	}
	return append(extended, '}')
}

// appendIdentify writes a user whom nobody evaluated anything for.
func appendIdentify(dst []byte, ec *eval.Context) []byte { return append(appendUser(dst, ec), '}') }

// appendUser writes the beginning of an element: its brace and the user.
func appendUser(dst []byte, ec *eval.Context) []byte {
	name, _, _ := checkUser(ec)
	dst = append(dst, `{"user":{"keyId":`...)
	dst = jsonscan.AppendString(dst, ec.TargetingKey)
	dst = append(dst, `,"name":`...)
	dst = jsonscan.AppendString(dst, name)
	dst = append(dst, `,"customizedProperties":`...)
	return append(datasync.AppendProperties(dst, ec, customAttribute), '}')
}
