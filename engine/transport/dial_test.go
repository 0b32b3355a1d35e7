package transport

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/transport/transporttest"
)

// greet is a websocket server that says one thing and closes.
var greet = accept(func(r *http.Request, conn *websocket.Conn) {
	_ = conn.Write(r.Context(), websocket.MessageText, []byte("hello from "+r.Host))
	_ = conn.Close(1000, "")
})

func TestAddressesThatCannotBeDialled(t *testing.T) {
	for address, want := range map[string]string{
		"flags.test/streaming":                    "invalid url: it is not an absolute URL",
		"ws:flags.test":                           "invalid url: it is not an absolute URL",
		"ws://%zz/?token=hunter2hunter2":          "invalid url: it is not an absolute URL",
		"ws:///streaming?token=hunter2hunter2":    "invalid url: it names no host",
		"ftp://u:hunter2@flags.test/x?t=hunter2":  "invalid url ftp://flags.test/x: its scheme is none of ws, wss, http and https",
		"file:///x?token=hunter2hunter2#hunter2":  "invalid url file:///x: its scheme is none of ws, wss, http and https",
		"unix:///run/socket?token=hunter2hunter2": "invalid url unix:///run/socket: its scheme is none of ws, wss, http and https",
	} {
		_, err := dial(t, Config{}, DialRequest{Request: Request{URL: address}})
		var invalid *InvalidURLError
		require.ErrorAs(t, err, &invalid, address)
		require.EqualError(t, err, want)
	}
	_, err := dial(t, Config{}, DialRequest{Request: Request{
		URL: socketURL, Auth: func() http.Header { return http.Header{"Authorization": {"hunter2\n"}} },
	}})
	require.EqualError(t, err, `header "Authorization" holds characters that no header may hold`)
}

func TestRefusedHandshakes(t *testing.T) {
	for name, test := range map[string]struct {
		code  int
		after string
		want  StatusError
		text  string
	}{
		"401":              {401, "", StatusError{Code: 401}, "answered 401 Unauthorized"},
		"403":              {403, "", StatusError{Code: 403}, "answered 403 Forbidden"},
		"429":              {429, "7", StatusError{Code: 429, RetryAfter: 7 * time.Second}, "answered 429 Too Many Requests"},
		"503 for long":     {503, "3600", StatusError{Code: 503, RetryAfter: time.Minute}, "answered 503 Service Unavailable"},
		"503 in the past":  {503, "Wed, 01 Jan 2020 00:00:00 GMT", StatusError{Code: 503}, "answered 503"},
		"503 in no time":   {503, "soon", StatusError{Code: 503}, "answered 503"},
		"an ordinary page": {200, "", StatusError{Code: 200}, "answered 200 OK"},
		"without location": {302, "", StatusError{Code: 302}, "answered 302 Found"},
	} {
		t.Run(name, func(t *testing.T) {
			var seen atomic.Int32
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				seen.Add(1)
				if test.after != "" {
					w.Header().Set("Retry-After", test.after)
				}
				w.WriteHeader(test.code)
				_, _ = io.WriteString(w, "a body without an end")
				_ = http.NewResponseController(w).Flush()
				<-r.Context().Done()
			})
			_, err := dial(t, Config{}, DialRequest{Request: Request{URL: strings.Replace(url, "//", "//u:hunter2@", 1) + "/s?token=hunter2"}})
			var refused *StatusError
			require.ErrorAs(t, err, &refused)
			test.want.URL = "ws" + strings.TrimPrefix(url, "http") + "/s"
			assert.Equal(t, test.want, *refused)
			require.ErrorContains(t, err, test.want.URL+" "+test.text)
			assert.EqualValues(t, 1, seen.Load(), "one attempt")
		})
	}
}

