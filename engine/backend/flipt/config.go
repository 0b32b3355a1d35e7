package flipt

import (
	"encoding/base64"
	"net/url"
	"strings"
	"time"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/option"
	"github.com/burgee-flags/burgee/engine/source"
)

const (
	defaultURL      = "http://localhost:8080"
	defaultName     = "default" // of environment and namespace
	defaultInterval = 120 * time.Second
	// minInterval keeps a unit that was mistaken, such as minutes for seconds, from becoming a flood of requests.
	minInterval = 100 * time.Millisecond
)

// config are Flipt's own options. Those of every backend are read by the engine and by backend.Network.
type config struct {
	url         string
	environment string
	namespace   string
	named       bool // the namespace was given
	reference   string
	referenced  bool
	interval    time.Duration
	fetchMode   string
	failFast    bool
	snapshot    []byte // decoded; nil when not given
	auth        *authentication
	file        string
	document    []byte
}

const (
	fetchPolling   = "polling"
	fetchStreaming = "streaming"
	fetchSSE       = "sse"
	fetchNone      = "none" // the host brings documents, with the method update
)

func readConfig(opts *option.Reader, env backend.Env) config {
	c := config{
		url:         strings.TrimRight(opts.String("url", defaultURL), "/"),
		environment: opts.String("environment", defaultName),
		named:       opts.Has("namespace"),
		namespace:   opts.String("namespace", defaultName),
		referenced:  opts.Has("reference"),
		reference:   opts.String("reference", ""),
		interval:    opts.Seconds("update_interval", defaultInterval),
		fetchMode:   opts.OneOf("fetch_mode", fetchPolling, fetchPolling, fetchStreaming, fetchSSE, fetchNone),
		file:        opts.NonEmpty("file"),
		document:    opts.Raw("document"),
	}
	switch {
	case c.interval == 0:
		c.interval = defaultInterval // as Flipt's engine has it
	case c.interval < minInterval:
		opts.Problem("update_interval", "is below "+minInterval.String()+", want more, or 0 for the default of "+defaultInterval.String())
	}
	strategy := "fallback"
	if env.FailFast {
		strategy = "fail"
	}
	c.failFast = opts.OneOf("error_strategy", strategy, "fail", "fallback") == "fail"
	c.readAuthentication(opts)
	c.readSnapshot(opts)
	c.checkSources(opts)
	return c
}

func (c *config) readAuthentication(opts *option.Reader) {
	c.auth = &authentication{}
	raw := opts.Raw("authentication")
	if raw == nil {
		return
	}
	if err := c.auth.set(raw); err != nil {
		opts.Problem("authentication", err.Error())
	}
}

func (c *config) readSnapshot(opts *option.Reader) {
	text := opts.String("snapshot", "")
	if text == "" {
		return
	}
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		opts.Problem("snapshot", "is not base64")
		return
	}
	if _, err := importSnapshot(decoded, c.namespace); err != nil {
		opts.Problem("snapshot", "is not an engine snapshot: "+err.Error())
		return
	}
	c.snapshot = decoded
}

// checkSources refuses options that name two places for the flags, or a place that cannot be.
func (c *config) checkSources(opts *option.Reader) {
	if opts.Has("file") && opts.Has("document") {
		opts.Problem("document", "is given together with file")
	}
	for _, local := range []string{"file", "document"} {
		if !opts.Has(local) {
			continue
		}
		if opts.Has("url") {
			opts.Problem("url", "is given together with file or document")
		}
		opts.Ignored("has no meaning with "+local, "authentication", "proxy", "reference", "request_timeout", "tls_config", "update_interval")
		return
	}
	if c.fetchMode == fetchNone {
		return
	}
	u, err := url.Parse(c.url)
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "":
		opts.Problem("url", "is not an address that begins with http:// or https://")
	case u.RawQuery != "" || u.ForceQuery:
		opts.Problem("url", "has a query, which would end up in logs")
	case strings.Contains(c.url, "#"):
		opts.Problem("url", "has a fragment, which is never sent")
	}
}

// wanted is the namespace that a document must have; "" for a local document when none was given, because then whoever
// wrote the file has chosen.
func (c *config) wanted() string {
	if !c.named && (c.file != "" || c.document != nil) {
		return ""
	}
	return c.namespace
}

// Open plans a client of a Flipt server, or of a local file or document in one of Flipt's formats.
func Open(opts *option.Reader, env backend.Env) (*backend.Plan, error) {
	c := readConfig(opts, env)
	plan := &backend.Plan{
		Compiler: &compiler{namespace: c.wanted()},
		Identity: strings.Join([]string{"flipt", c.url, c.environment, c.namespace, c.reference, c.file}, "\n"),
		FlagSet:  c.namespace,
		Describe: describe,
		FailFast: c.failFast,
		Overlay:  c.auth.overlay,
		Methods: map[string]backend.Method{
			"flipt.snapshot":              {Run: exportMethod(c.namespace), ReadsFlags: true},
			"flipt.update_authentication": {Run: c.auth.updateMethod, ChangesOptions: true},
		},
	}
	if opts.Has("file") || opts.Has("document") {
		plan.Overlay = nil // a copy of this client would be refused credentials that have no meaning
	}
	if c.snapshot != nil {
		plan.Initial = &source.Update{Body: c.snapshot, Origin: source.FromSnapshot, Format: formatSnapshot}
	}
	return plan, c.plan(plan, opts, env)
}

// OpenFile plans a client of a local file.
func OpenFile(opts *option.Reader, env backend.Env) (*backend.Plan, error) {
	if !opts.Has("file") {
		opts.Problem("file", "is missing")
	}
	return Open(opts, env)
}
