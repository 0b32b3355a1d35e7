package transport

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/burgee-flags/burgee/engine/eval"
)

// DefaultMaxBody is the largest answer that is read unless the configuration says otherwise: 64 MiB.
const DefaultMaxBody = 64 << 20

const (
	connectTimeout = 10 * time.Second
	keepAlive      = 5 * time.Second
	keepAliveTries = 3 // unanswered, so that a stream whose server is gone ends after 20 s
	idlePerHost    = 10
	idleTimeout    = 60 * time.Second
)

// Config is what a Client is built from. The zero value is a client with the system's certificates and no proxy.
type Config struct {
	TLS     TLS
	Proxy   Proxy
	MaxBody int64 // bytes of one answer after decompression; 0: DefaultMaxBody
	// Timeout is for one attempt, reading the body included; 0: none, and streams never have one. In any case a server
	// that says nothing for 30 s before or in the middle of an answer is given up.
	Timeout time.Duration
	// ConnectTimeout is for opening a connection. 0: 10 s.
	ConnectTimeout time.Duration
	// DialContext replaces the TCP dialer. nil: TCP with ConnectTimeout and keep-alive probes every 5 s.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
}

// Client fetches. It is safe for concurrent use.
type Client struct {
	transport *http.Transport
	timeout   time.Duration
	maxBody   int64
}

// New builds a client. It reads the files that cfg names and does no network I/O. The error is an *eval.Error with
// CodeInvalidConfig that names every option that cannot work.
func New(cfg Config) (*Client, error) {
	tlsConfig, problems := cfg.TLS.build()
	proxy, proxyProblems := cfg.Proxy.build()
	problems = append(problems, proxyProblems...)
	if cfg.MaxBody < 0 {
		problems = append(problems, "max_body_bytes is negative")
	}
	if cfg.Timeout < 0 {
		problems = append(problems, "request_timeout is negative")
	}
	if len(problems) > 0 {
		return nil, &eval.Error{Code: eval.CodeInvalidConfig, Msg: strings.Join(problems, "; ")}
	}
	dial := cfg.DialContext
	if dial == nil {
		dial = (&net.Dialer{
			Timeout:         cmp.Or(cfg.ConnectTimeout, connectTimeout),
			KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: keepAlive, Interval: keepAlive, Count: keepAliveTries},
		}).DialContext
	}
	maxBody := cfg.MaxBody
	if maxBody == 0 {
		maxBody = DefaultMaxBody
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &Client{
		timeout: cfg.Timeout,
		maxBody: maxBody,
		transport: &http.Transport{
			Proxy:               proxy,
			DialContext:         dial,
			TLSClientConfig:     tlsConfig,
			TLSHandshakeTimeout: connectTimeout,
			MaxIdleConnsPerHost: idlePerHost,
			IdleConnTimeout:     idleTimeout,
			Protocols:           protocols,
		},
	}, nil
}

// MaxBody returns the limit on one answer, in bytes.
func (c *Client) MaxBody() int64 { return c.maxBody }

// Close closes the connections that nobody is using. Requests under way end with their contexts.
func (c *Client) Close() { c.transport.CloseIdleConnections() }
