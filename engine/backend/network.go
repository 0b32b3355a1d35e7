package backend

import (
	"github.com/burgee-flags/burgee/engine/option"
	"github.com/burgee-flags/burgee/engine/transport"
)

// Network reads the options that every backend with a server has: tls_config, proxy, max_body_bytes and request_timeout
// (seconds, 0: none). Proxies that are not among the options come from the host's environment, under their usual names.
func Network(opts *option.Reader, env Env) transport.Config {
	return transport.Config{
		TLS:     tlsOptions(opts.Object("tls_config")),
		Proxy:   proxyOptions(opts.Object("proxy"), env),
		MaxBody: MaxBody(opts),
		Timeout: opts.Seconds("request_timeout", 0),
	}
}

// MaxBody reads the option max_body_bytes: how long one document may be.
func MaxBody(opts *option.Reader) int64 {
	return opts.Whole("max_body_bytes", transport.DefaultMaxBody, 1, 1<<40)
}

func tlsOptions(opts *option.Reader) transport.TLS {
	if opts == nil {
		return transport.TLS{}
	}
	return transport.TLS{
		CACertFile:                 opts.String("ca_cert_file", ""),
		CACertData:                 opts.Secret("ca_cert_data"),
		ClientCertFile:             opts.String("client_cert_file", ""),
		ClientCertData:             opts.Secret("client_cert_data"),
		ClientKeyFile:              opts.String("client_key_file", ""),
		ClientKeyData:              opts.Secret("client_key_data"),
		InsecureSkipVerify:         opts.Bool("insecure_skip_verify", false),
		InsecureSkipHostnameVerify: opts.Bool("insecure_skip_hostname_verify", false),
	}
}

func proxyOptions(opts *option.Reader, env Env) transport.Proxy {
	if opts != nil {
		return transport.Proxy{HTTP: opts.Secret("http"), HTTPS: opts.Secret("https"), No: opts.String("no", "")}
	}
	first := func(names ...string) string {
		for _, name := range names {
			if value := env.Getenv(name); value != "" {
				return value
			}
		}
		return ""
	}
	proxy := transport.Proxy{
		Option: transport.FromEnvironment, HTTPS: first("HTTPS_PROXY", "https_proxy"), No: first("NO_PROXY", "no_proxy"),
	}
	// In a CGI program HTTP_PROXY is the request header "Proxy", which anybody may send.
	if env.Getenv("REQUEST_METHOD") == "" {
		proxy.HTTP = first("HTTP_PROXY", "http_proxy")
	}
	return proxy
}
