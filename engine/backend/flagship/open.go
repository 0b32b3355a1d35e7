package flagship

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/option"
	"github.com/burgee-flags/burgee/engine/source"
	"github.com/burgee-flags/burgee/engine/transport"
)

// Client is a client as its options describe it, before anything tracks visitors.
type Client struct {
	// Plan has a source and a compiler of environment files. In the mode decision_api nothing comes from the source.
	Plan     *backend.Plan
	Mode     string // that of a local file or document is ModeEdge or ModeBucketing
	Language sdk.Language
	Hashes   sdk.HashInput
	Service  Service
	// HTTP reaches the vendor; Plan.Close closes it. nil: there is nobody to reach, because a local file or document was
	// given without env_id.
	HTTP *transport.Client
}

// Open plans a client of a Flagship environment, or of a local environment file or document.
func Open(opts *option.Reader, env backend.Env) (*Client, error) {
	c := readConfig(opts)
	plan := &backend.Plan{
		Compiler: NewCompiler(c.targeting, c.hashes),
		// A copy on disk, and events in a spool, belong to it.
		Identity: strings.Join([]string{
			"flagship", c.service.CDNURL, c.service.DecisionURL, c.service.EventsURL, c.service.Environment, c.file,
		}, "\n"),
		FlagSet:  c.service.Environment,
		Describe: c.describe,
	}
	client := &Client{Plan: plan, Mode: c.mode, Language: c.language, Hashes: c.hashes, Service: c.service}
	if c.service.Environment != "" {
		network := backend.Network(opts, env)
		if !opts.Has("request_timeout") {
			network.Timeout = defaultTimeout
		}
		http, err := transport.New(network)
		if err != nil {
			return nil, err
		}
		client.HTTP, plan.Close = http, http.Close
	}
	c.bring(client, opts)
	return client, nil
}

// bring chooses the source.
func (c *config) bring(client *Client, opts *option.Reader) {
	plan := client.Plan
	switch {
	case c.file != "":
		plan.Source = source.NewFile(c.file, backend.MaxBody(opts), 0)
		return
	case c.document != nil:
		plan.Source = source.NewInline(c.document, "")
		return
	case c.mode == ModeEdge && c.initial != nil:
		plan.Source = source.NewInline(c.initial, "")
		return
	case c.mode != ModeBucketing || client.HTTP == nil:
		plan.Source = source.None{}
		return
	}
	if c.initial != nil {
		plan.Initial = &source.Update{Body: c.initial, Origin: source.FromSnapshot}
	}
	request := transport.Request{URL: c.service.fileURL(), Header: c.service.fileHeader()}
	// The SDKs know the version of the file that they hold by its date alone.
	plan.Source = source.NewPoll(client.HTTP, request, "", c.interval).ByDate()
}

// describe says what a status most probably means: the vendor's network refuses environments that do not exist.
func (c *config) describe(err error) string {
	var refused *transport.StatusError
	if errors.As(err, &refused) {
		switch refused.Code {
		case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
			return "there is no environment file for env_id " + strconv.Quote(c.service.Environment) + ": " + err.Error()
		}
	}
	return err.Error()
}
