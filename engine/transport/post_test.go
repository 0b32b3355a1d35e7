package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func postRequest(retries int) PostRequest {
	return PostRequest{
		Request: Request{URL: "http://user:hunter2@flags.test/events", Header: http.Header{"Content-Type": {"text/plain"}}},
		Body:    []byte("hello"), Retries: retries,
		Retry: func(status int) bool { return status == 503 },
		Wait:  func(k int) time.Duration { return time.Second << k },
	}
}

func TestPostSendsItsBodyInEveryAttempt(t *testing.T) {
	var bodies, types []string
	inMemory(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies = append(bodies, r.Method+" "+string(body))
		types = append(types, r.Header.Get("Content-Type")+" "+r.Header.Get("Authorization"))
		if len(bodies) < 3 {
			w.WriteHeader(503)
		}
		_, _ = w.Write([]byte(strings.Repeat("x", 2000)))
	}, func(t *testing.T, c *Client) {
		attempt := 0
		req := postRequest(5)
		req.Auth = func() http.Header {
			attempt++
			return http.Header{"Authorization": {string(rune('0' + attempt))}}
		}
		var waits []time.Duration
		req.OnRetry = func(err error, wait time.Duration) {
			var status *StatusError
			assert.ErrorAs(t, err, &status)
			waits = append(waits, wait)
		}
		began := time.Now()
		answer, err := c.Post(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, 200, answer.Status)
		assert.Equal(t, "http://flags.test/events", answer.URL)
		assert.Equal(t, strings.Repeat("x", 512), answer.Excerpt)
		assert.Equal(t, []string{"POST hello", "POST hello", "POST hello"}, bodies)
		assert.Equal(t, []string{"text/plain 1", "text/plain 2", "text/plain 3"}, types)
		assert.Equal(t, []time.Duration{time.Second, 2 * time.Second}, waits)
		assert.Equal(t, 3*time.Second, time.Since(began))
	})
}

func TestPostAnswersTheLastStatusAfterItsRetries(t *testing.T) {
	var seen atomic.Int32
	inMemory(t, Config{}, func(w http.ResponseWriter, _ *http.Request) {
		seen.Add(1)
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(503)
		_, _ = w.Write([]byte("later"))
	}, func(t *testing.T, c *Client) {
		began := time.Now()
		answer, err := c.Post(t.Context(), postRequest(2))
		require.NoError(t, err)
		assert.Equal(t, 503, answer.Status)
		assert.Equal(t, "later", answer.Excerpt)
		assert.Equal(t, 7*time.Second, answer.RetryAfter)
		assert.Equal(t, int32(3), seen.Load())
		assert.Equal(t, 14*time.Second, time.Since(began))
	})
}

func TestPostWithoutAnswer(t *testing.T) {
	inMemory(t, Config{}, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		func(t *testing.T, c *Client) {
			_, err := c.Post(t.Context(), postRequest(1))
			var retries *RetriesError
			require.ErrorAs(t, err, &retries)
			assert.Equal(t, 1, retries.Retries)
			assert.NotContains(t, err.Error(), "hunter2")
			_, err = c.Post(t.Context(), PostRequest{Request: Request{URL: "ftp://flags.test"}})
			var invalid *InvalidURLError
			require.ErrorAs(t, err, &invalid)
			_, err = c.Post(t.Context(), PostRequest{Request: Request{URL: testURL, Header: http.Header{"A": {"b\nc"}}}})
			var header *InvalidHeaderError
			require.ErrorAs(t, err, &header)
		})
}

// A redirect that turns the request into a GET would be answered 200 although nobody has read the body.
func TestPostFollowsOnlyRedirectsThatKeepTheBody(t *testing.T) {
	for code, want := range map[int]int{301: 301, 302: 302, 303: 303, 307: 200, 308: 200} {
		inMemory(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/events" {
				http.Redirect(w, r, "http://other.test/there", code)
				return
			}
			body, _ := io.ReadAll(r.Body)
			assert.Equal(t, "POST hello", r.Method+" "+string(body))
			assert.Empty(t, r.Header.Get("X-Secret"), "it belongs to the first host")
		}, func(t *testing.T, c *Client) {
			req := postRequest(0)
			req.Auth = func() http.Header { return http.Header{"X-Secret": {"s"}} }
			answer, err := c.Post(t.Context(), req)
			require.NoError(t, err)
			assert.Equal(t, want, answer.Status)
		})
	}
}

func TestPostWaitEndsEarly(t *testing.T) {
	var seen atomic.Int32
	inMemory(t, Config{}, func(w http.ResponseWriter, _ *http.Request) {
		if seen.Add(1) < 2 {
			w.WriteHeader(503)
		}
	}, func(t *testing.T, c *Client) {
		hurry := make(chan struct{})
		req := postRequest(3)
		req.Wait = func(int) time.Duration { return time.Hour }
		req.Hurry = func() <-chan struct{} { return hurry }
		time.AfterFunc(time.Minute, func() { close(hurry) })
		began := time.Now()
		answer, err := c.Post(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, 200, answer.Status)
		assert.Equal(t, time.Minute, time.Since(began))

		seen.Store(0)
		req.Hurry = nil
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began = time.Now()
		answer, err = c.Post(ctx, req)
		assert.Equal(t, time.Minute, time.Since(began))
		if err == nil { // the answer before the wait also tells the truth
			assert.Equal(t, 503, answer.Status)
		} else {
			assert.True(t, errors.Is(err, context.DeadlineExceeded), err)
		}
	})
}

func TestPostKeepsTheWholeAnswerWhenItIsWanted(t *testing.T) {
	inMemory(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if string(body) == "fail" {
			w.WriteHeader(500)
		}
		_, _ = w.Write([]byte(strings.Repeat("x", 2000)))
	}, func(t *testing.T, c *Client) {
		req := postRequest(0)
		req.Keep = 2000
		answer, err := c.Post(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, strings.Repeat("x", 2000), string(answer.Body))
		assert.Len(t, answer.Excerpt, 512)
		req.Body = []byte("fail")
		answer, err = c.Post(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, 500, answer.Status)
		assert.Len(t, answer.Body, 2000)
		req.Keep = 1999
		_, err = c.Post(t.Context(), req)
		var large *TooLargeError
		require.ErrorAs(t, err, &large)
		assert.NotContains(t, err.Error(), "hunter2")
	})
}
