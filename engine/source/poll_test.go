package source

import (
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/transport"
)

func TestPollAsksAtOnceAndThenCountsFromTheEndOfEachFetch(t *testing.T) {
	var at []time.Duration
	began := time.Time{}
	inMemory(t, func(w http.ResponseWriter, _ *http.Request) {
		at = append(at, time.Since(began))
		time.Sleep(3 * time.Second)
		w.Header().Set("ETag", "a")
		_, _ = io.WriteString(w, "doc")
	}, func(t *testing.T, c *transport.Client) {
		began = time.Now()
		sink := &recorder{}
		stop := start(t, NewPoll(c, transport.Request{URL: testURL}, "wire", time.Minute), sink)
		time.Sleep(70 * time.Second)
		stop()
		assert.Equal(t, []time.Duration{0, 63 * time.Second}, at)
		assert.Equal(t, []string{"apply server wire doc", "apply server wire doc"}, sink.take())
	})
}

func TestPollRefresh(t *testing.T) {
	var requests atomic.Int32
	inMemory(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		time.Sleep(time.Second)
		if r.Header.Get("If-None-Match") == "\"q\"" {
			w.WriteHeader(304)
			return
		}
		w.Header().Set("ETag", "\"q\"")
		_, _ = io.WriteString(w, "doc")
	}, func(t *testing.T, c *transport.Client) {
		sink := &recorder{}
		poll := NewPoll(c, transport.Request{URL: testURL}, "", 0)
		poll.Refresh() // before Run: its first fetch is what was asked for
		stop := start(t, poll, sink)
		time.Sleep(time.Hour)
		require.EqualValues(t, 1, requests.Load())
		for range 5 {
			poll.Refresh()
		}
		synctest.Wait()
		require.EqualValues(t, 2, requests.Load(), "at once, and once")
		poll.Refresh() // while a fetch is under way, which may have been too early
		time.Sleep(time.Hour)
		assert.EqualValues(t, 3, requests.Load())
		assert.Equal(t, []string{"apply server  doc", "confirm", "confirm"}, sink.take())
		stop()
	})
}

func TestPollConfirmsOnlyWhatTheServerConfirmed(t *testing.T) {
	answers := []int{304, 200, 304, 401, 304, 200, 304}
	step := 0
	inMemory(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(answers[step])
		step++
	}, func(t *testing.T, c *transport.Client) {
		sink := &recorder{}
		stop := start(t, NewPoll(c, transport.Request{URL: testURL}, "", time.Minute), sink)
		time.Sleep(6*time.Minute + time.Second)
		stop()
		assert.Equal(t, []string{"fail", "apply server  ", "confirm", "fail", "unchanged", "apply server  ", "confirm"}, sink.take())
		require.ErrorIs(t, sink.errors[0], ErrNoData)
		var status *transport.StatusError
		require.ErrorAs(t, sink.errors[1], &status)
	})
}

func TestPollReportsRetriesAndStopsInTheMiddle(t *testing.T) {
	inMemory(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "20")
		w.WriteHeader(503)
	}, func(t *testing.T, c *transport.Client) {
		sink := &recorder{}
		stop := start(t, NewPoll(c, transport.Request{URL: testURL}, "", time.Minute), sink)
		time.Sleep(30 * time.Second)
		stop()
		assert.Equal(t, []string{"retry", "retry"}, sink.take(), "being stopped is no failure")
		assert.Equal(t, []time.Duration{20 * time.Second, 20 * time.Second}, sink.waits)
	})
}

// silences are servers that accept and then say nothing.
var silences = map[string]http.HandlerFunc{
	"no head": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	"half a body": func(w http.ResponseWriter, r *http.Request) {
		say(w, "half")
		<-r.Context().Done()
	},
}

func TestPollStopsWhileTheServerSaysNothing(t *testing.T) {
	for name, handler := range silences {
		t.Run(name, func(t *testing.T) {
			inMemory(t, handler, func(t *testing.T, c *transport.Client) {
				sink := &recorder{}
				stop := start(t, NewPoll(c, transport.Request{URL: testURL}, "", time.Minute), sink)
				time.Sleep(20 * time.Second)
				stop()
				assert.Empty(t, sink.take())
			})
		})
	}
}

func TestPollNoticesThatTheServerSaysNothing(t *testing.T) {
	for name, test := range map[string]struct {
		log  []string
		last error
	}{
		"no head":     {[]string{"retry", "retry", "retry", "fail"}, transport.ErrNoAnswer},
		"half a body": {[]string{"fail"}, transport.ErrStalled},
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, silences[name], func(t *testing.T, c *transport.Client) {
				sink := &recorder{}
				stop := start(t, NewPoll(c, transport.Request{URL: testURL}, "", 0), sink)
				time.Sleep(4*30*time.Second + 8*time.Second) // and the waits of up to 1, 2 and 4 s
				stop()
				assert.Equal(t, test.log, sink.take())
				require.ErrorIs(t, sink.errors[0], test.last)
			})
		})
	}
}

func TestPollFailures(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"too long": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20+1)) },
		"cut short": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10")
			_, _ = io.WriteString(w, "half")
		},
		"redirect loop": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/doc", http.StatusFound) },
	} {
		t.Run(name, func(t *testing.T) {
			var good atomic.Bool
			good.Store(true)
			inMemory(t, func(w http.ResponseWriter, r *http.Request) {
				if good.Load() {
					w.Header().Set("ETag", "a")
					_, _ = io.WriteString(w, "doc")
					return
				}
				handler(w, r)
			}, func(t *testing.T, c *transport.Client) {
				sink := &recorder{}
				stop := start(t, NewPoll(c, transport.Request{URL: testURL}, "", time.Minute), sink)
				good.Store(false)
				time.Sleep(time.Minute)
				synctest.Wait()
				good.Store(true)
				time.Sleep(time.Minute)
				synctest.Wait()
				stop()
				assert.Equal(t, []string{"apply server  doc", "fail", "apply server  doc"}, sink.take())
			})
		})
	}
}

func TestPollByDateSendsBackTheDateOfWhatWasTaken(t *testing.T) {
	const first, second = "Mon, 02 Mar 2026 08:30:00 GMT", "any text, since it is compared as it is"
	type answer struct {
		status         int
		modified, body string
	}
	for byDate, want := range map[bool][]string{true: {"", first, first, second, "", first}, false: {"", "", "", "", "", ""}} {
		answers := []answer{
			{200, first, "doc"}, {304, "", ""}, {200, second, "doc2"}, {200, first, "bad"}, {200, first, "doc3"}, {304, "", ""},
		}
		var asked []string
		inMemory(t, func(w http.ResponseWriter, r *http.Request) {
			next := answers[len(asked)]
			asked = append(asked, r.Header.Get("If-Modified-Since"))
			if next.modified != "" {
				w.Header().Set("Last-Modified", next.modified)
			}
			w.WriteHeader(next.status)
			_, _ = io.WriteString(w, next.body)
		}, func(t *testing.T, c *transport.Client) {
			poll := NewPoll(c, transport.Request{URL: testURL, Header: http.Header{"X-Own": {"1"}}}, "", time.Minute)
			if byDate {
				poll = poll.ByDate()
			}
			sink := &recorder{}
			stop := start(t, poll, sink)
			time.Sleep(5*time.Minute + time.Second)
			stop()
			assert.Equal(t, want, asked)
			assert.Equal(t, []string{
				"apply server  doc", "confirm", "apply server  doc2", "apply server  bad", "apply server  doc3", "confirm",
			}, sink.take())
		})
	}
}
