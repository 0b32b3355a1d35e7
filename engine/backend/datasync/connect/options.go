package connect

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/option"
	"github.com/burgee-flags/burgee/engine/transport"
)

const (
	streaming = "streaming"
	polling   = "polling"

	defaultFirstRetry  = time.Second
	longestRetry       = 60 * time.Second
	longestHandshake   = 10 * time.Second
	defaultPing        = 10 * time.Second
	defaultConnectTime = 5 * time.Second
	defaultRequestTime = 10 * time.Second
	defaultPolling     = 30 * time.Second
	// shortest keeps a unit that was mistaken from becoming a flood of requests.
	shortest = 100 * time.Millisecond

	// The words of the vendors' clients.
	badSecret = "env secret is invalid"
	badURL    = "streaming or event url is invalid"
)

// Options are those of both vendors, as the package says. What a kind of client does not need is not checked.
type Options struct {
	Secret       string
	StreamingURL string // these without slashes at the end
	EventURL     string
	PollingURL   string
	Mode         string
	Offline      bool
	File         string
	Document     []byte
	Bootstrap    []byte
	AppType      string
	UserAgent    string

	// Reports says that the vendor hears of evaluations although the flags come from the host: event_url is there for that.
	Reports bool

	FirstRetry, Handshake, Ping, ConnectTime, RequestTime, PollingInterval time.Duration
}

// ReadOptions reads the options. What is wrong with them goes to opts.
func (v *Vendor) ReadOptions(opts *option.Reader) *Options {
	o := &Options{
		Secret:          opts.Secret("env_secret"),
		StreamingURL:    base(opts.String("streaming_url", v.Defaults.StreamingURL)),
		EventURL:        base(opts.String("event_url", v.Defaults.EventURL)),
		Mode:            opts.OneOf("data_sync_mode", streaming, streaming, polling),
		Offline:         opts.Bool("offline", false),
		File:            opts.NonEmpty("file"),
		Document:        opts.Raw("document"),
		Bootstrap:       opts.Raw("bootstrap"),
		AppType:         opts.String("app_type", "pythonserverside"),
		UserAgent:       opts.String("user_agent", v.UserAgent),
		FirstRetry:      seconds(opts, "streaming_first_retry_delay", defaultFirstRetry, longestRetry),
		Handshake:       seconds(opts, "websocket_timeout", v.Defaults.WebSocketTimeout, longestHandshake),
		Ping:            seconds(opts, "ping_interval", defaultPing, v.Defaults.LongestPing),
		ConnectTime:     seconds(opts, "connect_timeout", defaultConnectTime, 0),
		PollingInterval: seconds(opts, "polling_interval", defaultPolling, 0),
	}
	o.PollingURL = base(opts.String("polling_url", o.EventURL))
	if o.Mode == streaming || opts.Has("request_timeout") { // a long answer of a poll takes as long as it takes
		o.RequestTime = seconds(opts, "request_timeout", defaultRequestTime, 0)
	}
	for name, interval := range map[string]time.Duration{"ping_interval": o.Ping, "polling_interval": o.PollingInterval} {
		if interval < shortest {
			opts.Problem(name, "is below "+shortest.String())
		}
	}
	if !transport.ValidHeaderValue(o.UserAgent) {
		opts.Problem("user_agent", "holds characters that no header may hold")
	}
	o.Reports = !o.Offline && !o.remote() && opts.Has("event_url")
	o.checkSources(opts)
	o.checkSecret(opts, v)
	if o.remote() || o.Reports {
		o.checkAddresses(opts)
	}
	return o
}

// remote says that there is a server to talk to.
func (o *Options) remote() bool { return !o.Offline && o.File == "" && o.Document == nil }

// base removes what is left out before a path is appended.
func base(address string) string { return strings.TrimRight(address, "/") }

// seconds reads a time as the vendors' clients do: 0 or less is the default, and what is beyond the limit (0: none) is the
// limit.
func seconds(opts *option.Reader, name string, fallback, limit time.Duration) time.Duration {
	const year = 366 * 24 * time.Hour
	raw := opts.Raw(name)
	if raw == nil {
		return fallback
	}
	n, err := strconv.ParseFloat(string(raw), 64)
	switch {
	case err != nil:
		opts.Problem(name, "is not a number of seconds")
		return fallback
	case n <= 0:
		return fallback
	case limit > 0 && n > limit.Seconds():
		return limit
	case n > year.Seconds():
		return year
	}
	return max(time.Duration(n*float64(time.Second)), time.Nanosecond)
}

// checkSources refuses options that name two places for the flags.
func (o *Options) checkSources(opts *option.Reader) {
	if o.File != "" && o.Document != nil {
		opts.Problem("document", "is given together with file")
	}
	if o.Bootstrap == nil {
		return
	}
	if o.File != "" || o.Document != nil {
		opts.Problem("bootstrap", "is given together with file or document")
	}
	if _, err := datasync.Parse(o.Bootstrap); err != nil {
		opts.Problem("bootstrap", "cannot be used: "+err.Error())
	}
}

func (o *Options) checkSecret(opts *option.Reader, v *Vendor) {
	notASCII := func(r rune) bool { return r > '~' || r < ' ' }
	switch {
	case (o.remote() || o.Reports) && o.Secret == "":
		opts.Problem("env_secret", "is missing: "+badSecret)
	case (o.remote() || o.Reports) && strings.ContainsFunc(o.Secret, notASCII):
		opts.Problem("env_secret", "holds other characters than those of ASCII: "+badSecret)
	case o.Secret != "" && v.CheckSecret != nil:
		if err := v.CheckSecret(o.Secret); err != nil {
			opts.Problem("env_secret", err.Error()+": "+badSecret)
		}
	}
}

// checkAddresses looks at the addresses that will be used.
func (o *Options) checkAddresses(opts *option.Reader) {
	switch {
	case !o.remote():
	case o.Mode == streaming:
		checkAddress(opts, "streaming_url", o.StreamingURL, "ws", "wss", "http", "https")
	default:
		checkAddress(opts, "polling_url", o.PollingURL, "http", "https")
	}
	if !opts.Bool("disable_events", false) {
		checkAddress(opts, "event_url", o.EventURL, "http", "https")
	}
}

func checkAddress(opts *option.Reader, name, address string, schemes ...string) {
	problem := ""
	u, err := url.Parse(address)
	switch {
	case address == "":
		problem = "is missing"
	case err != nil || u.Scheme == "" || u.Host == "":
		problem = "is not an address with a scheme and a host"
	case !slices.Contains(schemes, u.Scheme):
		problem = "has a scheme other than " + strings.Join(schemes, ", ")
	case !validPort(u.Port()):
		problem = "has a port above 65535"
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(address, "#"):
		problem = "has a query or a fragment, where a path is to follow"
	default:
		return
	}
	opts.Problem(name, problem+": "+badURL)
}

// validPort reports whether there is such a port. No port is the scheme's own.
func validPort(port string) bool {
	_, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil
}
