package connect

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/event"
	"github.com/burgee-flags/burgee/engine/option"
	"github.com/burgee-flags/burgee/engine/source"
	"github.com/burgee-flags/burgee/engine/transport"
)

// How much is sent at most in one request, and how many requests at the same time. The vendors' clients send 50 events in
// one; their servers take each event by itself, and ten times as many cost both sides a fraction of the work.
const (
	batchEvents = 500
	parallel    = 5
)

// Plan reads the options and plans a client.
func (v *Vendor) Plan(opts *option.Reader, env backend.Env, compiler Compiler) (*backend.Plan, error) {
	o := v.ReadOptions(opts)
	network := backend.Network(opts, env)
	network.Timeout, network.ConnectTimeout = o.RequestTime, o.ConnectTime
	plan := &backend.Plan{
		Compiler: compiler,
		Identity: v.identity(o),
		Methods:  v.methods(o),
		Describe: describe,
		Classify: v.classify,
		// As the vendor's own client, which tries again as long as its caller waits.
		WaitsForFlags: o.remote(),
	}
	if o.Bootstrap != nil {
		plan.Initial = &source.Update{Body: o.Bootstrap, Origin: source.FromSnapshot}
	}
	if !o.remote() {
		plan.Source = o.local(opts)
	}
	if !o.remote() && !o.Reports {
		plan.Events = v.events(opts, o, nil)
		return plan, nil
	}
	client, err := transport.New(network)
	if err != nil {
		return nil, err
	}
	plan.Close = client.Close
	plan.Events = v.events(opts, o, client)
	switch {
	case !o.remote():
	case o.Mode == polling:
		plan.Source = newPoll(client, o.pollRequest(v, compiler), o.PollingInterval)
	default:
		plan.Source = newStream(client, v, o, compiler)
	}
	return plan, nil
}

// local is where flags come from without a server.
func (o *Options) local(opts *option.Reader) source.Source {
	if o.Offline && o.File == "" && o.Document == nil {
		return offline{}
	}
	opts.Ignored("has no meaning with file or document", "streaming_url", "polling_url", "data_sync_mode", "polling_interval",
		"streaming_first_retry_delay", "websocket_timeout", "ping_interval")
	if !o.Reports {
		opts.Ignored("has no meaning with file or document, unless event_url is given", "connect_timeout", "request_timeout",
			"tls_config", "proxy")
	}
	if o.Document != nil {
		return source.NewInline(o.Document, "")
	}
	return source.NewFile(o.File, backend.MaxBody(opts), 0)
}

// identity names the environment and its server without the secret: a copy of the flags on disk, and events in a spool,
// belong to it.
func (v *Vendor) identity(o *Options) string {
	digest := sha256.Sum256([]byte(o.Secret))
	return strings.Join([]string{
		v.Backend, hex.EncodeToString(digest[:16]), o.Mode, o.StreamingURL, o.PollingURL, o.EventURL, o.File,
	}, "\n")
}

// header goes with every request.
func (o *Options) header() http.Header {
	return http.Header{"User-Agent": {o.UserAgent}, "Content-Type": {"application/json"}}
}

// auth proves who we are, to the server alone.
func (o *Options) auth(v *Vendor) func() http.Header {
	return func() http.Header { return http.Header{v.SecretHeader: {o.Secret}} }
}

// events plans the sending of events; without a client nothing is sent.
func (v *Vendor) events(opts *option.Reader, o *Options, client *transport.Client) *backend.Events {
	config, disabled := backend.Delivery(opts, event.Config{
		Client: client,
		Encoder: &encoder{
			url: o.EventURL + v.EventsPath, header: o.header(), auth: o.auth(v), evaluation: v.Events.Evaluation,
		},
		Events:      event.DefaultEvents,
		BatchEvents: batchEvents,
		Interval:    v.Defaults.FlushInterval,
		Parallel:    parallel,
		RetryWait:   retryWait,
	})
	// As the vendors' clients, which let events wait for their interval as long as there is room. A burst of evaluations is
	// not slowed by its own delivery.
	config.EarlyEvents, config.EarlyBytes = max(1, config.Events/2), config.Bytes/2
	return &backend.Events{
		Lanes:    []backend.Lane{{Queue: config}},
		Disabled: disabled || client == nil,
		Exposure: v.exposure,
		Draft:    v.draft,
		Track:    v.track(o.AppType),
	}
}