func TestHandshakesThatFail(t *testing.T) {
	say := func(text string) func(net.Conn) {
		return func(conn net.Conn) {
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = io.WriteString(conn, text)
		}
	}
	const head = "HTTP/1.1 101 Switching Protocols\r\n"
	for name, test := range map[string]struct {
		server func(net.Conn)
		scheme string
		text   string
		cause  error
	}{
		"refused":               {text: "connection refused", cause: syscall.ECONNREFUSED},
		"says nothing":          {server: swallow, text: "the connection was not open within 200ms"},
		"says nothing, TLS":     {server: swallow, scheme: "wss", text: "the connection was not open within 200ms"},
		"goes away":             {server: say(""), text: "EOF", cause: io.EOF},
		"another protocol":      {server: say("220 mail.test ESMTP\r\n"), text: "malformed HTTP"},
		"sends everything back": {server: func(c net.Conn) { _, _ = io.Copy(c, c) }, text: "sent parts of it back", cause: ErrUnprintable},
		"no upgrade":            {server: say(head + "\r\n"), text: "another protocol", cause: ErrNoWebSocket},
		"another upgrade":       {server: say(head + "Connection: upgrade\r\nUpgrade: h2c\r\n\r\n"), cause: ErrNoWebSocket},
		"no proof":              {server: say(head + "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n"), cause: ErrNoWebSocket},
		"plain text where TLS belongs": {
			server: say("HTTP/1.1 400 Bad Request\r\n\r\n"), scheme: "wss", text: "HTTP response to HTTPS client",
		},
		"half an answer": {server: say(head + "Connection: upg"), text: "unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			address := "127.0.0.1:1"
			if test.server != nil {
				address = listen(t, test.server)
			}
			if test.scheme == "" {
				test.scheme = "ws"
			}
			request := DialRequest{Request: Request{
				URL:  test.scheme + "://user:hunter2hunter2@" + address + "/s?token=hunter2hunter2",
				Auth: func() http.Header { return http.Header{"Authorization": {"hunter2hunter2"}} },
			}}
			if strings.HasPrefix(name, "says nothing") {
				request.Handshake = 200 * time.Millisecond
			}
			_, err := dial(t, Config{}, request)
			var failed *RequestError
			require.ErrorAs(t, err, &failed)
			assert.Equal(t, test.scheme+"://"+address+"/s", failed.URL)
			require.ErrorContains(t, err, test.text)
			if test.cause != nil {
				require.ErrorIs(t, err, test.cause)
			}
			assert.NotContains(t, err.Error(), "hunter2")
			if request.Handshake > 0 {
				var slow net.Error
				require.ErrorAs(t, err, &slow)
				assert.True(t, slow.Timeout())
			}
		})
	}
}

func TestAHandshakeHasALimitUnlessItIsGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, err := New(Config{DialContext: transporttest.Dialer(swallow)})
		require.NoError(t, err)
		for given, want := range map[time.Duration]time.Duration{0: 30 * time.Second, 5 * time.Second: 5 * time.Second} {
			before := time.Now()
			_, err = client.Dial(t.Context(), DialRequest{Request: Request{URL: socketURL}, Handshake: given})
			assert.Equal(t, want, time.Since(before))
			require.EqualError(t, err, fmt.Sprintf(
				"request to ws://flags.test/streaming: the connection was not open within %s", want))
		}
	})
}

func TestNamesThatCannotBeResolvedAreNamed(t *testing.T) {
	missing := &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "flags.test", IsNotFound: true}}
	_, err := dial(t, Config{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, missing
	}}, DialRequest{Request: Request{URL: socketURL}})
	require.EqualError(t, err, "request to ws://flags.test/streaming: dial tcp: lookup flags.test: no such host")
	var unknown *net.DNSError
	require.ErrorAs(t, err, &unknown)
}

// TestTheEndOfTheContextEndsADial stops at each of the steps. synctest fails when a goroutine is left.
func TestTheEndOfTheContextEndsADial(t *testing.T) {
	viaProxy := func(address string) Proxy { return Proxy{HTTP: address, HTTPS: address} }
	for name, test := range map[string]struct {
		scheme string
		proxy  Proxy
		dial   func(context.Context, string, string) (net.Conn, error)
	}{
		"connecting": {"ws", Proxy{}, func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}},
		"TLS":                    {"wss", Proxy{}, transporttest.Dialer(swallow)},
		"waiting for the answer": {"ws", Proxy{}, transporttest.Dialer(swallow)},
		"asking the proxy":       {"ws", viaProxy("http://proxy.test:1"), transporttest.Dialer(swallow)},
		"proxy that reads nothing": {"ws", viaProxy("http://proxy.test:1"), transporttest.Dialer(func(net.Conn) {
			time.Sleep(2 * time.Second)
		})},
		"TLS with the proxy": {"wss", viaProxy("https://proxy.test:1"), transporttest.Dialer(swallow)},
		"asking SOCKS":       {"ws", viaProxy("socks5://proxy.test:1"), transporttest.Dialer(swallow)},
		"following a redirect": {"ws", Proxy{}, transporttest.Dialer(func(conn net.Conn) {
			if request, err := http.ReadRequest(bufio.NewReader(conn)); err == nil && request.URL.Path == "/" {
				_, _ = io.WriteString(conn, "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 100\r\n\r\n")
			}
			swallow(conn)
		})},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, err := New(Config{Proxy: test.proxy, DialContext: test.dial})
				require.NoError(t, err)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				before := time.Now()
				_, err = client.Dial(ctx, DialRequest{Request: Request{URL: test.scheme + "://flags.test/"}})
				require.ErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, time.Second, time.Since(before))
				time.Sleep(time.Minute)
			})
		})
	}
}

