package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/transport"
)

var errNoSense = errors.New("it makes no sense")

// decodeMessage: "pong" carries nothing, "?…" makes no sense, "empty" carries a document of no bytes, anything else is one.
func decodeMessage(text []byte) ([]byte, error) {
	switch {
	case string(text) == "pong":
		return nil, nil
	case string(text) == "empty":
		return []byte{}, nil
	case bytes.HasPrefix(text, []byte("?")):
		return nil, errNoSense
	}
	return text, nil
}

// configured returns a websocket to the server of inMemory, as change leaves it.
func configured(c *transport.Client, change func(*WebSocketConfig)) *WebSocket {
	cfg := WebSocketConfig{
		Request: func() transport.Request {
			return transport.Request{URL: "ws://flags.test/streaming?token=hunter2hunter2"}
		},
		Hello:     func() []byte { return []byte("hello") },
		Decode:    decodeMessage,
		Ping:      []byte("ping"),
		FirstWait: time.Second, LongestWait: time.Minute, Settled: time.Minute,
		Handshake: 5 * time.Second,
		Fatal: func(err error) bool {
			var closed *transport.CloseError
			return errors.As(err, &closed) && closed.Code == 4003 || errors.Is(err, errNoSense)
		},
	}
	if change != nil {
		change(&cfg)
	}
	return NewWebSocket(c, cfg)
}

// vendor is a websocket server that writes down what it sees.
type vendor struct {
	connections atomic.Int32
	tokens      chan string
	said        chan string               // by clients
	closed      chan websocket.StatusCode // by clients
	serve       func(n int, conn *websocket.Conn)
}

// newVendor returns a server whose n-th connection (from 1) is served by serve, and then read until it ends.
func newVendor(serve func(n int, conn *websocket.Conn)) *vendor {
	v := &vendor{serve: serve}
	v.open()
	return v
}

// open makes the channels, which have to be the bubble's when there is one.
func (v *vendor) open() {
	v.tokens, v.said, v.closed = make(chan string, 100), make(chan string, 100), make(chan websocket.StatusCode, 100)
}

// withVendor runs test with such a server in memory.
func withVendor(
	t *testing.T, serve func(n int, conn *websocket.Conn), test func(t *testing.T, c *transport.Client, v *vendor),
) {
	t.Helper()
	v := newVendor(serve)
	inMemory(t, v.ServeHTTP, func(t *testing.T, c *transport.Client) {
		v.open()
		test(t, c, v)
	})
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	v.tokens <- r.URL.Query().Get("token")
	go v.serve(int(v.connections.Add(1)), conn)
	for {
		_, text, err := conn.Read(context.Background())
		if err != nil {
			v.closed <- websocket.CloseStatus(err)
			return
		}
		v.said <- string(text)
	}
}

// sending returns what sends the messages.
func sending(messages ...string) func(int, *websocket.Conn) {
	return func(_ int, conn *websocket.Conn) { send(conn, messages...) }
}

func send(conn *websocket.Conn, messages ...string) {
	for _, message := range messages {
		_ = conn.Write(context.Background(), websocket.MessageText, []byte(message))
	}
}

// all returns what a channel holds.
func all[T any](from chan T) []T {
	var found []T
	for {
		select {
		case one := <-from:
			found = append(found, one)
		default:
			return found
		}
	}
}

func TestWebSocketBringsDocuments(t *testing.T) {
	withVendor(t, func(_ int, conn *websocket.Conn) {
		send(conn, "full", "pong", "empty")
		_ = conn.Write(context.Background(), websocket.MessageBinary, []byte("patch"))
		fragments, _ := conn.Writer(context.Background(), websocket.MessageText)
		for _, piece := range []string{"in ", "pieces"} {
			_, _ = fragments.Write([]byte(piece))
		}
		_ = fragments.Close()
	}, func(t *testing.T, c *transport.Client, v *vendor) {
		sink := &recorder{}
		stop := start(t, configured(c, func(cfg *WebSocketConfig) { cfg.Format = "wire" }), sink)
		assert.Equal(t, []string{
			"apply stream wire full", "apply stream wire ", "apply stream wire patch", "apply stream wire in pieces",
		}, sink.take())
		time.Sleep(24 * time.Hour) // silence is no failure unless it has a limit
		assert.Empty(t, sink.take())
		stop()
		assert.Equal(t, []string{"hello"}, all(v.said))
		assert.Equal(t, websocket.StatusNormalClosure, <-v.closed)
		assert.Empty(t, sink.take())
	})
}

