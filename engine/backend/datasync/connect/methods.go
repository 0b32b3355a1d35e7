package connect

import (
	"context"
	"time"

	"github.com/goccy/go-json"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/jsonscan"
	"github.com/burgee-flags/burgee/engine/option"
)

// action is a method whose params have been read.
type action func(call *backend.Call) (any, error)

// methods are the calls of a backend, each with the backend's name before its own.
func (v *Vendor) methods(o *Options) map[string]backend.Method {
	methods := map[string]backend.Method{}
	for name, read := range map[string]func(*option.Reader) action{
		"identify":      v.identify,
		"track_metrics": func(params *option.Reader) action { return v.trackMetrics(params, o.AppType) },
		"expose":        v.expose,
		"flag_keys":     func(*option.Reader) action { return flagKeys },
		"document":      func(*option.Reader) action { return document },
		"version":       func(*option.Reader) action { return version },
	} {
		name = v.Backend + "." + name
		methods[name] = backend.Strict(name, func(params *option.Reader) backend.Action {
			run := read(params)
			return func(_ context.Context, call *backend.Call) (any, error) { return run(call) }
		})
	}
	return methods
}

// userOf reads the parameter context.
func userOf(params *option.Reader) *eval.Context {
	ec := &eval.Context{}
	if raw := params.Raw("context"); raw != nil {
		if err := evaljson.Context(raw, ec); err != nil {
			params.Problem("context", "cannot be read: "+err.Error())
		}
	}
	return ec
}

// acceptedResult says whether an event was queued.
type acceptedResult struct {
	Accepted bool `json:"accepted"`
	// Refused are metrics that the server would not take, with the reason.
	Refused map[string]string `json:"refused,omitempty"`
}

// identify tells the vendor of a user: {"context"} -> {"accepted"}.
func (v *Vendor) identify(params *option.Reader) action {
	ec := userOf(params)
	return func(call *backend.Call) (any, error) {
		if err := v.check(ec); err != nil {
			return nil, err
		}
		return acceptedResult{Accepted: call.Report(time.Now().UnixMilli(), v.Events.Identify(nil, ec))}, nil
	}
}

// trackMetrics sends one event with several metrics: {"context", "metrics":{name: value}} -> {"accepted", "refused"}.
func (v *Vendor) trackMetrics(params *option.Reader, appType string) action {
	ec, raw := userOf(params), params.Raw("metrics")
	var metrics []datasync.Metric
	if !jsonscan.Members(raw, func(name string, value []byte) {
		metrics = append(metrics, datasync.Metric{Name: eval.StringValue(string([]byte(name))), Value: evaljson.Value(value)})
	}) {
		params.Problem("metrics", "is not an object of numbers")
	}
	return func(call *backend.Call) (any, error) {
		if err := v.check(ec); err != nil {
			return nil, err
		}
		refused := map[string]string{}
		for i := range metrics {
			if problem := v.Events.MetricProblem(&metrics[i]); problem != "" {
				refused[metrics[i].Name.Text] = problem
			}
		}
		at := time.Now().UnixMilli()
		record := v.Events.Metrics(nil, ec, metrics, appType, at)
		return acceptedResult{Accepted: len(record) > 0 && call.Report(at, record), Refused: refused}, nil
	}
}

// expose tells the vendor of an evaluation whose result the host kept, once it is used: {"context", "key", "variation",
// "value", "reason", "in_experiment", "prerequisites", "timestamp"} -> {"accepted"}. The time is Unix milliseconds; without
// one, now. prerequisites are the flags that were evaluated on the way, as the metadata of resolve has them.
func (v *Vendor) expose(params *option.Reader) action {
	const latest = 1 << 53
	ec := userOf(params)
	served := exposureOf(params)
	var prerequisites []eval.Exposure
	if raw := params.Raw("prerequisites"); raw != nil && !jsonscan.Elements(raw, func(element []byte) {
		one, err := option.New(element)
		if err != nil {
			params.Problem("prerequisites", "holds something that is not an object")
			return
		}
		prerequisites = append(prerequisites, exposureOf(one))
		if err := one.Err("prerequisites"); err != nil {
			params.Problem("prerequisites", "cannot be read: "+err.Error())
		}
	}) {
		params.Problem("prerequisites", "is not a list")
	}
	at := params.Whole("timestamp", time.Now().UnixMilli(), 0, latest)
	return func(call *backend.Call) (any, error) {
		if err := v.check(ec); err != nil {
			return nil, err
		}
		return acceptedResult{Accepted: call.Report(at, v.Events.Evaluation(nil, ec, prerequisites, served, at))}, nil
	}
}

// exposureOf reads one evaluated flag.
func exposureOf(params *option.Reader) eval.Exposure {
	served := eval.Exposure{
		FlagKey:      params.String("key", ""),
		Variant:      evaljson.Value(orNull(params.Raw("variation"))).String(),
		Served:       evaljson.Value(orNull(params.Raw("value"))),
		VendorReason: params.String("reason", ""),
		InExperiment: params.Bool("in_experiment", false),
	}
	if served.FlagKey == "" {
		params.Problem("key", "is missing")
	}
	if served.Variant == "" {
		params.Problem("variation", "is missing")
	}
	return served
}

func orNull(raw []byte) []byte {
	if raw == nil {
		return []byte("null")
	}
	return raw
}

// held returns what the rules hold; nil before the first message.
func held(call *backend.Call) datasync.Held {
	rules, _ := call.Rules.(datasync.Held)
	return rules
}

// flagKeys lists the flags in the order of the vendors' stores, as they first came: {"keys"}.
func flagKeys(call *backend.Call) (any, error) {
	result := struct {
		Keys []string `json:"keys"`
	}{Keys: []string{}}
	if rules := held(call); rules != nil {
		result.Keys = rules.Order()
	}
	return result, nil
}

// document returns everything that is held as one message, archived items included: {"document"}.
func document(call *backend.Call) (any, error) {
	text := datasync.Document(nil, nil)
	if rules := held(call); rules != nil {
		text = rules.Document()
	}
	return struct {
		Document json.RawMessage `json:"document"`
	}{Document: text}, nil
}

// version is the time of the newest item, in Unix milliseconds: {"version"}.
func version(call *backend.Call) (any, error) {
	var result struct {
		Version int64 `json:"version"`
	}
	if rules := held(call); rules != nil {
		result.Version = rules.Newest()
	}
	return result, nil
}
