package flipt

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/goccy/go-json"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/jsonscan"
	"github.com/burgee-flags/burgee/engine/option"
	"github.com/burgee-flags/burgee/engine/source"
	"github.com/burgee-flags/burgee/engine/transport"
)

const (
	userAgent = "burgee"
	// serverVersion is the oldest server whose documents hold all that evaluation needs: a v1 server leaves out default
	// variants and rewrites entity-id constraints for clients that announce less.
	serverVersion = "1.47.0"
)

// plan chooses the source.
func (c *config) plan(plan *backend.Plan, opts *option.Reader, env backend.Env) error {
	if c.file != "" {
		plan.Source = source.NewFile(c.file, backend.MaxBody(opts), 0)
		return nil
	}
	if c.document != nil {
		plan.Source = source.NewInline(c.document, "")
		return nil
	}
	if c.fetchMode == fetchNone {
		plan.Source = source.None{}
		return nil
	}
	client, err := transport.New(backend.Network(opts, env))
	if err != nil {
		return err
	}
	plan.Close = client.Close
	fetch := transport.Request{URL: c.snapshotURL(), Header: c.snapshotHeader(), Auth: c.auth.header}
	stream := transport.Request{URL: c.streamURL(), Header: streamHeader("application/json"), Auth: c.auth.header}
	switch c.fetchMode {
	case fetchStreaming:
		// Flipt's engine fetches once before it streams, so that a start without a stream still has flags.
		plan.Source = source.NewSequence(
			source.NewFetch(client, fetch, ""), source.NewStream(client, stream, decodeStreamLine, ""),
		)
	case fetchSSE:
		stream.Header = streamHeader("text/event-stream")
		plan.Source = source.NewAnnounced(source.NewPoll(client, fetch, "", c.interval), client, stream, announcesChange)
	default:
		plan.Source = source.NewPoll(client, fetch, "", c.interval)
	}
	return nil
}

func (c *config) snapshotURL() string {
	address := c.url + "/internal/v1/evaluation/snapshot/namespace/" + url.PathEscape(c.namespace)
	if c.referenced {
		address += "?reference=" + url.QueryEscape(c.reference)
	}
	return address
}

func (c *config) snapshotHeader() http.Header {
	header := http.Header{
		"Accept": {"application/json"}, "User-Agent": {userAgent}, "X-Flipt-Accept-Server-Version": {serverVersion},
	}
	if c.environment != "" {
		header.Set("X-Flipt-Environment", c.environment)
	}
	return header
}

// streamURL has a place for an environment in any case.
func (c *config) streamURL() string {
	environment := c.environment
	if environment == "" {
		environment = defaultName
	}
	return c.url + "/client/v2/environments/" + url.PathEscape(environment) + "/namespaces/" +
		url.PathEscape(c.namespace) + "/stream"
}

// streamHeader leaves out the headers of Flipt's engine that made some v2 servers answer 404 to streams.
func streamHeader(accept string) http.Header {
	return http.Header{"Accept": {accept}, "User-Agent": {userAgent}}
}

// decodeStreamLine finds the document in {"result":{...}}. A line {"error":{...}} is the server's last word.
func decodeStreamLine(line []byte) ([]byte, error) {
	var document []byte
	var failure string
	at := jsonscan.SkipSpace(line, 0)
	end, err := jsonscan.Object(line, at, nil, func(name string, at int) (int, error) {
		end, err := jsonscan.Skip(line, at)
		if err != nil {
			return end, err
		}
		switch {
		case name == "result":
			document = line[at:end]
		case name == "error" && line[at] != 'n': // null is no error
			failure = errorText(line[at:end])
		}
		return end, nil
	})
	if err == nil {
		err = jsonscan.End(line, end)
	}
	switch {
	case err != nil:
		return nil, &streamLineError{cause: err}
	case failure != "":
		return nil, &streamLineError{cause: errors.New("the server reports: " + failure)}
	case document == nil:
		return nil, &streamLineError{cause: errors.New("missing field `result`")}
	}
	return document, nil
}

func errorText(raw []byte) string {
	var status struct {
		Message string `json:"message"`
	}
	if err := json.Unmarshal(raw, &status); err != nil || status.Message == "" {
		return "an error without a message"
	}
	return status.Message
}

// announcesChange recognises the one event of Flipt's event stream.
func announcesChange(e source.Event) bool {
	var announcement struct {
		Type string `json:"type"`
	}
	return json.Unmarshal([]byte(e.Data), &announcement) == nil && announcement.Type == "refetchEvaluation"
}
