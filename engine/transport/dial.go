package transport

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// longestAsked is how long a server that refuses a websocket can ask to be left alone.
const longestAsked = time.Minute

// DialRequest asks for a websocket.
type DialRequest struct {
	Request // URL: ws or wss, for which http and https may stand. OnRetry and Stream have no meaning here
	// Handshake bounds everything until the websocket is open: name, connection, proxy, TLS and upgrade. 0: 30 s.
	Handshake time.Duration
	// Silence is after how long without a byte from the server a read gives up. 0: never.
	Silence time.Duration
}

// Dial opens a websocket (RFC 6455) with one attempt. It follows redirects, but the headers of Auth stay with their host.
// The caller closes the websocket. When ctx ends before it is open, Dial returns at once with ctx's error. Other errors:
// *InvalidURLError, *InvalidHeaderError, *StatusError (any answer but an upgrade) and *RequestError, whose cause is a
// *TimeoutError when Handshake has passed. None of them shows the query of an address, which is where tokens travel.
func (c *Client) Dial(ctx context.Context, req DialRequest) (*WebSocket, error) {
	target, err := socketAddress(req.URL)
	if err != nil {
		return nil, err
	}
	header := http.Request{}
	if err := req.send(&header); err != nil {
		return nil, err
	}
	run := newDialing(c.transport, req, target)
	// Nothing is idle, but net/http goes on connecting for the sake of a later request until it is told not to.
	defer run.transport.CloseIdleConnections()
	limit := req.Handshake
	if limit <= 0 {
		limit = answerWait
	}
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn, answer, err := websocket.Dial(bounded, target.String(), &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: run, CheckRedirect: run.redirect},
		HTTPHeader: header.Header,
	})
	switch {
	case err == nil:
		conn.SetReadLimit(-1) // whoever reads has a limit
		return &WebSocket{conn: conn, wire: run.wire, url: run.url, secrets: secrets(target, header.Header)}, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case bounded.Err() != nil:
		err = &TimeoutError{What: "the connection was not open", After: limit}
	case answer != nil && answer.StatusCode == http.StatusSwitchingProtocols:
		err = ErrNoWebSocket
	case answer != nil:
		refused := &StatusError{Code: answer.StatusCode, URL: withoutQuery(answer.Request.URL)}
		refused.RetryAfter, _ = retryAfter(answer.Header.Get("Retry-After"), longestAsked)
		return nil, refused
	default:
		err = bare(err)
		if secrets(target, header.Header).in(err.Error()) {
			err = ErrUnprintable
		}
	}
	return nil, &RequestError{URL: run.url, Err: err}
}

// socketAddress checks an address, and words its scheme as net/http wants it.
func socketAddress(text string) (*url.URL, error) {
	target, err := url.Parse(text)
	if err != nil || target.Scheme == "" || target.Opaque != "" {
		return nil, &InvalidURLError{Reason: "it is not an absolute URL"}
	}
	switch target.Scheme {
	case "ws", "http":
		target.Scheme = "http"
	case "wss", "https":
		target.Scheme = "https"
	default:
		return nil, &InvalidURLError{URL: withoutQuery(target), Reason: "its scheme is none of ws, wss, http and https"}
	}
	if target.Hostname() == "" {
		return nil, &InvalidURLError{Reason: "it names no host"}
	}
	return target, nil
}

// withoutQuery returns the address of a websocket without user, password, query and fragment.
func withoutQuery(u *url.URL) string {
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	switch u.Scheme {
	case "http":
		shown.Scheme = "ws"
	case "https":
		shown.Scheme = "wss"
	}
	return shown.String()
}

// private are texts that no error may show.
type private []string

// secrets returns what a request holds that may be secret. Some causes quote the server, and a server that is none of the
// web may send back what it got.
func secrets(target *url.URL, header http.Header) private {
	const shortest = 8 // what is shorter is found in any text
	var found private
	add := func(text string) {
		if len(text) >= shortest {
			found = append(found, text)
		}
	}
	for pair := range strings.SplitSeq(target.RawQuery, "&") {
		_, value, _ := strings.Cut(pair, "=")
		add(value)
		if plain, err := url.QueryUnescape(value); err == nil {
			add(plain)
		}
	}
	for _, values := range header {
		for _, value := range values {
			add(value)
		}
	}
	return found
}

func (p private) in(text string) bool {
	for _, secret := range p {
		if strings.Contains(text, secret) {
			return true
		}
	}
	return false
}
