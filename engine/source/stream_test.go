package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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

// decodeTest: "ping" carries nothing, "?…" makes no sense, anything else is a document.
func decodeTest(line []byte) ([]byte, error) {
	switch {
	case string(line) == "ping":
		return nil, nil
	case line[0] == '?':
		return nil, errors.New("what is " + string(line))
	}
	return line, nil
}

// say sends the pieces, each as a chunk of its own.
func say(w http.ResponseWriter, pieces ...string) {
	for _, piece := range pieces {
		_, _ = io.WriteString(w, piece)
		_ = http.NewResponseController(w).Flush()
	}
}

func TestStreamLines(t *testing.T) {
	inMemory(t, func(w http.ResponseWriter, r *http.Request) {
		say(w, "on", "e\ntw", "o\r", "\n\n", " \r\n", "ping\nthr", "ee\n")
		<-r.Context().Done()
	}, func(t *testing.T, c *transport.Client) {
		sink := &recorder{}
		stop := start(t, NewStream(c, transport.Request{URL: testURL}, decodeTest, "wire"), sink)
		assert.Equal(t, []string{"apply stream wire one", "apply stream wire two", "apply stream wire three"}, sink.take())
		time.Sleep(24 * time.Hour) // silence is no failure
		assert.Empty(t, sink.take())
		stop()
	})
}

func TestStreamSurvivesLinesThatMakeNoSense(t *testing.T) {
	inMemory(t, func(w http.ResponseWriter, r *http.Request) {
		say(w, "one\n", "?!\n", "bad\n", "two\n", strings.Repeat("?\n", 9), "three\n")
		<-r.Context().Done()
	}, func(t *testing.T, c *transport.Client) {
		sink := &recorder{}
		stop := start(t, NewStream(c, transport.Request{URL: testURL}, decodeTest, ""), sink)
		log := sink.take()
		assert.Equal(t, []string{"apply stream  one", "fail", "apply stream  bad", "apply stream  two"}, log[:4])
		assert.Equal(t, "apply stream  three", log[len(log)-1])
		assert.Len(t, log, 4+9+1)
		stop()
	})
}

func TestStreamLeavesGarbageAlone(t *testing.T) {
	var connections atomic.Int32
	inMemory(t, func(w http.ResponseWriter, r *http.Request) {
		connections.Add(1)
		say(w, strings.Repeat("?<html>\n", 10_000))
		<-r.Context().Done()
	}, func(t *testing.T, c *transport.Client) {
		sink := &recorder{}
		stop := start(t, NewStream(c, transport.Request{URL: testURL}, decodeTest, ""), sink)
		assert.Len(t, sink.take(), maxBadLines+1, "and the retry")
		time.Sleep(10 * time.Minute)
		stop()
		// Waits of [w/2, w) for w = 1, 2, 4, 8, 16, 30, 30, ... s: at least 20 and at most 45 connections in 600 s.
		assert.GreaterOrEqual(t, connections.Load(), int32(20))
		assert.LessOrEqual(t, connections.Load(), int32(45))
	})
}

func TestStreamBacksOffAndStartsAnewAfterAConnectionThatLasted(t *testing.T) {
	var works atomic.Bool
	inMemory(t, func(w http.ResponseWriter, r *http.Request) {
		if works.Load() {
			say(w, "doc\n")
			_ = transport.Wait(r.Context(), settled)
			return
		}
		w.WriteHeader(401)
	}, func(t *testing.T, c *transport.Client) {
		sink := &recorder{}
		stop := start(t, NewStream(c, transport.Request{URL: testURL}, decodeTest, ""), sink)
		time.Sleep(5 * time.Minute)
		works.Store(true)
		time.Sleep(time.Minute)
		works.Store(false)
		stop()
		n := 0
		for i, ceiling := range []int{1, 2, 4, 8, 16, 30, 30} {
			w := time.Duration(ceiling) * time.Second
			assert.GreaterOrEqual(t, sink.waits[i], w/2, "wait %d", i)
			assert.Less(t, sink.waits[i], w, "wait %d", i)
			n++
		}
		assert.Less(t, sink.waits[len(sink.waits)-1], time.Second)
		var status *transport.StatusError
		for _, err := range sink.errors {
			require.ErrorAs(t, err, &status, "only the failures to connect count as failures")
		}
		log := sink.take()
		assert.Equal(t, []string{"fail", "retry", "fail", "retry"}, log[:4])
		assert.ElementsMatch(t, []string{"apply stream  doc", "retry", "apply stream  doc", "retry"}, log[len(log)-4:])
	})
}

