package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/transport/transporttest"
)

const testURL = "http://flags.test/doc"

// inMemory runs test with a client of a server in memory. synctest fails when a goroutine is left at the end.
func inMemory(t *testing.T, cfg Config, handler http.HandlerFunc, test func(t *testing.T, c *Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := transporttest.Serve(handler)
		cfg := cfg
		cfg.DialContext = network.DialContext
		client, err := New(cfg)
		require.NoError(t, err)
		defer network.Stop()
		defer client.Close()
		test(t, client)
	})
}

func TestStatusesThatAreRetried(t *testing.T) {
	for code, requests := range map[int]int32{
		200: 1, 304: 1, 204: 1, 206: 1, 300: 1, 400: 1, 401: 1, 403: 1, 404: 1, 410: 1, 422: 1, 425: 1,
		408: 4, 429: 4, 500: 4, 501: 4, 502: 4, 503: 4, 504: 4, 505: 4, 599: 4,
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			var seen atomic.Int32
			inMemory(t, Config{}, func(w http.ResponseWriter, _ *http.Request) {
				seen.Add(1)
				w.WriteHeader(code)
			}, func(t *testing.T, c *Client) {
				answer, err := c.Get(t.Context(), Request{URL: "http://user:hunter2@flags.test/doc?a=b"})
				assert.Equal(t, requests, seen.Load())
				if code == 200 || code == 304 {
					require.NoError(t, err)
					assert.Equal(t, code, answer.Status)
					answer.Close()
					return
				}
				var status *StatusError
				require.ErrorAs(t, err, &status)
				assert.Equal(t, StatusError{Code: code, URL: "http://flags.test/doc?a=b", Retries: int(requests) - 1}, *status)
			})
		})
	}
}

func TestRetryWaitsAreRandomBelowTheirCeiling(t *testing.T) {
	var longest [maxRetries]time.Duration
	inMemory(t, Config{}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) },
		func(t *testing.T, c *Client) {
			for range 100 {
				var waits []time.Duration
				start := time.Now()
				_, err := c.Get(t.Context(), Request{URL: testURL, OnRetry: func(err error, wait time.Duration) {
					var status *StatusError
					assert.ErrorAs(t, err, &status)
					waits = append(waits, wait)
				}})
				require.Error(t, err)
				require.Len(t, waits, maxRetries)
				assert.Equal(t, waits[0]+waits[1]+waits[2], time.Since(start), "it waits as long as it says")
				for k, wait := range waits {
					assert.GreaterOrEqual(t, wait, time.Duration(0))
					assert.Less(t, wait, time.Second<<k)
					longest[k] = max(longest[k], wait)
				}
			}
		})
	for k, wait := range longest { // a constant or too small a ceiling would stay below this: 0.75^100 is no chance
		assert.Greater(t, wait, time.Second<<k*3/4, "retry %d", k)
	}
}

func TestRetryAfter(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"2": 2 * time.Second, "30": 30 * time.Second, "3600": 30 * time.Second, "99999999999": 0, "-1": 0, "0": 0, "soon": 0,
		"+7s": 7 * time.Second, "+2h": 30 * time.Second, "-5s": 0,
	} {
		t.Run(text, func(t *testing.T) {
			var first time.Duration
			var seen atomic.Int32
			inMemory(t, Config{}, func(w http.ResponseWriter, _ *http.Request) {
				if seen.Add(1) > 1 {
					return
				}
				value := text
				if offset, err := time.ParseDuration(text); err == nil && text != "0" {
					value = time.Now().Add(offset).UTC().Format(http.TimeFormat)
				}
				w.Header().Set("Retry-After", value)
				w.WriteHeader(429)
			}, func(t *testing.T, c *Client) {
				answer, err := c.Get(t.Context(), Request{URL: testURL, OnRetry: func(_ error, w time.Duration) { first = w }})
				require.NoError(t, err)
				answer.Close()
			})
			if want == 0 {
				assert.Less(t, first, time.Second, "the usual wait")
				return
			}
			assert.Equal(t, want, first)
		})
	}
}

