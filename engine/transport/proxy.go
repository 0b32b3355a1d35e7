package transport

import (
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// Proxy says which requests go through which proxy. Hosts of the local machine never do. Nothing is read from the
// environment.
type Proxy struct {
	Option string // what the caller's options call this block, for error messages. Empty: "proxy".
	HTTP   string // proxy for http addresses: "host:port" or a URL (http, https, socks5, socks5h)
	HTTPS  string // proxy for https addresses
	No     string // hosts, domains, addresses and networks that are reached directly, separated by commas; "*" is all
}

func (p Proxy) build() (func(*http.Request) (*url.URL, error), []string) {
	option := p.Option
	if option == "" {
		option = "proxy"
	}
	var problems []string
	check := func(member, address string) {
		if address != "" && !validProxy(address) {
			// The text is left out: a proxy's address often holds its password.
			problems = append(problems, option+"."+member+": want host:port or a URL with http, https, socks5 or socks5h")
		}
	}
	check("http", p.HTTP) // httpproxy drops an address that it cannot read, and would then connect directly
	check("https", p.HTTPS)
	choose := (&httpproxy.Config{HTTPProxy: p.HTTP, HTTPSProxy: p.HTTPS, NoProxy: p.No}).ProxyFunc()
	return func(req *http.Request) (*url.URL, error) { return choose(req.URL) }, problems
}

func validProxy(address string) bool {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	parsed, err := url.Parse(address)
	if err != nil || parsed.Hostname() == "" {
		return false
	}
	switch parsed.Scheme {
	case "http", "https", "socks5", "socks5h":
		return true
	}
	return false
}