func TestWebSocketAsksAnewForEachConnection(t *testing.T) {
	withVendor(t, func(_ int, conn *websocket.Conn) {
		time.Sleep(time.Millisecond) // it hears the client first
		_ = conn.Close(1001, "")
	}, func(t *testing.T, c *transport.Client, v *vendor) {
		tokens, versions := 0, 0
		stop := start(t, configured(c, func(cfg *WebSocketConfig) {
			cfg.Request = func() transport.Request {
				tokens++
				return transport.Request{URL: fmt.Sprintf("http://flags.test/streaming?token=%d", tokens)}
			}
			cfg.Hello = func() []byte { versions++; return fmt.Append(nil, "since ", versions) }
		}), &recorder{})
		time.Sleep(3 * time.Second)
		stop()
		seen := all(v.tokens)
		require.GreaterOrEqual(t, len(seen), 2)
		assert.Equal(t, []string{"1", "2"}, seen[:2])
		assert.Equal(t, []string{"since 1", "since 2"}, all(v.said)[:2])
	})
}

func TestWebSocketSendsPings(t *testing.T) {
	var at []time.Duration
	var began time.Time
	withVendor(t, func(n int, conn *websocket.Conn) {
		if n == 1 {
			time.Sleep(35 * time.Second)
			_ = conn.Close(1001, "")
		}
	}, func(t *testing.T, c *transport.Client, v *vendor) {
		began = time.Now()
		ws := configured(c, func(cfg *WebSocketConfig) { cfg.PingInterval = 10 * time.Second })
		sink := &recorder{}
		stop := start(t, ws, sink)
		assert.Equal(t, "hello", <-v.said)
		for range 3 {
			assert.Equal(t, "ping", <-v.said)
			at = append(at, time.Since(began))
		}
		assert.Equal(t, []time.Duration{10 * time.Second, 20 * time.Second, 30 * time.Second}, at)
		assert.Equal(t, "hello", <-v.said)
		again := time.Now()
		assert.Equal(t, "ping", <-v.said)
		assert.Equal(t, 10*time.Second, time.Since(again), "an interval after the new connection was opened")
		stop()
	})
}

func TestWebSocketLeavesASilentServer(t *testing.T) {
	withVendor(t, func(_ int, conn *websocket.Conn) {
		for range 3 {
			send(conn, "pong")
			time.Sleep(29 * time.Second)
		}
	}, func(t *testing.T, c *transport.Client, v *vendor) {
		sink := &recorder{}
		stop := start(t, configured(c, func(cfg *WebSocketConfig) {
			cfg.Silence, cfg.PingInterval = 30*time.Second, 10*time.Second
		}), sink)
		time.Sleep(88*time.Second - time.Nanosecond)
		assert.Equal(t, []string{"unchanged"}, sink.take(), "pongs keep the connection")
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		assert.Equal(t, []string{"fail", "retry"}, sink.take())
		require.EqualError(t, sink.errors[0],
			"connection to ws://flags.test/streaming: the server sent nothing within 30s")
		assert.Equal(t, websocket.StatusGoingAway, <-v.closed)
		stop()
	})
}

// TestWebSocketLeavesAServerThatDoesNotAnswer has one that is polite, and says nothing of flags.
func TestWebSocketLeavesAServerThatDoesNotAnswer(t *testing.T) {
	withVendor(t, func(n int, conn *websocket.Conn) {
		if n == 2 {
			send(conn, "flags")
		}
		for range 9 {
			send(conn, "pong")
			time.Sleep(10 * time.Second)
		}
	}, func(t *testing.T, c *transport.Client, v *vendor) {
		sink := &recorder{}
		stop := start(t, configured(c, func(cfg *WebSocketConfig) {
			cfg.Silence, cfg.Answer = 30*time.Second, 25*time.Second
		}), sink)
		time.Sleep(25*time.Second - time.Nanosecond)
		assert.Empty(t, sink.take())
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		assert.Len(t, sink.errors, 1)
		assert.EqualError(t, sink.errors[0],
			"connection to ws://flags.test/streaming: it is open, but the server sent no flags within 25s")
		assert.Equal(t, websocket.StatusGoingAway, <-v.closed)
		assert.Equal(t, []string{"fail", "retry"}, sink.take())
		time.Sleep(100 * time.Second)
		assert.Equal(t, []string{"apply stream  flags"}, sink.take(), "one that has answered may be silent")
		stop()
	})
}