func TestCancelEndsEveryWaitAtOnce(t *testing.T) {
	stall := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	for name, handler := range map[string]http.HandlerFunc{
		"while waiting to retry": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(503)
		},
		"while the server says nothing": stall,
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, Config{}, handler, func(t *testing.T, c *Client) {
				ctx, cancel := context.WithCancel(t.Context())
				start := time.Now()
				time.AfterFunc(100*time.Millisecond, cancel)
				_, err := c.Get(ctx, Request{URL: testURL})
				require.ErrorIs(t, err, context.Canceled)
				assert.Equal(t, 100*time.Millisecond, time.Since(start))
			})
		})
	}
}

func TestTimeoutIsPerAttemptAndRetried(t *testing.T) {
	var seen atomic.Int32
	inMemory(t, Config{Timeout: 2 * time.Second}, func(_ http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		<-r.Context().Done()
	}, func(t *testing.T, c *Client) {
		var waited time.Duration
		start := time.Now()
		_, err := c.Get(t.Context(), Request{URL: testURL, OnRetry: func(_ error, w time.Duration) { waited += w }})
		var gaveUp *RetriesError
		require.ErrorAs(t, err, &gaveUp)
		assert.Equal(t, 3, gaveUp.Retries)
		assert.EqualValues(t, 4, seen.Load())
		assert.Equal(t, 4*2*time.Second+waited, time.Since(start))
	})
}

func TestTimeoutCoversTheBodyWhichIsNotRetried(t *testing.T) {
	var seen atomic.Int32
	stall := func(w http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		_, _ = io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	inMemory(t, Config{Timeout: 2 * time.Second}, stall, func(t *testing.T, c *Client) {
		start := time.Now()
		answer, err := c.Get(t.Context(), Request{URL: testURL})
		require.NoError(t, err)
		defer answer.Close()
		_, err = io.ReadAll(answer)
		var body *BodyError
		require.ErrorAs(t, err, &body)
		assert.Equal(t, testURL, body.URL)
		assert.EqualValues(t, 1, seen.Load())
		assert.Equal(t, 2*time.Second, time.Since(start))
	})
	inMemory(t, Config{Timeout: 2 * time.Second}, stall, func(t *testing.T, c *Client) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		start := time.Now()
		answer, err := c.Get(ctx, Request{URL: testURL, Stream: true})
		require.NoError(t, err)
		defer answer.Close()
		_, err = io.ReadAll(answer)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Hour, time.Since(start), "a stream has no timeout of its own")
	})
}

func TestABodyThatStallsDoesNotHoldUpTheRetry(t *testing.T) {
	var seen atomic.Int32
	inMemory(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		if seen.Add(1) > 1 {
			return
		}
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(503)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}, func(t *testing.T, c *Client) {
		start := time.Now()
		answer, err := c.Get(t.Context(), Request{URL: testURL})
		require.NoError(t, err)
		answer.Close()
		assert.Equal(t, discardWait+5*time.Second, time.Since(start))
	})
}

func TestAuthIsAskedBeforeEveryAttempt(t *testing.T) {
	var got []string
	inMemory(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("Authorization")+"|"+r.Header.Get("X-Fixed"))
		w.WriteHeader(500)
	}, func(t *testing.T, c *Client) {
		token := 0
		_, err := c.Get(t.Context(), Request{
			URL: testURL, Header: http.Header{"X-Fixed": {"f"}},
			Auth: func() http.Header {
				token++
				return http.Header{"Authorization": {fmt.Sprint("Bearer ", token)}}
			},
		})
		require.Error(t, err)
	})
	assert.Equal(t, []string{"Bearer 1|f", "Bearer 2|f", "Bearer 3|f", "Bearer 4|f"}, got)
}

func TestAHeaderThatCannotBeSentIsNamedAndNotShown(t *testing.T) {
	var seen atomic.Int32
	inMemory(t, Config{}, func(w http.ResponseWriter, _ *http.Request) {
		seen.Add(1)
		w.WriteHeader(500)
	}, func(t *testing.T, c *Client) {
		value := "Bearer good"
		_, err := c.Get(t.Context(), Request{URL: testURL, Auth: func() http.Header {
			defer func() { value = "Bearer hunter2\nevil" }()
			return http.Header{"Authorization": {value}}
		}})
		var header *InvalidHeaderError
		require.ErrorAs(t, err, &header)
		assert.Equal(t, "Authorization", header.Name)
		assert.NotContains(t, err.Error(), "hunter2")
	})
	assert.EqualValues(t, 1, seen.Load(), "the second attempt could not be made, and there was no third")
}

