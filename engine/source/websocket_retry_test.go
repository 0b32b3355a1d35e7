package source

import (
	"fmt"
	"net/http"
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

func TestWebSocketBacksOff(t *testing.T) {
	handler := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }
	for i := range 10 { // the waits are random
		inMemory(t, handler, func(t *testing.T, c *transport.Client) {
			sink := &recorder{}
			stop := start(t, configured(c, func(cfg *WebSocketConfig) {
				if i%2 == 1 {
					cfg.Settled = 0 // no attempt lasts long enough
				}
			}), sink)
			time.Sleep(10 * time.Minute)
			stop()
			// The ranges that the vendor's program was measured with, in seconds.
			for i, r := range [][2]float64{{.5, 1}, {1, 2}, {2, 4}, {4, 8}, {8, 16}, {16, 32}, {30, 60}, {30, 60}, {30, 60}} {
				assert.GreaterOrEqual(t, sink.waits[i].Seconds(), r[0], "wait %d", i)
				assert.Less(t, sink.waits[i].Seconds(), r[1], "wait %d", i)
			}
			log := sink.take()
			for i := 0; i < len(log); i += 2 {
				assert.Equal(t, []string{"fail", "retry"}, log[i:i+2])
			}
			var refused *transport.StatusError
			require.ErrorAs(t, sink.errors[0], &refused)
			require.EqualError(t, sink.errors[0], "ws://flags.test/streaming answered 401 Unauthorized")
		})
	}
}

func TestWebSocketForgetsItsFailuresAfterALongAttempt(t *testing.T) {
	for name, test := range map[string]struct {
		lives  time.Duration
		starts bool
	}{"59 s": {59 * time.Second, false}, "61 s": {61 * time.Second, true}} {
		t.Run(name, func(t *testing.T) {
			withVendor(t, func(n int, conn *websocket.Conn) {
				if n == 4 {
					time.Sleep(test.lives)
				}
				_ = conn.Close(1001, "")
			}, func(t *testing.T, c *transport.Client, v *vendor) {
				sink := &recorder{}
				stop := start(t, configured(c, nil), sink)
				time.Sleep(2 * time.Minute)
				stop()
				require.GreaterOrEqual(t, len(sink.waits), 4)
				assert.GreaterOrEqual(t, sink.waits[2], 2*time.Second)
				assert.Equal(t, test.starts, sink.waits[3] < time.Second, "%s", sink.waits[3])
			})
		})
	}
}

func TestWebSocketWaitsForAsLongAsTheServerAsks(t *testing.T) {
	var n atomic.Int32
	inMemory(t, func(w http.ResponseWriter, _ *http.Request) {
		switch n.Add(1) {
		case 1:
			w.Header().Set("Retry-After", "7")
		case 2:
			w.Header().Set("Retry-After", "3600")
		case 3:
			panic(http.ErrAbortHandler) // an end without an answer
		}
		w.WriteHeader(503)
	}, func(t *testing.T, c *transport.Client) {
		sink := &recorder{}
		stop := start(t, configured(c, nil), sink)
		time.Sleep(2 * time.Minute)
		stop()
		assert.Equal(t, []time.Duration{7 * time.Second, time.Minute}, sink.waits[:2])
		assert.Less(t, sink.waits[2], 4*time.Second)
		assert.Less(t, sink.waits[3], 8*time.Second)
	})
}

func TestWebSocketSurvivesEveryEnd(t *testing.T) {
	for _, code := range []websocket.StatusCode{1000, 1001, 1011, 4000} {
		withVendor(t, func(n int, conn *websocket.Conn) {
			send(conn, fmt.Sprint("doc", n))
			if n == 1 {
				_ = conn.Close(code, "the reason")
			}
		}, func(t *testing.T, c *transport.Client, v *vendor) {
			sink := &recorder{}
			stop := start(t, configured(c, nil), sink)
			time.Sleep(2 * time.Second)
			assert.Equal(t, []string{"apply stream  doc1", "fail", "retry", "apply stream  doc2"}, sink.take())
			assert.Equal(t, []error{&transport.CloseError{Code: int(code), Reason: "the reason"}}, sink.errors)
			stop()
		})
	}
}

func TestWebSocketEnds(t *testing.T) {
	for name, test := range map[string]struct {
		serve func(int, *websocket.Conn)
		log   []string
		err   error
		code  websocket.StatusCode // that the server gets, if it has not closed
	}{
		"refused for good": {
			func(_ int, conn *websocket.Conn) { _ = conn.Close(4003, "invalid request") },
			[]string{"end"}, &transport.CloseError{Code: 4003, Reason: "invalid request"}, 0,
		},
		"refused later": {
			func(_ int, conn *websocket.Conn) { send(conn, "doc"); _ = conn.Close(4003, "") },
			[]string{"apply stream  doc", "end"}, &transport.CloseError{Code: 4003}, 0,
		},
		"no sense": {sending("doc", "?", "more"), []string{"apply stream  doc", "end"}, errNoSense, 1001},
	} {
		t.Run(name, func(t *testing.T) {
			withVendor(t, test.serve, func(t *testing.T, c *transport.Client, v *vendor) {
				sink := &recorder{}
				ws := configured(c, nil)
				ws.Run(t.Context(), sink) // returns
				synctest.Wait()
				assert.Equal(t, test.log, sink.take())
				assert.Equal(t, []error{test.err}, sink.errors)
				if code := <-v.closed; test.code != 0 {
					assert.Equal(t, test.code, code)
				}
				ws.Refresh()
				time.Sleep(time.Hour)
				assert.EqualValues(t, 1, v.connections.Load())
			})
		})
	}
}

