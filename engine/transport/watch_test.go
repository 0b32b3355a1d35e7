package transport

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAServerThatNeverAnswersIsGivenUp(t *testing.T) {
	for name, stream := range map[string]bool{"document": false, "stream": true} {
		t.Run(name, func(t *testing.T) {
			var seen atomic.Int32
			inMemory(t, Config{}, func(_ http.ResponseWriter, r *http.Request) {
				seen.Add(1)
				<-r.Context().Done()
			}, func(t *testing.T, c *Client) {
				waited := time.Duration(0)
				began := time.Now()
				_, err := c.Get(t.Context(), Request{URL: testURL, Stream: stream, OnRetry: func(err error, wait time.Duration) {
					assert.ErrorIs(t, err, ErrNoAnswer)
					waited += wait
				}})
				assert.Equal(t, 4*30*time.Second+waited, time.Since(began))
				require.EqualError(t, err,
					"failed after 3 retries: request to "+testURL+": the server did not answer within 30 s")
				var failure net.Error
				require.ErrorAs(t, errors.Unwrap(errors.Unwrap(err)), &failure)
				assert.True(t, failure.Timeout())
				assert.EqualValues(t, 4, seen.Load())
			})
		})
	}
}

// TestAProxyThatNeverAnswersIsGivenUp covers what comes before the request: nobody says anything at all.
func TestAProxyThatNeverAnswersIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Config{
			Proxy: Proxy{HTTPS: "http://proxy.test:1"},
			DialContext: func(context.Context, string, string) (net.Conn, error) {
				ours, theirs := net.Pipe()
				go func() { _, _ = io.Copy(io.Discard, theirs) }()
				return ours, nil
			},
		})
		require.NoError(t, err)
		defer c.Close()
		_, err = c.Get(t.Context(), Request{URL: "https://flags.test/"})
		require.ErrorIs(t, err, ErrNoAnswer)
	})
}

func TestAPostThatIsNeverAnsweredIsGivenUp(t *testing.T) {
	inMemory(t, Config{}, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}, func(t *testing.T, c *Client) {
		began := time.Now()
		_, err := c.Post(t.Context(), PostRequest{Request: Request{URL: testURL}, Body: []byte("{}")})
		require.ErrorIs(t, err, ErrNoAnswer)
		assert.Equal(t, 30*time.Second, time.Since(began))
	})
}

func TestABodyThatStopsIsGivenUpAndASlowOneIsNot(t *testing.T) {
	for name, test := range map[string]struct {
		pause time.Duration
		want  error
	}{"slow": {29 * time.Second, nil}, "stopped": {31 * time.Second, ErrStalled}} {
		for _, encoding := range []string{"identity", "gzip"} {
			t.Run(name+" "+encoding, func(t *testing.T) {
				inMemory(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Encoding", encoding)
					to := io.Writer(w)
					if encoding == "gzip" {
						zip := gzip.NewWriter(w)
						defer func() { _ = zip.Close() }()
						to = zip
					}
					for range 4 {
						_, _ = to.Write([]byte("x"))
						if zip, ok := to.(*gzip.Writer); ok {
							_ = zip.Flush()
						}
						_ = http.NewResponseController(w).Flush()
						_ = Wait(r.Context(), test.pause)
					}
				}, func(t *testing.T, c *Client) {
					answer, err := c.Get(t.Context(), Request{URL: testURL})
					require.NoError(t, err)
					defer answer.Close()
					body, err := io.ReadAll(answer)
					require.ErrorIs(t, err, test.want)
					if test.want == nil {
						assert.Equal(t, "xxxx", string(body))
						return
					}
					require.EqualError(t, err,
						"answer of "+testURL+": the server sent nothing for 30 s in the middle of its answer")
				})
			})
		}
	}
}

func TestAStreamMayPauseUnlessMoreIsExpected(t *testing.T) {
	inMemory(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		for {
			_, _ = io.WriteString(w, "x")
			_ = http.NewResponseController(w).Flush()
			if Wait(r.Context(), time.Hour) != nil {
				return
			}
		}
	}, func(t *testing.T, c *Client) {
		answer, err := c.Get(t.Context(), Request{URL: testURL, Stream: true})
		require.NoError(t, err)
		defer answer.Close()
		one := make([]byte, 1)
		for range 3 {
			_, err = io.ReadFull(answer, one)
			require.NoError(t, err)
		}
		answer.Expect(true)
		_, err = io.ReadFull(answer, one)
		require.ErrorIs(t, err, ErrStalled)
	})
}

func TestARequestTimeoutStillCoversTheWholeAttempt(t *testing.T) {
	inMemory(t, Config{Timeout: 40 * time.Second}, func(w http.ResponseWriter, r *http.Request) {
		for Wait(r.Context(), 15*time.Second) == nil {
			_, _ = io.WriteString(w, "x")
			_ = http.NewResponseController(w).Flush()
		}
	}, func(t *testing.T, c *Client) {
		began := time.Now()
		answer, err := c.Get(t.Context(), Request{URL: testURL})
		require.NoError(t, err)
		defer answer.Close()
		_, err = io.ReadAll(answer)
		require.Error(t, err)
		assert.Equal(t, 40*time.Second, time.Since(began))
	})
}

func TestARedirectThatIsNoAddressIsNotShown(t *testing.T) {
	for _, code := range []int{301, 302, 303, 307, 308} {
		var seen atomic.Int32
		inMemory(t, Config{}, func(w http.ResponseWriter, _ *http.Request) {
			seen.Add(1)
			w.Header().Set("Location", "http://user:hunter2@flags.test:port/")
			w.WriteHeader(code)
		}, func(t *testing.T, c *Client) {
			_, err := c.Get(t.Context(), Request{URL: testURL})
			require.EqualError(t, err, "request to "+testURL+": redirected to something that is not a valid address")
			assert.EqualValues(t, 1, seen.Load(), "not retried")
			_, err = c.Post(t.Context(), PostRequest{Request: Request{URL: testURL}})
			require.ErrorIs(t, err, ErrRedirectAddress)
		})
	}
}

func TestFileOptionsThatHoldTextAreNotShown(t *testing.T) {
	const text = "-----BEGIN PRIVATE KEY-----\nhunter2\n"
	_, missing := os.Stat("hunter2")
	for want, given := range map[string]TLS{
		"tls_config.ca_cert_file: looks like PEM text: use ca_cert_data":         {CACertFile: text},
		"tls_config.client_cert_file: looks like PEM text: use client_cert_data": {ClientCertFile: text, ClientKeyData: "k"},
		"tls_config.client_key_file: looks like PEM text: use client_key_data":   {ClientKeyFile: "hunter2\n", ClientCertData: "c"},
		"tls_config.client_key_file: " + errors.Unwrap(missing).Error():          {ClientKeyFile: "hunter2", ClientCertData: "c"},
	} {
		_, err := New(Config{TLS: given})
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "hunter2")
	}
	_, err := New(Config{TLS: TLS{ClientKeyFile: t.TempDir(), ClientCertData: "c"}})
	require.ErrorContains(t, err, "tls_config.client_key_file: a folder and not a regular file")
}

func TestProxiesOfTheEnvironmentAreCalledByTheirVariables(t *testing.T) {
	_, err := New(Config{Proxy: Proxy{Option: FromEnvironment, HTTP: "ftp://hunter2", HTTPS: "%"}})
	require.ErrorContains(t, err, "environment variable HTTP_PROXY: want host:port")
	require.ErrorContains(t, err, "environment variable HTTPS_PROXY: want host:port")
	assert.NotContains(t, err.Error(), "hunter2")
}
