package transport

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// proxyServer is an HTTP proxy that connects to one server whatever it is asked for, and keeps what it was asked.
type proxyServer struct {
	target string // host:port
	refuse int    // what it answers instead; 0: it connects

	mu    sync.Mutex
	asked []string
}

func (p *proxyServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.Method+" "+r.RequestURI+" "+r.Header.Get("Proxy-Authorization"))
	p.mu.Unlock()
	if p.refuse != 0 {
		w.WriteHeader(p.refuse)
		_, _ = io.WriteString(w, "a body without an end")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return
	}
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	client, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n")
	join(client, server)
}

// join carries bytes both ways until one side ends.
func join(a, b net.Conn) {
	go func() { _, _ = io.Copy(a, b); _ = a.Close() }()
	_, _ = io.Copy(b, a)
	_ = b.Close()
}

// serveSOCKS is a SOCKS5 server (RFC 1928) that connects to target whatever it is asked for, and reports what it was.
func serveSOCKS(t *testing.T, target string, asked chan<- string) (address string) {
	return listen(t, func(client net.Conn) {
		head := make([]byte, 2)
		_, _ = io.ReadFull(client, head)
		_, _ = io.CopyN(io.Discard, client, int64(head[1])) // methods
		_, _ = client.Write([]byte{5, 2})                   // user and password
		_, _ = io.ReadFull(client, head)
		user := make([]byte, head[1]+1)
		_, _ = io.ReadFull(client, user)
		password := make([]byte, user[len(user)-1])
		_, _ = io.ReadFull(client, password)
		_, _ = client.Write([]byte{1, 0})
		request := make([]byte, 5)
		_, _ = io.ReadFull(client, request)
		name := make([]byte, request[4]+2)
		_, _ = io.ReadFull(client, name)
		port := binary.BigEndian.Uint16(name[len(name)-2:])
		asked <- string(user[:len(user)-1]) + ":" + string(password) + "@" + string(name[:len(name)-2]) + ":" + strconv.Itoa(int(port))
		server, err := net.Dial("tcp", target)
		if err != nil {
			return
		}
		_, _ = client.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
		join(client, server)
	})
}

func TestWebSocketsGoThroughProxies(t *testing.T) {
	ours := newAuthority(t)
	trust := TLS{CACertData: ours.pem}
	plain := strings.TrimPrefix(serve(t, greet), "http://")
	secured := strings.TrimPrefix(ours.serveHandler("flags.test", nil, greet).URL, "https://")
	for name, test := range map[string]struct {
		url    string
		target string
		secure bool // the connection to the proxy
		want   string
	}{
		"ws":                     {"ws://flags.test/s", plain, false, "CONNECT flags.test:80 Basic dXNlcjpwYXNz"},
		"ws with a port":         {"ws://flags.test:5100/s", plain, false, "CONNECT flags.test:5100 Basic dXNlcjpwYXNz"},
		"wss":                    {"wss://flags.test/s", secured, false, "CONNECT flags.test:443 Basic dXNlcjpwYXNz"},
		"ws, encrypted to proxy": {"ws://flags.test/s", plain, true, "CONNECT flags.test:80 Basic dXNlcjpwYXNz"},
		"wss in TLS":             {"wss://flags.test/s", secured, true, "CONNECT flags.test:443 Basic dXNlcjpwYXNz"},
	} {
		t.Run(name, func(t *testing.T) {
			proxy := &proxyServer{target: test.target}
			var server *httptest.Server
			if test.secure {
				server = ours.serveHandler("", nil, proxy.ServeHTTP)
			} else {
				server = httptest.NewServer(proxy)
				t.Cleanup(server.Close)
			}
			address := strings.Replace(server.URL, "://", "://user:pass@", 1)
			cfg := Config{TLS: trust, Proxy: Proxy{HTTP: address, HTTPS: address, No: "other.test"}}
			conn, err := dial(t, cfg, DialRequest{Request: Request{URL: test.url + "?token=hunter2"}})
			require.NoError(t, err)
			assert.Contains(t, next(t, conn), "hello from flags.test")
			assert.Equal(t, []string{test.want}, proxy.asked)
		})
	}
	t.Run("SOCKS", func(t *testing.T) {
		asked := make(chan string, 1)
		address := "socks5://user:pass@" + serveSOCKS(t, plain, asked)
		conn, err := dial(t, Config{Proxy: Proxy{HTTP: address}}, DialRequest{Request: Request{URL: "ws://flags.test:5100/s"}})
		require.NoError(t, err)
		assert.Equal(t, "hello from flags.test:5100", next(t, conn))
		assert.Equal(t, "user:pass@flags.test:5100", <-asked)
	})
	t.Run("exceptions", func(t *testing.T) {
		for _, p := range []Proxy{
			{HTTP: "http://127.0.0.1:1", No: ".test"}, {HTTP: "socks5://127.0.0.1:1", No: "*"}, {HTTPS: "http://127.0.0.1:1"},
		} {
			cfg := Config{Proxy: p, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				assert.Equal(t, "flags.test:80", address)
				return (&net.Dialer{}).DialContext(ctx, network, plain)
			}}
			conn, err := dial(t, cfg, DialRequest{Request: Request{URL: "ws://flags.test/s"}})
			require.NoError(t, err)
			assert.Equal(t, "hello from flags.test", next(t, conn))
		}
	})
}

func TestProxiesThatDoNotConnect(t *testing.T) {
	refusing := httptest.NewServer(&proxyServer{refuse: http.StatusProxyAuthRequired})
	defer refusing.Close()
	for name, test := range map[string]struct {
		proxy string
		text  string
	}{
		"refuses":      {refusing.URL, "proxyconnect tcp: the proxy " + refusing.URL + " answered 407 Proxy Authentication Required"},
		"is not there": {"http://127.0.0.1:1", "proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused"},
		"goes away":    {"http://" + listen(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 4096)) }), "unexpected EOF"},
		"is none":      {"http://" + listen(t, func(c net.Conn) { _, _ = io.WriteString(c, "220 mail\r\n\r\n") }), "malformed HTTP"},
		"sends and sends": {"http://" + listen(t, func(c net.Conn) {
			_, _ = io.Copy(c, io.MultiReader(strings.NewReader("HTTP/1.1 200 OK\r\nName: "), endless{}))
		}), "unexpected EOF"},
		"speaks no TLS":    {"https://" + listen(t, func(c net.Conn) { _, _ = io.WriteString(c, "220 mail\r\n\r\n") }), "TLS handshake"},
		"SOCKS, goes away": {"socks5://" + listen(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 4096)) }), "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			address := strings.Replace(test.proxy, "://", "://user:hunter2@", 1)
			for _, scheme := range []string{"ws", "wss"} {
				_, err := dial(t, Config{Proxy: Proxy{HTTP: address, HTTPS: address}},
					DialRequest{Request: Request{URL: scheme + "://flags.test/s?token=hunter2hunter2"}})
				var failed *RequestError
				require.ErrorAs(t, err, &failed)
				require.ErrorContains(t, err, "request to "+scheme+"://flags.test/s: ")
				require.ErrorContains(t, err, test.text)
				assert.NotContains(t, err.Error(), "hunter2")
			}
		})
	}
}

// endless is the value of a header.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}
