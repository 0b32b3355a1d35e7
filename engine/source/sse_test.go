package source

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/transport"
)

func eventsOf(from io.Reader, limit int64) ([]Event, time.Duration, error) {
	parser := newEvents(from, limit)
	var found []Event
	for {
		event, err := parser.next()
		if err != nil {
			return found, parser.retry, err
		}
		found = append(found, event)
	}
}

func TestEvents(t *testing.T) {
	// The expectations follow the text of the standard: WHATWG HTML, 9.2.6 "Interpreting an event stream".
	for name, test := range map[string]struct {
		text  string
		want  []Event
		retry time.Duration
	}{
		"data":                       {"data: x\n\n", []Event{{Type: "message", Data: "x"}}, 0},
		"lines of data":              {"data: YHOO\ndata: +2\ndata: 10\n\n", []Event{{Type: "message", Data: "YHOO\n+2\n10"}}, 0},
		"type and id":                {"event: add\nid: 1\ndata: a\n\ndata: b\n\n", []Event{{"1", "add", "a"}, {"1", "message", "b"}}, 0},
		"empty id resets":            {"id: 1\ndata: a\n\nid\ndata: b\n\n", []Event{{"1", "message", "a"}, {"", "message", "b"}}, 0},
		"id with NUL":                {"id: a\x00b\ndata: a\n\n", []Event{{"", "message", "a"}}, 0},
		"comments":                   {": hello\n\n:\ndata: x\n: y\n\n", []Event{{Type: "message", Data: "x"}}, 0},
		"no data, no event":          {"event: x\n\ndata: y\n\n", []Event{{Type: "message", Data: "y"}}, 0},
		"data without colon":         {"data\n\ndata\ndata\n\ndata:", []Event{{Type: "message"}, {Type: "message", Data: "\n"}}, 0},
		"one space is taken":         {"data:test\n\ndata:  test\n\n", []Event{{Type: "message", Data: "test"}, {Type: "message", Data: " test"}}, 0},
		"carriage returns":           {"data: a\r\rdata: b\r\r", []Event{{Type: "message", Data: "a"}, {Type: "message", Data: "b"}}, 0},
		"both":                       {"data: a\r\ndata: b\r\n\r\n", []Event{{Type: "message", Data: "a\nb"}}, 0},
		"mixed":                      {"data: a\rdata: b\ndata: c\r\n\n", []Event{{Type: "message", Data: "a\nb\nc"}}, 0},
		"byte order mark":            {"\uFEFFdata: a\n\n", []Event{{Type: "message", Data: "a"}}, 0},
		"unfinished":                 {"data: a\n", nil, 0},
		"unknown fields":             {"foo: a\nDATA: b\n\n", nil, 0},
		"colons in data":             {"data: {\"a\":1}\n\n", []Event{{Type: "message", Data: `{"a":1}`}}, 0},
		"retry":                      {"retry: 2500\n\n", nil, 2500 * time.Millisecond},
		"retry that is not a number": {"retry: 2s\n\n", nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			for _, from := range []io.Reader{strings.NewReader(test.text), iotest.OneByteReader(strings.NewReader(test.text))} {
				got, retry, err := eventsOf(from, 1000)
				assert.Equal(t, test.want, got)
				assert.Equal(t, test.retry, retry)
				assert.Equal(t, io.EOF, err)
			}
		})
	}
}

func TestEventsHaveALimit(t *testing.T) {
	for name, text := range map[string]string{
		"one line": "data: " + strings.Repeat("x", 100) + "\n\n", "many": strings.Repeat("data: x\n", 100) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := eventsOf(strings.NewReader(text), 99)
			var large *transport.TooLargeError
			require.ErrorAs(t, err, &large)
		})
	}
}

func FuzzEvents(f *testing.F) {
	for _, seed := range []string{"data: x\n\n", "id: 1\r\nevent: e\r\rdata\n\n", "\uFEFF:\n", "retry: 1\n\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		whole, retry, err := eventsOf(bytes.NewReader(text), 100)
		pieces, retryOfPieces, errOfPieces := eventsOf(iotest.OneByteReader(bytes.NewReader(text)), 100)
		require.Equal(t, whole, pieces)
		require.Equal(t, retry, retryOfPieces)
		require.Equal(t, err, errOfPieces)
		// Line ends are exchangeable.
		if !bytes.ContainsRune(text, '\r') {
			crlf, _, _ := eventsOf(bytes.NewReader(bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))), 100)
			cr, _, _ := eventsOf(bytes.NewReader(bytes.ReplaceAll(text, []byte("\n"), []byte("\r"))), 100)
			require.Equal(t, whole, crlf)
			require.Equal(t, whole, cr)
		}
	})
}

