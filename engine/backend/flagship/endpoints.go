package flagship

import (
	"net/http"
	"net/url"
	"time"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/backend/flagship/tracking"
	"github.com/burgee-flags/burgee/engine/option"
	"github.com/burgee-flags/burgee/engine/source"
	"github.com/burgee-flags/burgee/engine/transport"
)

const userAgent = "burgee"

// poll makes the plan fetch the environment file again and again.
func (c *config) poll(plan *backend.Plan, opts *option.Reader, env backend.Env) error {
	network := backend.Network(opts, env)
	if !opts.Has("request_timeout") {
		network.Timeout = defaultTimeout
	}
	client, err := transport.New(network)
	if err != nil {
		return err
	}
	plan.Close = client.Close
	request := transport.Request{URL: c.service.fileURL(), Header: c.service.fileHeader()}
	// The SDKs know the version of the file that they hold by its date alone.
	plan.Source = source.NewPoll(client, request, "", c.interval).ByDate()
	return nil
}

// fileURL is where the environment file is.
func (s *service) fileURL() string {
	return s.cdnURL + "/" + url.PathEscape(s.environment) + "/bucketing.json"
}

// fileHeader is sent with the request for it. The Python SDK does not introduce itself there.
func (s *service) fileHeader() http.Header {
	header := http.Header{"Content-Type": {"application/json"}, "User-Agent": {userAgent}}
	if s.language == sdk.JavaScript {
		s.introduce(header)
	}
	return header
}

func (s *service) introduce(header http.Header) {
	header.Set("X-Sdk-Client", s.client)
	header.Set("X-Sdk-Version", s.version)
}

// campaignsURL is where the decision API decides for a visitor. The keys of variations that the visitor does not have are
// asked for too, so that such a flag exists.
func (s *service) campaignsURL() string {
	address := s.decisionURL + "/" + url.PathEscape(s.environment) + "/campaigns"
	if s.language == sdk.Python {
		return address + "/?exposeAllKeys=true"
	}
	return address + "?exposeAllKeys=true&extras[]=accountSettings"
}

// campaignsHeader is sent with that request, together with keyHeader, and with activations.
func (s *service) campaignsHeader() http.Header {
	header := http.Header{"Content-Type": {"application/json"}, "User-Agent": {userAgent}}
	s.introduce(header)
	return header
}

// keyHeader proves who we are. It must not follow a redirect to another host.
func (s *service) keyHeader() http.Header { return http.Header{"X-Api-Key": {s.key}} }

// visitorSegmentsURL is where other vendors' attributes of a visitor are.
func (s *service) visitorSegmentsURL(visitorID string) string {
	return s.segmentsURL + "/accounts/" + url.PathEscape(s.environment) + "/segments/" + url.PathEscape(visitorID)
}

// hits sends everything but activations. The JavaScript SDK does not introduce itself there.
func (s *service) hits() *tracking.Encoder {
	header := http.Header{"Content-Type": {"application/json"}, "User-Agent": {userAgent}}
	if s.language == sdk.Python {
		s.introduce(header)
	}
	return &tracking.Encoder{
		Language: s.language, Environment: s.environment, URL: s.eventsURL, Header: header, Now: time.Now,
	}
}

// activations go where decisions come from. Only the JavaScript SDK sends its key there.
func (s *service) activations() *tracking.Encoder {
	e := &tracking.Encoder{
		Language: s.language, Environment: s.environment, Activations: true, URL: s.decisionURL + "/activate",
		Header: s.campaignsHeader(), Now: time.Now,
	}
	if s.language == sdk.JavaScript {
		e.Auth = s.keyHeader
	}
	return e
}
