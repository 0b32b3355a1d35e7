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
		poll: poll, client: client, request: request, wanted: wanted, link: link{again: newSignal()},
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
		a.link.run(ctx, one.Retry, func(ctx context.Context) (bool, error) { return a.listen(ctx, one) })
	})
	a.poll.Run(ctx, one)
	<-ended
}

// Refresh makes Run fetch at once.
func (a *Announced) Refresh() { a.poll.Refresh() }

// listen reads one connection to its end, and reports whether it brought an event.
func (a *Announced) listen(ctx context.Context, sink Sink) (bool, error) {
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
		return false, err
	}
	defer answer.Close()
	if answer.Status != http.StatusOK {
		return false, &transport.StatusError{Code: answer.Status, URL: answer.URL}
	}
	if kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type")); err != nil || kind != "text/event-stream" {
		return false, errors.New(answer.URL + " does not answer with a stream of events")
	}
	a.poll.Refresh() // something may have changed while nobody was listening

	from := newEvents(answer, a.client.MaxBody())
	for delivered := false; ; delivered = true {
		event, err := from.next()
		a.lastID, a.link.backoff.Floor = from.lastID, from.retry
		if err == io.EOF {
			return delivered, ErrStreamEnded
		}
		if err != nil {
			return delivered, err
		}
		if a.wanted(event) {
			a.poll.Refresh()
		}
	}
}

// oneAtATime lets two goroutines share a sink. Whoever holds the token may call it.
type oneAtATime struct {
	token chan struct{}
	sink  Sink
}

func newOneAtATime(sink Sink) *oneAtATime {
	return &oneAtATime{token: make(chan struct{}, 1), sink: sink}
}

func (o *oneAtATime) enter() { o.token <- struct{}{} }
func (o *oneAtATime) leave() { <-o.token }

func (o *oneAtATime) Apply(u Update) error {
	o.enter()
	defer o.leave()
	return o.sink.Apply(u)
}

func (o *oneAtATime) Confirm() {
	o.enter()
	defer o.leave()
	o.sink.Confirm()
}

func (o *oneAtATime) Fail(err error) {
	o.enter()
	defer o.leave()
	o.sink.Fail(err)
}

func (o *oneAtATime) Retry(err error, wait time.Duration) {
	o.enter()
	defer o.leave()
	o.sink.Retry(err, wait)
}
