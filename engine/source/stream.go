package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/burgee-flags/burgee/engine/transport"
)

// maxBadLines is how many lines in a row may make no sense before the connection is given up.
const maxBadLines = 10

// settled is how long a connection must have been open for the next one to be made without delay. A server that sends
// one document and closes would otherwise be asked twice a second for ever.
const settled = 5 * time.Second

// quietWait is after how long without a document a connection counts as one that has nothing new to say. It is longer
// than a first line may stop for, so that only one of the two is reported.
const quietWait = transport.StallWait + time.Second

// ErrStreamEnded says that the server closed a stream.
var ErrStreamEnded = errors.New("the server ended the stream")

// ErrStreamGarbage says that a stream was left because too many of its lines in a row made no sense.
var ErrStreamGarbage = errors.New("the stream does not carry what it should")

// Decode finds the document in one line of a stream or one message of a websocket, which is valid until Apply has
// returned. It returns nil for one that carries none, such as a heartbeat. It is not called for blank lines.
type Decode func(text []byte) (body []byte, err error)

// Stream is a Source that keeps a request open whose answer is one document per line (NDJSON), and reconnects with
// transport.Backoff when it ends.
type Stream struct {
	client  *transport.Client
	request transport.Request
	decode  Decode
	format  string
	link    link
}

// NewStream returns a stream. The request's OnRetry and Stream are taken over. A line may be as long as the client's
// body limit.
func NewStream(client *transport.Client, request transport.Request, decode Decode, format string) *Stream {
	request.Stream = true
	return &Stream{
		client: client, request: request, decode: decode, format: format,
		link: link{again: newSignal(), settled: settled},
	}
}

// Run reads the stream until ctx ends.
func (s *Stream) Run(ctx context.Context, sink Sink) {
	one := newOneAtATime(sink)
	s.link.run(ctx, one.Retry, func(ctx context.Context) (time.Duration, error) {
		got, err := s.connect(ctx, one)
		// A connection that delivered and broke is replaced; only when that fails could the data not be had.
		if !got.applied && !got.told && ctx.Err() == nil {
			one.Fail(err)
		}
		return got.lived, err
	})
}

// delivery is what one connection brought.
type delivery struct {
	applied bool // at least one update that the sink took
	told    bool // the sink knows why the last line was of no use
	lived   time.Duration
}

// Refresh makes Run connect anew at once. The server then sends what is current.
func (s *Stream) Refresh() { s.link.refresh() }

// connect reads one connection to its end.
func (s *Stream) connect(ctx context.Context, sink *oneAtATime) (delivery, error) {
	request := s.request
	request.OnRetry = sink.Retry
	answer, err := s.client.Get(ctx, request)
	if err != nil {
		return delivery{}, err
	}
	defer answer.Close()
	if answer.Status != http.StatusOK {
		return delivery{}, &transport.StatusError{Code: answer.Status, URL: answer.URL}
	}
	opened := time.Now()
	got, err := s.read(answer, sink)
	got.lived = time.Since(opened)
	return got, err
}

// read takes documents until the connection ends.
func (s *Stream) read(answer *transport.Response, sink *oneAtATime) (delivery, error) {
	// A connection that is open and brings nothing must still be heard of, by whoever has asked for a refresh.
	stopWaiting := sink.unchangedAfter(quietWait)
	defer stopWaiting()
	from := newLines(answer, s.client.MaxBody())
	defer from.release()
	var got delivery
	for bad := 0; bad < maxBadLines; {
		line, err := from.next()
		if err == io.EOF {
			return got, ErrStreamEnded
		}
		if err != nil {
			return got, err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		body, err := s.decode(line)
		if body == nil && err == nil {
			continue
		}
		stopWaiting()
		switch {
		case err != nil:
			sink.Fail(err)
			got.told = true
			bad++
		case sink.Apply(Update{Body: body, Origin: FromStream, Format: s.format}) != nil:
			got.told = true
			bad++
		default:
			got, bad = delivery{applied: true}, 0
		}
	}
	return got, ErrStreamGarbage
}

// link keeps a connection: it reconnects with back-off, and at once on demand.
type link struct {
	again   signal
	settled time.Duration // a connection that lived for so long starts the back-off anew; 0: none does
	backoff transport.Backoff
	mu      sync.Mutex
	cut     context.CancelFunc // ends the connection under way; nil when there is none
}

// run calls connect again and again until ctx ends. connect returns for how long the connection was open.
func (l *link) run(
	ctx context.Context, retry func(error, time.Duration), connect func(context.Context) (time.Duration, error),
) {
	for ctx.Err() == nil {
		connection, cancel := l.begin(ctx)
		lived, err := connect(connection)
		cut := connection.Err() != nil
		l.end(cancel)
		if l.settled > 0 && lived >= l.settled {
			l.backoff.Reset()
		}
		if cut { // on demand, or because ctx ended
			continue
		}
		wait := l.backoff.Next()
		retry(err, wait)
		l.again.wait(ctx, wait)
	}
}

func (l *link) begin(ctx context.Context) (context.Context, context.CancelFunc) {
	connection, cancel := context.WithCancel(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.again.clear()
	l.cut = cancel
	return connection, cancel
}

func (l *link) end(cancel context.CancelFunc) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = nil
	cancel()
}

func (l *link) refresh() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.again.raise()
	if l.cut != nil {
		l.cut()
	}
}