func TestStreamThatEndsWithoutADocumentFails(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		want   []string
		err    error
	}{
		"nothing":           {"", []string{"fail", "retry"}, ErrStreamEnded},
		"an error, told":    {"?error\n", []string{"fail", "retry"}, nil},
		"a bad last line":   {"doc\n?half", []string{"apply stream  doc", "fail", "retry"}, nil},
		"an unended line":   {"doc", []string{"apply stream  doc", "retry"}, nil},
		"a line too long":   {strings.Repeat("x", 1<<20+1), []string{"fail", "retry"}, &transport.TooLargeError{What: "the line", Limit: 1 << 20}},
		"a long whole line": {strings.Repeat("x", 1<<20) + "\n", []string{"apply stream  " + strings.Repeat("x", 1<<20), "retry"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, func(w http.ResponseWriter, _ *http.Request) { say(w, test.answer) },
				func(t *testing.T, c *transport.Client) {
					sink := &recorder{}
					stop := start(t, NewStream(c, transport.Request{URL: testURL}, decodeTest, ""), sink)
					stop()
					assert.Equal(t, test.want, sink.take())
					if test.err != nil {
						assert.Equal(t, test.err, sink.errors[0])
					}
				})
		})
	}
}

func TestStreamStopsBeforeTheServerAnswers(t *testing.T) {
	inMemory(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		func(t *testing.T, c *transport.Client) {
			sink := &recorder{}
			stop := start(t, NewStream(c, transport.Request{URL: testURL}, decodeTest, ""), sink)
			time.Sleep(20 * time.Second)
			stop()
			assert.Empty(t, sink.take())
		})
}

func TestStreamNoticesThatTheServerStops(t *testing.T) {
	for name, test := range map[string]struct {
		say  string // before it stops; nothing: not even a head
		log  []string
		want error
	}{
		"before the head":        {"", []string{"retry"}, nil},
		"in the first line":      {"hal", []string{"fail", "retry"}, transport.ErrStalled},
		"in a line after others": {"doc\nhal", []string{"apply stream  doc", "retry"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, func(w http.ResponseWriter, r *http.Request) {
				if test.say != "" {
					say(w, test.say)
				}
				<-r.Context().Done()
			}, func(t *testing.T, c *transport.Client) {
				sink := &recorder{}
				stop := start(t, NewStream(c, transport.Request{URL: testURL}, decodeTest, ""), sink)
				time.Sleep(30 * time.Second)
				synctest.Wait()
				assert.Equal(t, test.log, sink.take())
				if test.want != nil {
					require.ErrorIs(t, sink.errors[0], test.want)
				}
				stop()
			})
		})
	}
}

func TestStreamGivesASlowLineItsTime(t *testing.T) {
	inMemory(t, func(w http.ResponseWriter, r *http.Request) {
		for _, piece := range []string{"a", "b", "c", "d\n"} {
			say(w, piece)
			time.Sleep(29 * time.Second)
		}
		<-r.Context().Done()
	}, func(t *testing.T, c *transport.Client) {
		sink := &recorder{}
		stop := start(t, NewStream(c, transport.Request{URL: testURL}, decodeTest, ""), sink)
		time.Sleep(time.Hour)
		stop()
		assert.Equal(t, []string{"unchanged", "apply stream  abcd"}, sink.take())
	})
}

func TestStreamThatIsOpenAndBringsNothing(t *testing.T) {
	inMemory(t, func(w http.ResponseWriter, r *http.Request) {
		for range 60 {
			say(w, "ping\n")
			time.Sleep(time.Second)
		}
		<-r.Context().Done()
	}, func(t *testing.T, c *transport.Client) {
		sink := &recorder{}
		stream := NewStream(c, transport.Request{URL: testURL}, decodeTest, "")
		stop := start(t, stream, sink)
		time.Sleep(time.Hour)
		assert.Equal(t, []string{"unchanged"}, sink.take(), "whoever waits hears of it, once")
		stream.Refresh()
		time.Sleep(time.Minute)
		assert.Equal(t, []string{"unchanged"}, sink.take())
		stream.Refresh()
		time.Sleep(time.Second)
		stop()
		time.Sleep(time.Hour)
		assert.Empty(t, sink.take(), "nothing after the end")
	})
}

func TestStreamOfOneDocumentEachIsNotHammered(t *testing.T) {
	var connections atomic.Int32
	inMemory(t, func(w http.ResponseWriter, _ *http.Request) {
		connections.Add(1)
		say(w, "doc\n")
	}, func(t *testing.T, c *transport.Client) {
		stop := start(t, NewStream(c, transport.Request{URL: testURL}, decodeTest, ""), &recorder{})
		time.Sleep(10 * time.Minute)
		stop()
		// Waits of [w/2, w) for w = 1, 2, 4, 8, 16, 30, 30, ... s.
		assert.LessOrEqual(t, connections.Load(), int32(45))
	})
}

