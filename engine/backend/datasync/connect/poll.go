package connect

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/burgee-flags/burgee/engine/source"
	"github.com/burgee-flags/burgee/engine/transport"
)

// poll is a source that asks for what is newer than what is held, at once and then each interval.
type poll struct {
	client   *transport.Client
	request  func() transport.Request
	interval time.Duration
	again    chan struct{} // raised by Refresh; has room for one
}

func newPoll(client *transport.Client, request func() transport.Request, interval time.Duration) *poll {
	return &poll{client: client, request: request, interval: interval, again: make(chan struct{}, 1)}
}

// pollRequest asks for the items that are newer than those held.
func (o *Options) pollRequest(v *Vendor, compiler Compiler) func() transport.Request {
	address, auth := o.PollingURL+"/api/public/sdk/server/latest-all?timestamp=", o.auth(v)
	return func() transport.Request {
		return transport.Request{URL: address + strconv.FormatInt(compiler.Since(), 10), Header: o.header(), Auth: auth}
	}
}

// Refresh implements source.Refresher.
func (p *poll) Refresh() {
	select {
	case p.again <- struct{}{}:
	default:
	}
}

// Run implements source.Source. It ends when the server refuses the request as such. The time of an answer counts as part
// of the interval, as in FeatBit's client for Node.
func (p *poll) Run(ctx context.Context, sink source.Sink) {
	for ctx.Err() == nil {
		select {
		case <-p.again: // what was asked for until now is what this request brings
		default:
		}
		began := time.Now()
		err := p.ask(ctx, sink)
		var rejected *rejectedError
		switch {
		case err == nil, ctx.Err() != nil, errors.As(err, &rejected):
		case final(err):
			sink.End(err)
			return
		default:
			sink.Fail(err)
		}
		_ = transport.WaitOr(ctx, p.interval-time.Since(began), p.again)
	}
}

// ask makes one request. An answer without a body says that nothing is newer.
func (p *poll) ask(ctx context.Context, sink source.Sink) error {
	request := p.request()
	request.OnRetry = sink.Retry
	answer, err := p.client.Get(ctx, request)
	if err != nil {
		return err
	}
	defer answer.Close()
	var body source.Buffer
	defer body.Release()
	if err := body.ReadAll(answer, p.client.MaxBody(), "the body"); err != nil {
		return err
	}
	if len(body.Bytes()) == 0 {
		sink.Confirm()
		return nil
	}
	if err := sink.Apply(source.Update{Body: body.Bytes(), Origin: source.FromServer}); err != nil {
		return &rejectedError{err}
	}
	return nil
}

// rejectedError is an update that the sink did not take, which it knows.
type rejectedError struct{ error }

// final says which answers make no further request worth while.
func final(err error) bool {
	var status *transport.StatusError
	if !errors.As(err, &status) {
		return false
	}
	switch status.Code {
	case http.StatusBadRequest, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	}
	return status.Code >= 400 && status.Code < 500
}