func TestHandshakesFollowRedirects(t *testing.T) {
	var here, elsewhere atomic.Pointer[http.Request]
	other := serve(t, func(w http.ResponseWriter, r *http.Request) { elsewhere.Store(r); greet(w, r) })
	var location atomic.Value
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		here.Store(r)
		if r.URL.Path == "/there" {
			greet(w, r)
			return
		}
		w.Header().Set("Location", location.Load().(string))
		w.WriteHeader(http.StatusFound)
	})
	open := func(to string) error {
		location.Store(to)
		conn, err := dial(t, Config{}, DialRequest{Request: Request{
			URL:    url + "/s?token=hunter2hunter2",
			Header: http.Header{"User-Agent": {"burgee"}},
			Auth:   func() http.Header { return http.Header{"Envsecret": {"hunter2"}} },
		}})
		if err == nil {
			assert.Contains(t, next(t, conn), "hello from ")
		}
		return err
	}
	require.NoError(t, open("/there"))
	assert.Equal(t, "hunter2", here.Load().Header.Get("Envsecret"), "the same host may know it")
	assert.Empty(t, here.Load().Header.Get("Referer"))

	for _, scheme := range []string{"http", "ws"} {
		require.NoError(t, open(scheme+strings.TrimPrefix(other, "http")+"/s"))
		assert.Equal(t, "burgee", elsewhere.Load().Header.Get("User-Agent"))
		for name, values := range elsewhere.Load().Header {
			assert.NotContains(t, strings.Join(values, " "), "hunter2", name)
		}
	}
	for to, want := range map[string]error{
		"/loop": ErrTooManyRedirects, "ftp://flags.test/": ErrRedirectScheme, "http://u:hunter2@[x/": ErrRedirectAddress,
	} {
		err := open(to)
		require.ErrorIs(t, err, want)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

func TestWebSocketsAreEncrypted(t *testing.T) {
	ours, other := newAuthority(t), newAuthority(t)
	pool := x509.NewCertPool()
	pool.AddCert(ours.cert)
	insist := func(c *tls.Config) { c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, pool }
	cert, key, _, _ := ours.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: "it is me"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	byAddress, byName := ours.serveHandler("", nil, greet), ours.serveHandler("other.test", nil, greet)
	insisting := ours.serveHandler("", insist, greet)
	var unknown x509.UnknownAuthorityError
	var wrongName x509.HostnameError
	var alert *net.OpError
	for name, test := range map[string]struct {
		tls    TLS
		server *httptest.Server
		want   any
	}{
		"own authority":       {TLS{CACertData: ours.pem}, byAddress, nil},
		"unknown authority":   {TLS{}, byAddress, &unknown},
		"another authority":   {TLS{CACertData: other.pem}, byAddress, &unknown},
		"wrong name":          {TLS{CACertData: ours.pem}, byName, &wrongName},
		"name not checked":    {TLS{CACertData: ours.pem, InsecureSkipHostnameVerify: true}, byName, nil},
		"nothing checked":     {TLS{InsecureSkipVerify: true}, byName, nil},
		"certificate wanted":  {TLS{CACertData: ours.pem}, insisting, &alert},
		"certificate brought": {TLS{CACertData: ours.pem, ClientCertData: cert, ClientKeyData: key}, insisting, nil},
	} {
		t.Run(name, func(t *testing.T) {
			url := "wss" + strings.TrimPrefix(test.server.URL, "https")
			conn, err := dial(t, Config{TLS: test.tls}, DialRequest{Request: Request{URL: url + "/?token=hunter2"}})
			if test.want != nil {
				require.ErrorAs(t, err, test.want)
				require.ErrorContains(t, err, "request to "+url+"/: ")
				assert.NotContains(t, err.Error(), "hunter2")
				return
			}
			require.NoError(t, err)
			assert.Contains(t, next(t, conn), "hello")
		})
	}
}

func TestNoGoroutineOutlivesADial(t *testing.T) {
	for _, server := range []func(net.Conn){swallow, func(net.Conn) {}, func(c net.Conn) { _, _ = transporttest.Upgrade(c) }} {
		conn, err := dial(t, Config{}, DialRequest{
			Request: Request{URL: "ws://" + listen(t, server)}, Handshake: 50 * time.Millisecond,
		})
		if err == nil {
			conn.Close(CloseNormal)
		}
	}
	require.Eventually(t, func() bool {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		return !strings.Contains(string(stacks), "(*Transport).dialConn") && !strings.Contains(string(stacks), "coder/websocket")
	}, 10*time.Second, time.Millisecond)
}
