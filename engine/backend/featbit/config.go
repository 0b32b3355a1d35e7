package featbit

import (
	"time"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/datasync/connect"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/option"
)

// vendor is what FeatBit has for itself.
var vendor = connect.Vendor{
	Backend:      "featbit",
	SecretHeader: "Authorization",
	EventsPath:   "/api/public/insight/track",
	UserAgent:    "fb-python-server-sdk",
	Defaults:     connect.Defaults{WebSocketTimeout: 5 * time.Second, FlushInterval: time.Second},
	ErrorTypes:   connect.ErrorTypes{Lost: "WebSocket error", Refused: "Network error"},
	Events: connect.Events{
		Check: func(ec *eval.Context) (eval.Code, string) {
			_, code, problem := checkUser(ec)
			return code, problem
		},
		Evaluation: func(dst []byte, ec *eval.Context, _ []eval.Exposure, own eval.Exposure, at int64) []byte {
			return appendExposure(dst, ec, &own, at)
		},
		Metrics:       appendMetrics,
		MetricProblem: metricProblem,
		Identify:      appendIdentify,
	},
}

// Open plans a client of a FeatBit server, or of a data-sync message in a file or among the options.
func Open(opts *option.Reader, env backend.Env) (*backend.Plan, error) {
	return vendor.Plan(opts, env, newCompiler())
}
