package featureflagco

import (
	"errors"
	"time"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/backend/datasync/connect"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/option"
)

// vendor is what featureflag.co has for itself.
var vendor = connect.Vendor{
	Backend:      "featureflagco",
	SecretHeader: "envSecret",
	EventsPath:   "/api/public/track",
	UserAgent:    "fb-python-server-sdk",
	Defaults: connect.Defaults{
		StreamingURL: "wss://api.featureflag.co", EventURL: "https://api.featureflag.co",
		WebSocketTimeout: 10 * time.Second, LongestPing: 10 * time.Second, FlushInterval: 3 * time.Second,
	},
	CheckSecret: func(secret string) error {
		if _, err := idPrefix(secret); errors.Is(err, errNotBase64) {
			return err
		}
		return nil
	},
	ErrorTypes: connect.ErrorTypes{Lost: "Network error", Refused: "System error"},
	Events: connect.Events{
		Check: func(ec *eval.Context) (eval.Code, string) {
			_, code, problem := checkUser(ec)
			return code, problem
		},
		Evaluation: appendServed,
		Metrics: func(dst []byte, ec *eval.Context, metrics []datasync.Metric, appType string, _ int64) []byte {
			return appendMetrics(dst, ec, metrics, appType)
		},
		MetricProblem: metricProblem,
		Identify:      appendIdentify,
	},
}

// Open plans a client of featureflag.co's server, or of a data-sync message in a file or among the options. A secret that
// names no environment is accepted, as the SDK does; flags are then found by what follows the environment in their ids.
func Open(opts *option.Reader, env backend.Env) (*backend.Plan, error) {
	prefix, err := idPrefix(opts.Secret("env_secret"))
	if errors.Is(err, errNoEnvironment) && opts.Has("env_secret") {
		env.Log.Log(backend.Warn, "env_secret "+err.Error())
	}
	return vendor.Plan(opts, env, newCompiler(prefix))
}
