package transport

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// maxProxyAnswer bounds the head of a proxy's answer, in bytes.
const maxProxyAnswer = 64 << 10

// dialing is the policy and the memory of one Dial.
type dialing struct {
	attempts
	transport *http.Transport // for this Dial only
	plain     func(ctx context.Context, network, address string) (net.Conn, error)
	silence   time.Duration
	proxy     *url.URL // the HTTP proxy that the connection under way goes through; nil: none
	socket    net.Conn // the connection made last, below TLS and whatever a proxy needs
	wire      *wire    // around it, once it is open
}

func newDialing(shared *http.Transport, req DialRequest, target *url.URL) *dialing {
	d := &dialing{
		attempts:  attempts{request: req.Request, url: withoutQuery(target)},
		transport: shared.Clone(), plain: shared.DialContext, silence: req.Silence,
	}
	d.transport.DisableKeepAlives = true // there is no second request
	d.transport.DisableCompression = true
	d.transport.Proxy = func(req *http.Request) (*url.URL, error) {
		d.proxy = nil
		proxy, err := shared.Proxy(req)
		if proxy == nil || proxy.Scheme != "http" && proxy.Scheme != "https" {
			return proxy, err
		}
		// net/http would ask the proxy to fetch an http address, and not to connect to it.
		d.proxy = proxy
		return nil, err
	}
	d.transport.DialContext = d.dial
	return d
}

// RoundTrip makes one request of the handshake.
func (d *dialing) RoundTrip(req *http.Request) (*http.Response, error) {
	answer, err := d.transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, upgraded := answer.Body.(io.ReadWriteCloser)
	if upgraded && answer.StatusCode == http.StatusSwitchingProtocols {
		d.wire = &wire{ReadWriteCloser: body, socket: d.socket, silence: d.silence}
		answer.Body = d.wire
		return answer, nil
	}
	_ = answer.Body.Close() // nobody reads it, and it may never end
	answer.Body = http.NoBody
	if badRedirect(req, answer) {
		return nil, ErrRedirectAddress
	}
	return answer, nil
}

// dial connects to a server, or to a proxy for it.
func (d *dialing) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if d.proxy != nil {
		return d.tunnel(ctx, network, address)
	}
	return d.open(ctx, network, address)
}

func (d *dialing) open(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.plain(ctx, network, address)
	d.socket = conn
	return conn, err
}

// tunnel connects through an HTTP proxy (CONNECT, RFC 9110 section 9.3.6). RFC 6455 (section 4.1) wants that for every
// websocket, encrypted or not: proxies forward requests, and few of them forward an upgrade.
func (d *dialing) tunnel(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.open(ctx, network, origin(d.proxy))
	if err == nil {
		conn, err = d.ask(ctx, conn, address)
	}
	if err != nil {
		return nil, &net.OpError{Op: "proxyconnect", Net: network, Err: err} // as net/http words it
	}
	return conn, nil
}

// ask makes the connection to a proxy one to the address. It closes it on an error.
func (d *dialing) ask(ctx context.Context, socket net.Conn, address string) (_ net.Conn, err error) {
	stop := context.AfterFunc(ctx, func() { _ = socket.Close() })
	defer func() {
		if !stop() && err == nil { // the context ended while the last byte came
			err = ctx.Err()
		}
		if err != nil {
			_ = socket.Close()
		}
	}()
	conn := socket
	if d.proxy.Scheme == "https" {
		cfg := d.transport.TLSClientConfig.Clone()
		cfg.ServerName = d.proxy.Hostname()
		secured := tls.Client(socket, cfg)
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		conn = secured
	}
	request := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{}}
	if user := d.proxy.User; user != nil {
		password, _ := user.Password()
		credentials := base64.StdEncoding.EncodeToString([]byte(user.Username() + ":" + password))
		request.Header.Set("Proxy-Authorization", "Basic "+credentials)
	}
	if err := request.Write(conn); err != nil {
		return nil, err
	}
	// The reader may be thrown away: nobody behind the proxy speaks before the handshake has been sent. The body of a
	// refusal is not closed, because that would read it to its end.
	answer, err := http.ReadResponse(bufio.NewReader(io.LimitReader(conn, maxProxyAnswer)), request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		return nil, &ProxyError{URL: redacted(d.proxy), Code: answer.StatusCode}
	}
	return conn, nil
}
