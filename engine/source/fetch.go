package source

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/burgee-flags/burgee/engine/transport"
)

// ErrNoData says that the server answered "not modified" although it was never asked about anything that is held.
var ErrNoData = errors.New("the server answered 304 Not Modified before it sent any data")

// Fetch is a Source that asks the server once, with the retries of the transport, and returns. Run again, it asks for
// changes: it remembers the ETag of what was applied last.
type Fetch struct {
	client  *transport.Client
	request transport.Request
	format  string
	byDate  bool // it remembers the Last-Modified too

	etag     string // of what the sink took; empty after a failure, so that the next answer brings the data again
	modified string // the same
	hasData  bool   // the server has delivered something that was applied
	failed   bool   // since then
}

// NewFetch returns a source for one address. The request's OnRetry is taken over. format goes into Update.Format.
func NewFetch(client *transport.Client, request transport.Request, format string) *Fetch {
	return &Fetch{client: client, request: request, format: format}
}

// Run makes one fetch.
func (f *Fetch) Run(ctx context.Context, sink Sink) {
	err := f.fetch(ctx, sink)
	if err == nil || ctx.Err() != nil { // being stopped is no failure
		return
	}
	f.etag, f.modified, f.failed = "", "", true
	var rejected *rejectedError
	if !errors.As(err, &rejected) { // the sink knows about what it rejected
		sink.Fail(err)
	}
}

func (f *Fetch) fetch(ctx context.Context, sink Sink) error {
	request := f.request
	request.OnRetry = func(err error, wait time.Duration) { sink.Retry(err, wait) }
	// Byte for byte: some servers compare the raw text.
	request.Header = with(with(request.Header, "If-None-Match", f.etag), "If-Modified-Since", f.modified)
	answer, err := f.client.Get(ctx, request)
	if err != nil {
		return err
	}
	defer answer.Close()

	if answer.Status == http.StatusNotModified {
		return f.notModified(sink)
	}
	var body Buffer
	defer body.Release()
	if err := body.ReadAll(answer, f.client.MaxBody(), "the body"); err != nil {
		return err
	}
	answer.Close() // the connection can serve somebody else while this compiles
	update := Update{
		Body: body.Bytes(), Origin: FromServer, Format: f.format, Modified: answer.Header.Get("Last-Modified"),
	}
	if err := sink.Apply(update); err != nil {
		return &rejectedError{err}
	}
	f.hasData, f.failed = true, false
	// Only now: an ETag kept for data that was not taken would be answered with 304 from then on. An answer without
	// one leaves the earlier one in place, as Flipt's engine does.
	if etag := answer.Header.Get("ETag"); etag != "" && transport.ValidHeaderValue(etag) {
		f.etag = etag
	}
	if modified := answer.Header.Get("Last-Modified"); f.byDate && modified != "" && transport.ValidHeaderValue(modified) {
		f.modified = modified
	}
	return nil
}

// with returns the header with one more field, unless its value is empty.
func with(header http.Header, name, value string) http.Header {
	if value == "" {
		return header
	}
	header = header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header[name] = []string{value}
	return header
}

func (f *Fetch) notModified(sink Sink) error {
	if !f.hasData {
		return ErrNoData
	}
	if f.failed { // then no ETag was sent, so that the server has confirmed nothing
		sink.Unchanged()
	} else {
		sink.Confirm()
	}
	return nil
}

// rejectedError is an update that the sink did not take.
type rejectedError struct{ err error }

func (e *rejectedError) Error() string { return e.err.Error() }
func (e *rejectedError) Unwrap() error { return e.err }