func TestSequenceKeepsARefreshForTheNextStage(t *testing.T) {
	var both *Sequence
	deaf := sourceFunc(func(Sink) { both.Refresh() })
	last := &refreshable{during: func() { both.Refresh() }}
	both = NewSequence(deaf, last, deaf)
	both.Run(t.Context(), &recorder{})
	assert.Equal(t, 2, last.refreshes, "what was asked for before, and what is asked for now")

	next := &refreshable{}
	both = NewSequence(&refreshable{during: func() { both.Refresh() }}, next)
	both.Run(t.Context(), &recorder{})
	assert.Equal(t, 1, next.refreshes, "the first may have been past listening")
}

type sourceFunc func(Sink)

func (f sourceFunc) Run(_ context.Context, sink Sink) { f(sink) }

type refreshable struct {
	during    func()
	refreshes int
}

func (r *refreshable) Run(context.Context, Sink) {
	if r.during != nil {
		r.during()
	}
}
func (r *refreshable) Refresh() { r.refreshes++ }

func TestFetchThenStream(t *testing.T) {
	var streams atomic.Int32
	inMemory(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/doc" {
			say(w, "snapshot")
			return
		}
		say(w, fmt.Sprintln("line", streams.Add(1)))
		<-r.Context().Done()
	}, func(t *testing.T, c *transport.Client) {
		sink := &recorder{}
		both := NewSequence(
			NewFetch(c, transport.Request{URL: testURL}, ""),
			NewStream(c, transport.Request{URL: "http://flags.test/stream"}, decodeTest, ""))
		stop := start(t, both, sink)
		assert.Equal(t, []string{"apply server  snapshot", "apply stream  line 1"}, sink.take())
		both.Refresh()
		synctest.Wait()
		assert.Equal(t, []string{"apply stream  line 2"}, sink.take(), "a refresh connects anew at once, without a failure")
		stop()
	})
}

func TestRefreshEndsTheBackOff(t *testing.T) {
	var works atomic.Bool
	inMemory(t, func(w http.ResponseWriter, r *http.Request) {
		if !works.Load() {
			w.WriteHeader(404)
			return
		}
		say(w, "doc\n")
		<-r.Context().Done()
	}, func(t *testing.T, c *transport.Client) {
		sink := &recorder{}
		stream := NewStream(c, transport.Request{URL: testURL}, decodeTest, "")
		stop := start(t, stream, sink)
		assert.Equal(t, []string{"fail", "retry"}, sink.take())
		works.Store(true)
		stream.Refresh()
		synctest.Wait()
		assert.Equal(t, []string{"apply stream  doc"}, sink.take())
		stop()
	})
}

func TestInline(t *testing.T) {
	sink := &recorder{}
	NewInline([]byte("doc"), "yaml").Run(t.Context(), sink)
	assert.Equal(t, []string{"apply inline yaml doc"}, sink.take())
}

// linesOf reads a text in chunks of every kind and returns its lines.
func linesOf(from io.Reader, limit int64) (found []string, err error) {
	split := newLines(from, limit)
	defer split.release()
	for {
		line, err := split.next()
		if err != nil {
			return found, err
		}
		found = append(found, string(line))
	}
}

func FuzzLines(f *testing.F) {
	for _, seed := range []string{"", "\n", "a\nb", "a\r\nb\r\n", "\r", "\n\n\r\n", strings.Repeat("long", 40) + "\nx"} {
		f.Add([]byte(seed), uint16(50))
	}
	f.Fuzz(func(t *testing.T, text []byte, limit uint16) {
		want := []string{}
		tooLong := false
		pieces := strings.Split(string(text), "\n")
		for i, piece := range pieces {
			if len(piece) > int(limit) {
				tooLong = true
				break
			}
			if i == len(pieces)-1 && piece == "" {
				break
			}
			want = append(want, strings.TrimSuffix(piece, "\r"))
		}
		for _, from := range []io.Reader{
			bytes.NewReader(text), iotest.OneByteReader(bytes.NewReader(text)), iotest.DataErrReader(bytes.NewReader(text)),
		} {
			got, err := linesOf(from, int64(limit))
			require.Equal(t, strings.Join(want, "|"), strings.Join(got, "|"))
			require.Equal(t, len(want), len(got))
			var large *transport.TooLargeError
			require.Equal(t, tooLong, errors.As(err, &large))
		}
	})
}
