package source

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/transport"
	"github.com/burgee-flags/burgee/engine/transport/transporttest"
)

// onSockets starts a server on a real socket.
func onSockets(t *testing.T, handler http.Handler, cfg transport.Config) (client *transport.Client, url string) {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	client, err := transport.New(cfg)
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client, server.URL
}

// TestWebSocketOutlivesARestart loses a server, and finds the next one at the same address.
func TestWebSocketOutlivesARestart(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	serve := func(listener net.Listener, document string) (stop func()) {
		server := &http.Server{Handler: newVendor(sending(document))} //nolint:gosec // a test
		conns := make(chan net.Conn, 10)
		server.ConnState = func(conn net.Conn, state http.ConnState) {
			if state == http.StateHijacked {
				conns <- conn
			}
		}
		go func() { _ = server.Serve(listener) }()
		return func() {
			_ = server.Close()
			conn := <-conns
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	}
	client, err := transport.New(transport.Config{})
	require.NoError(t, err)
	defer client.Close()

	told := newTeller()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		configured(client, func(cfg *WebSocketConfig) {
			cfg.Request = func() transport.Request { return transport.Request{URL: "ws://" + address} }
			cfg.FirstWait, cfg.LongestWait = time.Millisecond, 10*time.Millisecond
			cfg.PingInterval = time.Millisecond
		}).Run(ctx, told)
	}()
	stop := serve(listener, "one")
	assert.Equal(t, "one", told.document())
	stop()
	told.until("connection refused")
	listener, err = net.Listen("tcp", address)
	require.NoError(t, err)
	stop = serve(listener, "two")
	assert.Equal(t, "two", told.document())

	cancel()
	<-ended
	require.Eventually(t, func() bool {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		return !strings.Contains(string(stacks), "engine/source.(*WebSocket)")
	}, 10*time.Second, time.Millisecond, "no goroutine is left")
	stop()
}

// TestWebSocketHearsWhyItIsRefused has a server that closes at once and is gone before the client says anything. That
// this cannot be said must not hide the reason.
func TestWebSocketHearsWhyItIsRefused(t *testing.T) {
	gone := make(chan struct{})
	client, err := transport.New(transport.Config{DialContext: transporttest.Dialer(func(conn net.Conn) {
		_, _ = transporttest.Upgrade(&together{Conn: conn, more: transporttest.CloseFrame(4003, "invalid request")})
		_ = conn.Close()
		close(gone)
	})})
	require.NoError(t, err)
	defer client.Close()
	told := newTeller()
	configured(client, func(cfg *WebSocketConfig) {
		cfg.Hello = func() []byte { <-gone; return []byte("hello") }
	}).Run(t.Context(), told)
	require.Equal(t, &transport.CloseError{Code: 4003, Reason: "invalid request"}, <-told.failures)
}

// together is a connection that adds something to what is written.
type together struct {
	net.Conn
	more []byte
}

func (c *together) Write(p []byte) (int, error) {
	_, err := c.Conn.Write(append(slices.Clone(p), c.more...))
	return len(p), err
}

// TestWebSocketStopsInTheMiddleOfAMessage has a server that goes on sending.
func TestWebSocketStopsInTheMiddleOfAMessage(t *testing.T) {
	sent := make(chan struct{})
	v := newVendor(func(_ int, conn *websocket.Conn) {
		fragments, _ := conn.Writer(context.Background(), websocket.MessageText)
		for {
			if _, err := fragments.Write(make([]byte, 4096)); err != nil {
				return
			}
			select {
			case sent <- struct{}{}:
			default:
			}
		}
	})
	client, url := onSockets(t, v, transport.Config{MaxBody: 1 << 40})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		configured(client, func(cfg *WebSocketConfig) {
			cfg.Request = func() transport.Request { return transport.Request{URL: url} }
		}).Run(ctx, newTeller())
	}()
	<-sent
	cancel()
	<-ended
}

// teller is a sink that passes on what it is told.
type teller struct {
	documents chan string
	failures  chan error
}

func newTeller() *teller {
	return &teller{documents: make(chan string, 100), failures: make(chan error, 10_000)}
}

func (s *teller) Apply(u Update) error       { s.documents <- string(u.Body); return nil }
func (s *teller) Confirm()                   {}
func (s *teller) Unchanged()                 {}
func (s *teller) Fail(err error)             { s.failures <- err }
func (s *teller) End(err error)              { s.failures <- err }
func (s *teller) Retry(error, time.Duration) {}

// document returns the next one that is applied.
func (s *teller) document() string { return <-s.documents }

// until waits for a failure with the text.
func (s *teller) until(text string) {
	for !strings.Contains((<-s.failures).Error(), text) {
	}
}