// TestWebSocketTakesNoHalfMessages loses the connection between two fragments. What came is no text that makes no sense,
// which could end everything for good.
func TestWebSocketTakesNoHalfMessages(t *testing.T) {
	withVendor(t, func(n int, conn *websocket.Conn) {
		fragments, _ := conn.Writer(context.Background(), websocket.MessageText)
		_, _ = fragments.Write([]byte("?half"))
		_ = conn.CloseNow()
	}, func(t *testing.T, c *transport.Client, v *vendor) {
		sink := &recorder{}
		stop := start(t, configured(c, nil), sink)
		assert.Equal(t, []string{"fail", "retry"}, sink.take())
		require.ErrorIs(t, sink.errors[0], transport.ErrConnectionLost)
		stop()
	})
}

func TestWebSocketSaysWhenThereIsNothingNew(t *testing.T) {
	withVendor(t, sending("pong"), func(t *testing.T, c *transport.Client, v *vendor) {
		sink := &recorder{}
		stop := start(t, configured(c, nil), sink)
		time.Sleep(quietWait)
		synctest.Wait()
		assert.Equal(t, []string{"unchanged"}, sink.take())
		stop()
	})
}

func TestWebSocketStopsWhileItConnects(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"handshake": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"back-off":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) },
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, handler, func(t *testing.T, c *transport.Client) {
				sink := &recorder{}
				stop := start(t, configured(c, nil), sink)
				sink.take()
				stop()
				assert.Empty(t, sink.take())
			})
		})
	}
}

// TestWebSocketStopsDuringApply has a sink that takes a second. The server is told at once.
func TestWebSocketStopsDuringApply(t *testing.T) {
	withVendor(t, sending("slow"), func(t *testing.T, c *transport.Client, v *vendor) {
		ctx, cancel := context.WithCancel(t.Context())
		sink := &recorder{slow: time.Second}
		ended := make(chan struct{})
		began := time.Now()
		go func() {
			defer close(ended)
			configured(c, nil).Run(ctx, sink)
		}()
		synctest.Wait()
		cancel()
		assert.Equal(t, websocket.StatusNormalClosure, <-v.closed)
		assert.Equal(t, began, time.Now())
		<-ended
		assert.Equal(t, began.Add(time.Second), time.Now())
		assert.Equal(t, []string{"apply stream  slow"}, sink.take())
	})
}

// TestWebSocketHearsACloseDuringApply has a server that closes while the sink is busy, and pings that find nobody.
func TestWebSocketHearsACloseDuringApply(t *testing.T) {
	withVendor(t, func(_ int, conn *websocket.Conn) {
		send(conn, "slow")
		_ = conn.Close(4003, "no")
	}, func(t *testing.T, c *transport.Client, v *vendor) {
		sink := &recorder{slow: 4 * time.Second}
		configured(c, func(cfg *WebSocketConfig) { cfg.PingInterval = time.Second }).Run(t.Context(), sink)
		assert.Equal(t, []string{"apply stream  slow", "end"}, sink.take())
		assert.Equal(t, []error{&transport.CloseError{Code: 4003, Reason: "no"}}, sink.errors)
	})
}

// TestWebSocketLeavesNothingBehindWhenItPanics checks that a defect of a vendor's code takes no goroutine with it.
func TestWebSocketLeavesNothingBehindWhenItPanics(t *testing.T) {
	withVendor(t, sending("doc"), func(t *testing.T, c *transport.Client, v *vendor) {
		ws := configured(c, func(cfg *WebSocketConfig) { cfg.Decode = func([]byte) ([]byte, error) { panic("defect") } })
		require.PanicsWithValue(t, "defect", func() { ws.Run(t.Context(), &recorder{}) })
		assert.Equal(t, websocket.StatusGoingAway, <-v.closed)
	})
}

// TestLargeMessagesStayOffTheHeap measures what a message of 10 MB allocates.
func TestLargeMessagesStayOffTheHeap(t *testing.T) {
	probe := mapMemory(reserve)
	if probe == nil {
		t.Skip("this system has no memory outside the Go heap to offer")
	}
	unmapMemory(probe)
	document := strings.Repeat("0123456789abcdef", 10_000_000/16)
	var before, after runtime.MemStats
	v := newVendor(func(_ int, conn *websocket.Conn) {
		text := []byte(document)
		runtime.ReadMemStats(&before)
		_ = conn.Write(context.Background(), websocket.MessageText, text)
	})
	client, url := onSockets(t, v, transport.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	size := 0
	configured(client, func(cfg *WebSocketConfig) {
		cfg.Request = func() transport.Request { return transport.Request{URL: url} }
	}).Run(ctx, applyFunc(func(u Update) error {
		runtime.ReadMemStats(&after)
		size = len(u.Body)
		cancel()
		return nil
	}))
	assert.Equal(t, len(document), size)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(len(document)/4))
}
