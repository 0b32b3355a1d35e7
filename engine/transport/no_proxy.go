package transport

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// exceptions are the hosts that are reached without a proxy. The rules are those of the variable NO_PROXY as Go programs
// read it: "name" is the host and everything below it, ".name" and "*.name" only what is below, an address or a network
// is meant for hosts that are given as addresses, a port restricts any of them but networks, and "*" is everything.
type exceptions struct {
	all      bool
	networks []*net.IPNet
	hosts    []exception
}

type exception struct {
	address net.IP // nil: suffix counts
	suffix  string // begins with a dot
	below   bool   // the host of that name itself is not meant
	port    string // empty: every port
}

func newExceptions(list string) exceptions {
	var e exceptions
	for item := range strings.SplitSeq(strings.ToLower(list), ",") {
		item = strings.TrimSpace(item)
		if item == "*" {
			return exceptions{all: true}
		}
		if _, network, err := net.ParseCIDR(item); err == nil {
			e.networks = append(e.networks, network)
			continue
		}
		host, port, err := net.SplitHostPort(item)
		if err != nil {
			host, port = item, ""
		}
		if host == "" {
			continue
		}
		if address := net.ParseIP(host); address != nil {
			e.hosts = append(e.hosts, exception{address: address, port: port})
			continue
		}
		if strings.HasPrefix(host, "*.") {
			host = host[1:]
		}
		name, below := strings.CutPrefix(host, ".")
		e.hosts = append(e.hosts, exception{suffix: "." + asciiHost(name), below: below, port: port})
	}
	return e
}

func (e *exceptions) include(target *url.URL) bool {
	host := asciiHost(strings.ToLower(target.Hostname()))
	var address net.IP
	if parsed, err := netip.ParseAddr(host); err == nil {
		address = net.IP(parsed.AsSlice())
	}
	if e.all || host == "localhost" || address.IsLoopback() {
		return true
	}
	port := target.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[target.Scheme]
	}
	for _, network := range e.networks {
		if address != nil && network.Contains(address) {
			return true
		}
	}
	for _, one := range e.hosts {
		if (one.port == "" || one.port == port) && one.matches(host, address) {
			return true
		}
	}
	return false
}

func (e *exception) matches(host string, address net.IP) bool {
	if address != nil || e.address != nil {
		return address != nil && e.address.Equal(address)
	}
	return strings.HasSuffix(host, e.suffix) || !e.below && host == e.suffix[1:]
}
