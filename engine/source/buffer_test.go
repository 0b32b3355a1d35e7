package source

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/transport"
)

func TestBuffer(t *testing.T) {
	for _, size := range []int{0, 1, 4095, 4096, 4097, maxHeap - 1, maxHeap, maxHeap + 1, 3 << 20, 65 << 20} {
		content := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
		var b Buffer
		require.NoError(t, b.ReadAll(bytes.NewReader(content), int64(size), "it"))
		require.True(t, bytes.Equal(content, b.Bytes()), "%d bytes", size)
		_, _ = b.Write([]byte("and more"))
		require.Equal(t, size+8, b.Len())
		b.Reset()
		require.Zero(t, b.Len())
		_, _ = b.Write([]byte("again"))
		require.Equal(t, "again", string(b.Bytes()))
		b.Release()
		b.Release()
		require.Nil(t, b.Bytes())
	}
}

func TestBufferLimit(t *testing.T) {
	var b Buffer
	defer b.Release()
	err := b.ReadAll(strings.NewReader("12345"), 4, "the thing")
	var large *transport.TooLargeError
	require.ErrorAs(t, err, &large)
	assert.Equal(t, transport.TooLargeError{What: "the thing", Limit: 4}, *large)
	broken := errors.New("broken")
	require.ErrorIs(t, b.ReadAll(iotest.ErrReader(broken), 100, ""), broken)
}

// TestBufferTakesNoMoreThanItsLimit looks at the room, because what is reserved gets touched when it is copied.
func TestBufferTakesNoMoreThanItsLimit(t *testing.T) {
	for _, limit := range []int{4096, 300 << 10, 1<<20 + 7, transport.DefaultMaxBody, transport.DefaultMaxBody + 1<<20} {
		var b Buffer
		err := b.ReadAll(io.LimitReader(zeros{}, int64(limit)+100), int64(limit), "it")
		require.Error(t, err)
		assert.LessOrEqual(t, cap(b.mem), limit+1)
		b.Release()

		split := newLines(io.LimitReader(zeros{}, int64(limit)), int64(limit))
		line, err := split.next()
		require.NoError(t, err)
		assert.Len(t, line, limit)
		assert.LessOrEqual(t, cap(split.line.mem), limit+1)
		split.release()
	}
}

// TestBufferOfTheUsualLimitIsNotCopied would see the memory move if it were.
func TestBufferOfTheUsualLimitIsNotCopied(t *testing.T) {
	if mapMemory(1) == nil {
		t.Skip("this system has no memory outside the Go heap to offer")
	}
	var b Buffer
	defer b.Release()
	_, _ = b.Write(make([]byte, maxHeap+1))
	first := &b.mem[0]
	require.NoError(t, b.ReadAll(io.LimitReader(zeros{}, transport.DefaultMaxBody-maxHeap-1), transport.DefaultMaxBody, "it"))
	require.Equal(t, transport.DefaultMaxBody, b.Len())
	assert.Same(t, first, &b.mem[0])
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestLargeDocumentsStayOffTheHeap measures what a poll allocates for a document of 7.5 MB.
func TestLargeDocumentsStayOffTheHeap(t *testing.T) {
	probe := mapMemory(reserve)
	if probe == nil {
		t.Skip("this system has no memory outside the Go heap to offer")
	}
	unmapMemory(probe)
	document := bytes.Repeat([]byte("0123456789abcde\n"), 7_500_000/16)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(document) }))
	defer server.Close()
	client, err := transport.New(transport.Config{})
	require.NoError(t, err)
	defer client.Close()
	size := 0
	fetch := NewFetch(client, transport.Request{URL: server.URL}, "")
	sink := applyFunc(func(u Update) error { size = len(u.Body); return nil })
	fetch.Run(t.Context(), sink)

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fetch.Run(t.Context(), sink)
	runtime.ReadMemStats(&after)
	assert.Equal(t, len(document), size)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(len(document)/4))
}

// applyFunc is a sink for sources that never fail.
type applyFunc func(Update) error

func (f applyFunc) Apply(u Update) error       { return f(u) }
func (f applyFunc) Confirm()                   {}
func (f applyFunc) Unchanged()                 {}
func (f applyFunc) Fail(error)                 {}
func (f applyFunc) End(error)                  {}
func (f applyFunc) Retry(error, time.Duration) {}

var _ io.Writer = (*Buffer)(nil)

func BenchmarkReadAll(b *testing.B) {
	document := bytes.Repeat([]byte("x"), 7_500_000)
	b.Run("buffer", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var buffer Buffer
			_ = buffer.ReadAll(bytes.NewReader(document), noLimit, "")
			buffer.Release()
		}
	})
	b.Run("heap", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = io.ReadAll(bytes.NewReader(document))
		}
	})
}
