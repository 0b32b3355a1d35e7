package transport

import (
	"net/http"
	"net/url"
	"strings"
)

// FromEnvironment is the Proxy.Option of proxies that the host's environment variables name.
const FromEnvironment = "environment"

// Proxy says which requests go through which proxy. Hosts of the local machine never do. Nothing is read from the
// environment.
type Proxy struct {
	// Option is what the caller's options call this block, for error messages. Empty: "proxy". FromEnvironment: the
	// values are those of the host's environment variables.
	Option string
	HTTP   string // proxy for http addresses: "host:port" or a URL (http, https, socks5, socks5h)
	HTTPS  string // proxy for https addresses
	No     string // hosts, domains, addresses and networks that are reached directly, separated by commas; "*" is all
}

func (p Proxy) build() (func(*http.Request) (*url.URL, error), []string) {
	var problems []string
	proxies := map[string]*url.URL{}
	for _, given := range []struct{ scheme, address string }{{"http", p.HTTP}, {"https", p.HTTPS}} {
		if given.address == "" {
			continue
		}
		if proxies[given.scheme] = parseProxy(given.address); proxies[given.scheme] == nil {
			// The text is left out: a proxy's address often holds its password.
			problems = append(problems, p.option(given.scheme)+": want host:port or a URL with http, https, socks5 or socks5h")
		}
	}
	direct := newExceptions(p.No)
	return func(req *http.Request) (*url.URL, error) {
		proxy := proxies[req.URL.Scheme]
		if proxy == nil || direct.include(req.URL) {
			return nil, nil
		}
		return proxy, nil
	}, problems
}

// option is what the user has to correct.
func (p Proxy) option(scheme string) string {
	switch p.Option {
	case "":
		return "proxy." + scheme
	case FromEnvironment:
		return "environment variable " + strings.ToUpper(scheme) + "_PROXY"
	}
	return p.Option + "." + scheme
}

// parseProxy returns nil for what is no address of a proxy.
func parseProxy(address string) *url.URL {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	parsed, err := url.Parse(address)
	if err != nil || parsed.Hostname() == "" {
		return nil
	}
	switch parsed.Scheme {
	case "http", "https", "socks5", "socks5h":
		return parsed
	}
	return nil
}