func TestBackoff(t *testing.T) {
	for range 200 {
		var b Backoff
		for _, w := range []int{1, 2, 4, 8, 16, 30, 30, 30} {
			ceiling := time.Duration(w) * time.Second
			got := b.Next()
			assert.GreaterOrEqual(t, got, ceiling/2)
			assert.Less(t, got, ceiling)
		}
		for range 100 {
			assert.Less(t, b.Next(), 30*time.Second, "no overflow")
		}
		b.Reset()
		assert.Less(t, b.Next(), time.Second)
		b.Floor = 3 * time.Second
		b.Reset()
		assert.Equal(t, 3*time.Second, b.Next())
		b.Floor = time.Hour
		assert.Equal(t, 30*time.Second, b.Next())
	}
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		require.NoError(t, Wait(t.Context(), 30*time.Second))
		assert.Equal(t, 30*time.Second, time.Since(start))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, Wait(ctx, time.Hour), context.Canceled)
		assert.Equal(t, 30*time.Second, time.Since(start))
	})
}

func TestFailuresBeforeTheAnswerAreRetried(t *testing.T) {
	for name, answer := range map[string]string{"closed": "", "closed within the head": "HTTP/1.1 200 OK\r\nContent-"} {
		t.Run(name, func(t *testing.T) {
			var seen atomic.Int32
			inMemory(t, Config{}, func(w http.ResponseWriter, _ *http.Request) {
				seen.Add(1)
				conn, _, err := http.NewResponseController(w).Hijack()
				assert.NoError(t, err)
				_, _ = io.WriteString(conn, answer)
				_ = conn.Close()
			}, func(t *testing.T, c *Client) {
				var reasons []error
				_, err := c.Get(t.Context(), Request{
					URL:     "http://user:hunter2@flags.test/doc",
					OnRetry: func(err error, _ time.Duration) { reasons = append(reasons, err) },
				})
				var gaveUp *RetriesError
				require.ErrorAs(t, err, &gaveUp)
				assert.Equal(t, 3, gaveUp.Retries)
				var failed *RequestError
				require.ErrorAs(t, err, &failed)
				assert.Equal(t, testURL, failed.URL)
				assert.Len(t, reasons, 3)
				require.ErrorAs(t, reasons[0], &failed)
				for _, reason := range append(reasons, err) {
					assert.NotContains(t, reason.Error(), "user")
					assert.NotContains(t, reason.Error(), "hunter2")
				}
			})
			assert.EqualValues(t, 4, seen.Load())
		})
	}
}

func TestFailuresToConnectAreRetried(t *testing.T) {
	for name, cause := range map[string]error{
		"refused":     &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED},
		"name":        &net.DNSError{Err: "no such host", Name: "flags.test", IsNotFound: true},
		"certificate": &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}},
		"no TLS":      http.ErrSchemeMismatch,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				attempts := 0
				client, err := New(Config{DialContext: func(context.Context, string, string) (net.Conn, error) {
					attempts++
					return nil, cause
				}})
				require.NoError(t, err)
				defer client.Close()
				_, err = client.Get(t.Context(), Request{URL: testURL})
				var gaveUp *RetriesError
				require.ErrorAs(t, err, &gaveUp)
				require.ErrorIs(t, err, cause)
				assert.Equal(t, 4, attempts)
			})
		})
	}
}

func TestCloseEndsIdleConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := transporttest.Serve(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		defer network.Stop()
		var conns []net.Conn
		client, err := New(Config{DialContext: func(ctx context.Context, kind, address string) (net.Conn, error) {
			conn, err := network.DialContext(ctx, kind, address)
			conns = append(conns, conn)
			return conn, err
		}})
		require.NoError(t, err)
		for range 3 {
			answer, err := client.Get(t.Context(), Request{URL: testURL})
			require.NoError(t, err)
			_, err = io.ReadAll(answer)
			require.NoError(t, err)
			answer.Close()
			synctest.Wait()
		}
		require.Len(t, conns, 1, "the connection is used again")
		closed := time.Now()
		client.Close()
		_, err = conns[0].Read(make([]byte, 1))
		assert.ErrorIs(t, err, io.ErrClosedPipe)
		assert.Equal(t, closed, time.Now(), "now, and not when it has been idle for long")
	})
}
