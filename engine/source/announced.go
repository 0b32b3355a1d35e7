package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/burgee-flags/burgee/engine/background"
	"github.com/burgee-flags/burgee/engine/transport"
)

// Announced is a Source that polls, and polls at once when a stream of server-sent events announces a change. The
// interval of the poll remains as the safety net for proxies that hold such streams back.
type Announced struct {
	poll    *Poll
	client  *transport.Client
	request transport.Request
	wanted  func(Event) bool
	link    link
	lastID  string
}

// NewAnnounced returns a poller with a stream of announcements. wanted says whether an event announces a change; it is
// called from one goroutine. The request's OnRetry, Stream and Accept header are taken over.
func NewAnnounced(poll *Poll, client *transport.Client, request transport.Request, wanted func(Event) bool) *Announced {
	request.Stream = true
	return &Announced{
		poll: poll, client: client, request: request, wanted: wanted, link: link{again: newSignal(), settled: settled},
	}
}

// Run polls and listens until ctx ends.
func (a *Announced) Run(ctx context.Context, sink Sink) {
	one := newOneAtATime(sink)
	ended := make(chan struct{})
	background.Go(func(cause string) {
		one.Fail(fmt.Errorf("the stream of announcements broke down: %s", cause))
	}, func() {
		defer close(ended)
		a.link.run(ctx, one.Retry, func(ctx context.Context) (time.Duration, error) { return a.listen(ctx, one) })
	})
	a.poll.Run(ctx, one)
	<-ended
}

// Refresh makes Run fetch at once.
func (a *Announced) Refresh() { a.poll.Refresh() }

// listen reads one connection to its end, and reports for how long it was open.
func (a *Announced) listen(ctx context.Context, sink Sink) (time.Duration, error) {
	request := a.request
	request.OnRetry = sink.Retry
	request.Header = request.Header.Clone()
	if request.Header == nil {
		request.Header = http.Header{}
	}
	request.Header.Set("Accept", "text/event-stream")
	if a.lastID != "" && transport.ValidHeaderValue(a.lastID) {
		request.Header.Set("Last-Event-ID", a.lastID)
	}
	answer, err := a.client.Get(ctx, request)
	if err != nil {
		return 0, err
	}
	defer answer.Close()
	if answer.Status != http.StatusOK {
		return 0, &transport.StatusError{Code: answer.Status, URL: answer.URL}
	}
	if kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type")); err != nil || kind != "text/event-stream" {
		return 0, errors.New(answer.URL + " does not answer with a stream of events")
	}
	a.poll.Refresh() // something may have changed while nobody was listening

	opened := time.Now()
	from := newEvents(answer, a.client.MaxBody())
	for {
		event, err := from.next()
		a.lastID, a.link.backoff.Floor = from.lastID, from.retry
		if err == io.EOF {
			return time.Since(opened), ErrStreamEnded
		}
		if err != nil {
			return time.Since(opened), err
		}
		if a.wanted(event) {
			a.poll.Refresh()
		}
	}
}
