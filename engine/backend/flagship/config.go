package flagship

import (
	"net/url"
	"strings"
	"time"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/option"
)

const (
	defaultDecisionURL = "https://decision.flagship.io/v2"
	defaultCDNURL      = "https://cdn.flagship.io"
	defaultEventsURL   = "https://events.flagship.io"
	defaultSegmentsURL = "https://api-data-connector.flagship.io"
	defaultInterval    = 5 * time.Second
	defaultTimeout     = 2 * time.Second
	// minInterval keeps milliseconds that were meant as seconds from becoming a flood of requests.
	minInterval = 100 * time.Millisecond
)

// The modes, in lower case.
const (
	ModeDecisionAPI = "decision_api"   // the vendor's server decides
	ModeBucketing   = "bucketing"      // decisions here, from a file that is polled
	ModeEdge        = "bucketing_edge" // decisions here, from a file that the host brings
)

// config are Flagship's own options. Those of every backend are read by the engine and by backend.Network.
type config struct {
	mode      string
	language  sdk.Language // of the SDK that this client stands in for
	targeting Targeting
	hashes    sdk.HashInput
	interval  time.Duration // between polls; 0: one only
	file      string        // path of an environment file
	document  []byte        // the same, inline
	initial   []byte        // an environment file to begin with
	service   Service
}

// Service is where the vendor is reached and how this client introduces itself there.
type Service struct {
	Environment string
	Key         string // secret
	Client      string // what the SDK calls itself
	Version     string
	Language    sdk.Language
	DecisionURL string // all without a slash at the end
	CDNURL      string
	EventsURL   string
	SegmentsURL string
}

var languages = map[string]sdk.Language{"javascript": sdk.JavaScript, "python": sdk.Python}

var targetings = map[string]Targeting{"javascript": ByJavaScript, "python": ByPython, "decision_api": ByDecisionAPI}

var hashInputs = map[string]sdk.HashInput{"javascript": sdk.LowBytes, "python": sdk.Packed, "utf-8": sdk.UTF8}

// ReadLanguage reads which of the vendor's SDKs a client stands in for.
func ReadLanguage(opts *option.Reader) sdk.Language {
	return languages[opts.OneOf("sdk", "javascript", "javascript", "python")]
}

func readConfig(opts *option.Reader) config {
	language := ReadLanguage(opts)
	ownHashes := "javascript"
	if language == sdk.Python {
		ownHashes = "python"
	}
	c := config{
		mode:      readMode(opts),
		language:  language,
		targeting: targetings[opts.OneOf("targeting", "javascript", "javascript", "python", "decision_api")],
		hashes:    hashInputs[opts.OneOf("hash_input", ownHashes, "javascript", "python", "utf-8")],
		interval:  opts.Seconds("polling_interval", defaultInterval),
		file:      opts.NonEmpty("file"),
		document:  readDocument(opts, "document"),
		initial:   readDocument(opts, "initial_bucketing"),
		service: Service{
			Environment: opts.NonEmpty("env_id"),
			Key:         opts.Secret("api_key"),
			Client:      opts.String("sdk_client", language.Client()),
			Version:     opts.String("sdk_version", language.Version()),
			Language:    language,
			DecisionURL: readURL(opts, "decision_url", defaultDecisionURL),
			CDNURL:      readURL(opts, "cdn_url", defaultCDNURL),
			EventsURL:   readURL(opts, "events_url", defaultEventsURL),
			SegmentsURL: readURL(opts, "segments_url", defaultSegmentsURL),
		},
	}
	if c.interval > 0 && c.interval < minInterval {
		opts.Problem("polling_interval", "is below "+minInterval.String()+", want more, or 0 for a single request")
	}
	c.checkSources(opts)
	return c
}

// readMode accepts the spellings of both SDKs.
func readMode(opts *option.Reader) string {
	mode := opts.OneOf("decision_mode", ModeDecisionAPI, ModeDecisionAPI, "decision-api", "api", ModeBucketing, ModeEdge)
	if mode == "decision-api" || mode == "api" {
		return ModeDecisionAPI
	}
	return mode
}

// readDocument reads an environment file that is given as an object, or as its text.
func readDocument(opts *option.Reader, name string) []byte {
	raw := opts.Raw(name)
	switch {
	case isText(raw):
		return []byte(evaljson.Value(raw).Text)
	case raw != nil && !isObject(raw):
		opts.Problem(name, "is "+describe(raw)+", want an environment file")
	}
	return raw
}

func readURL(opts *option.Reader, name, fallback string) string {
	address := strings.TrimRight(opts.String(name, fallback), "/")
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		opts.Problem(name, "is not an address that begins with http:// or https://")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		opts.Problem(name, "has a query or a fragment")
	}
	return address
}

// checkSources refuses options that name two places for the flags, or none.
func (c *config) checkSources(opts *option.Reader) {
	switch {
	case c.file != "" && c.document != nil:
		opts.Problem("document", "is given together with file")
	case c.local():
		opts.Ignored("has no meaning with file or document", "initial_bucketing", "polling_interval")
		if c.service.Environment == "" {
			opts.Ignored("has no meaning with file or document unless env_id is given", "api_key", "decision_mode", "events_url")
		}
		if c.mode == ModeDecisionAPI {
			c.mode = ModeBucketing
		}
	case c.service.Environment == "":
		opts.Problem("env_id", "is missing; it is not needed with file or document")
	case c.service.Key == "":
		opts.Problem("api_key", "is missing; it is not needed with file or document")
	case c.mode == ModeDecisionAPI:
		opts.Ignored("has no meaning in the mode "+c.mode, "initial_bucketing", "polling_interval")
	case c.mode == ModeEdge:
		opts.Ignored("has no meaning in the mode "+c.mode, "polling_interval")
	}
}

// local reports whether the environment file is on this machine.
func (c *config) local() bool { return c.file != "" || c.document != nil }