func TestAnnouncedFetchesWhenTheStreamSaysSo(t *testing.T) {
	var version, fetches atomic.Int32
	announce := make(chan string)
	var lastID atomic.Value
	inMemory(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/doc" {
			fetches.Add(1)
			etag := []string{"v0", "v1", "v2", "v3"}[version.Load()]
			if r.Header.Get("If-None-Match") == etag {
				w.WriteHeader(304)
				return
			}
			w.Header().Set("ETag", etag)
			say(w, etag)
			return
		}
		assert.Equal(t, "text/event-stream", r.Header.Get("Accept"))
		lastID.Store(r.Header.Get("Last-Event-ID"))
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		say(w, ": hello\n\n")
		for {
			select {
			case text := <-announce:
				if text == "" {
					return
				}
				say(w, text)
			case <-r.Context().Done():
				return
			}
		}
	}, func(t *testing.T, c *transport.Client) {
		announce = make(chan string) // of this bubble
		sink := &recorder{}
		poll := NewPoll(c, transport.Request{URL: testURL}, "", time.Hour)
		both := NewAnnounced(poll, c, transport.Request{URL: "http://flags.test/events"},
			func(e Event) bool { return e.Data == "refetch" })
		stop := start(t, both, sink)
		log := sink.take()
		assert.Equal(t, "apply server  v0", log[0])
		n := fetches.Load()
		assert.LessOrEqual(t, n, int32(2))

		version.Store(1)
		announce <- "id: 7\ndata: something else\n\n"
		synctest.Wait()
		assert.Equal(t, n, fetches.Load())
		announce <- "data: refetch\n\n"
		synctest.Wait()
		assert.Equal(t, []string{"apply server  v1"}, sink.take())

		version.Store(2)
		announce <- "" // the stream ends; what changes meanwhile is not missed
		time.Sleep(time.Second)
		synctest.Wait()
		log = sink.take()
		assert.ElementsMatch(t, []string{"retry", "apply server  v2"}, log)
		assert.Equal(t, "7", lastID.Load())

		both.Refresh()
		synctest.Wait()
		assert.Equal(t, []string{"confirm"}, sink.take())
		version.Store(3)
		time.Sleep(time.Hour) // the poll goes on underneath
		synctest.Wait()
		assert.Equal(t, []string{"apply server  v3"}, sink.take())
		stop()
	})
}

func TestAnnouncedWithoutAStreamIsAPoll(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"not found":        http.NotFound,
		"another kind":     func(w http.ResponseWriter, _ *http.Request) { say(w, "{}\n") },
		"no answer at all": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"an event that upsets the decision": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			say(w, "data: panic\n\n")
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/doc" {
					say(w, "doc")
					return
				}
				handler(w, r)
			}, func(t *testing.T, c *transport.Client) {
				sink := &recorder{slow: 5 * time.Second}
				poll := NewPoll(c, transport.Request{URL: testURL}, "", time.Minute)
				stop := start(t, NewAnnounced(poll, c, transport.Request{URL: "http://flags.test/events"},
					func(Event) bool { panic("no idea") }), sink)
				time.Sleep(11 * time.Minute)
				stop()
				applied := 0
				for _, entry := range sink.take() {
					assert.NotEqual(t, "TWO AT ONCE", entry)
					if strings.HasPrefix(entry, "apply") {
						applied++
					}
				}
				assert.GreaterOrEqual(t, applied, 10)
			})
		})
	}
}

func TestAnnouncedNoticesThatTheStreamStopsInALine(t *testing.T) {
	var streams atomic.Int32
	inMemory(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/doc" {
			say(w, "doc")
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		if streams.Add(1) == 1 {
			say(w, ": hello\n\ndata: hal")
		} else {
			say(w, ": hello\n\n") // silence between lines is no failure
		}
		<-r.Context().Done()
	}, func(t *testing.T, c *transport.Client) {
		both := NewAnnounced(NewPoll(c, transport.Request{URL: testURL}, "", 0), c,
			transport.Request{URL: "http://flags.test/events"}, func(Event) bool { return true })
		stop := start(t, both, &recorder{})
		time.Sleep(29 * time.Second)
		assert.EqualValues(t, 1, streams.Load())
		time.Sleep(time.Hour)
		assert.EqualValues(t, 2, streams.Load())
		stop()
	})
}

func TestAnnouncedEndsOnlyWhenNobodyCanCallTheSinkAnyMore(t *testing.T) {
	inMemory(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		say(w, "data: x\n\n")
		<-r.Context().Done()
	}, func(t *testing.T, c *transport.Client) {
		release := make(chan struct{})
		both := NewAnnounced(NewPoll(c, transport.Request{URL: testURL}, "", time.Hour), c,
			transport.Request{URL: "http://flags.test/events"}, func(Event) bool { <-release; return true })
		ctx, cancel := context.WithCancel(t.Context())
		var ended atomic.Bool
		go func() { both.Run(ctx, &recorder{}); ended.Store(true) }()
		synctest.Wait()
		cancel()
		synctest.Wait()
		assert.False(t, ended.Load())
		close(release)
		synctest.Wait()
		assert.True(t, ended.Load())
	})
}