func TestWebSocketReconnectsAfterAMessageOfNoUse(t *testing.T) {
	for name, test := range map[string]struct {
		send string
		log  []string
		want error
	}{
		"no sense, not fatal": {"?", []string{"fail", "retry"}, errNoSense},
		"refused by the sink": {"bad", []string{"apply stream  bad", "retry"}, nil},
		"too long":            {strings.Repeat("x", 1<<20+1), []string{"fail", "retry"}, &transport.TooLargeError{What: "the message", Limit: 1 << 20}},
		"just short enough":   {strings.Repeat("x", 1<<20), []string{"apply stream  " + strings.Repeat("x", 1<<20)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			withVendor(t, func(n int, conn *websocket.Conn) {
				if n == 1 {
					send(conn, test.send)
				} else {
					send(conn, "good")
				}
			}, func(t *testing.T, c *transport.Client, v *vendor) {
				sink := &recorder{}
				stop := start(t, configured(c, func(cfg *WebSocketConfig) { cfg.Fatal = nil }), sink)
				time.Sleep(2 * time.Second)
				want := test.log
				if len(want) == 2 {
					want = append(want, "apply stream  good")
					assert.Equal(t, websocket.StatusGoingAway, <-v.closed)
				}
				assert.Equal(t, want, sink.take())
				if test.want != nil {
					assert.Equal(t, []error{test.want}, sink.errors)
				}
				stop()
			})
		})
	}
}

func TestWebSocketNeverGivesUpOnAnAddressThatCannotWork(t *testing.T) {
	inMemory(t, nil, func(t *testing.T, c *transport.Client) {
		sink := &recorder{}
		stop := start(t, configured(c, func(cfg *WebSocketConfig) {
			cfg.Request = func() transport.Request { return transport.Request{URL: "flags.test"} }
		}), sink)
		time.Sleep(2 * time.Minute)
		assert.GreaterOrEqual(t, len(sink.take()), 2*6)
		assert.LessOrEqual(t, len(sink.waits), 10, "not in a tight loop")
		stop()
	})
}

func TestWebSocketRefreshes(t *testing.T) {
	t.Run("connected", func(t *testing.T) {
		withVendor(t, func(n int, conn *websocket.Conn) { send(conn, fmt.Sprint("doc", n)) }, func(t *testing.T, c *transport.Client, v *vendor) {
			sink := &recorder{}
			ws := configured(c, nil)
			stop := start(t, ws, sink)
			before := time.Now()
			ws.Refresh()
			synctest.Wait()
			assert.Equal(t, []string{"apply stream  doc1", "apply stream  doc2"}, sink.take())
			assert.Equal(t, before, time.Now())
			assert.Equal(t, websocket.StatusNormalClosure, <-v.closed)
			stop()
		})
	})
	t.Run("back-off", func(t *testing.T) {
		v := newVendor(sending("doc"))
		var refuse atomic.Bool
		refuse.Store(true)
		inMemory(t, func(w http.ResponseWriter, r *http.Request) {
			if refuse.Load() {
				w.WriteHeader(503)
				return
			}
			v.ServeHTTP(w, r)
		}, func(t *testing.T, c *transport.Client) {
			v.open()
			sink := &recorder{}
			ws := configured(c, nil)
			stop := start(t, ws, sink)
			assert.Equal(t, []string{"fail", "retry"}, sink.take())
			refuse.Store(false)
			before := time.Now()
			ws.Refresh()
			synctest.Wait()
			assert.Equal(t, []string{"apply stream  doc"}, sink.take())
			assert.Equal(t, before, time.Now())
			stop()
		})
	})
	t.Run("handshake", func(t *testing.T) {
		v := newVendor(sending("doc"))
		var n atomic.Int32
		inMemory(t, func(w http.ResponseWriter, r *http.Request) {
			if n.Add(1) == 1 {
				<-r.Context().Done()
				return
			}
			v.ServeHTTP(w, r)
		}, func(t *testing.T, c *transport.Client) {
			v.open()
			sink := &recorder{}
			ws := configured(c, nil)
			stop := start(t, ws, sink)
			ws.Refresh()
			synctest.Wait()
			assert.Equal(t, []string{"apply stream  doc"}, sink.take())
			stop()
		})
	})
}
