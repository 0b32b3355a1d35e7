package flagship

import (
	"net/http"
	"net/url"
	"time"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/backend/flagship/tracking"
)

const userAgent = "burgee"

// fileURL is where the environment file is.
func (s *Service) fileURL() string {
	return s.CDNURL + "/" + url.PathEscape(s.Environment) + "/bucketing.json"
}

// fileHeader is sent with the request for it. The Python SDK does not introduce itself there.
func (s *Service) fileHeader() http.Header {
	header := http.Header{"Content-Type": {"application/json"}, "User-Agent": {userAgent}}
	if s.Language == sdk.JavaScript {
		s.introduce(header)
	}
	return header
}

func (s *Service) introduce(header http.Header) {
	header.Set("X-Sdk-Client", s.Client)
	header.Set("X-Sdk-Version", s.Version)
}

// CampaignsURL is where the decision API decides for a visitor. The keys of variations that the visitor does not have are
// asked for too, so that such a flag exists.
func (s *Service) CampaignsURL() string {
	address := s.DecisionURL + "/" + url.PathEscape(s.Environment) + "/campaigns"
	if s.Language == sdk.Python {
		return address + "/?exposeAllKeys=true"
	}
	return address + "?exposeAllKeys=true&extras[]=accountSettings"
}

// CampaignsHeader is sent with that request, together with KeyHeader, and with activations.
func (s *Service) CampaignsHeader() http.Header {
	header := http.Header{"Content-Type": {"application/json"}, "User-Agent": {userAgent}}
	s.introduce(header)
	return header
}

// KeyHeader proves who we are. It must not follow a redirect to another host.
func (s *Service) KeyHeader() http.Header { return http.Header{"X-Api-Key": {s.Key}} }

// VisitorSegmentsURL is where other vendors' attributes of a visitor are.
func (s *Service) VisitorSegmentsURL(visitorID string) string {
	return s.SegmentsURL + "/accounts/" + url.PathEscape(s.Environment) + "/segments/" + url.PathEscape(visitorID)
}

// Hits sends everything but activations. The JavaScript SDK does not introduce itself there.
func (s *Service) Hits() *tracking.Encoder {
	header := http.Header{"Content-Type": {"application/json"}, "User-Agent": {userAgent}}
	if s.Language == sdk.Python {
		s.introduce(header)
	}
	return &tracking.Encoder{
		Language: s.Language, Environment: s.Environment, URL: s.EventsURL, Header: header, Now: time.Now,
	}
}

// Activations go where decisions come from. Only the JavaScript SDK sends its key there.
func (s *Service) Activations() *tracking.Encoder {
	e := &tracking.Encoder{
		Language: s.Language, Environment: s.Environment, Activations: true, URL: s.DecisionURL + "/activate",
		Header: s.CampaignsHeader(), Now: time.Now,
	}
	if s.Language == sdk.JavaScript {
		e.Auth = s.KeyHeader
	}
	return e
}
