package visitor

import (
	"context"
	"net/http"
	"time"

	"github.com/burgee-flags/burgee/engine/backend/flagship"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/source"
)

// Watch returns the source with its polls told to the SDK: they change its state and become events. rules returns what the
// last update was compiled to.
func (s *SDK) Watch(polled source.Source, rules func() *flagship.Ruleset) source.Source {
	w := watched{Source: polled, sdk: s, rules: rules}
	if r, ok := polled.(source.Refresher); ok {
		return refreshing{watched: w, Refresher: r}
	}
	return w
}

type watched struct {
	source.Source
	sdk   *SDK
	rules func() *flagship.Ruleset
}

type refreshing struct {
	watched
	source.Refresher
}

// Run implements source.Source.
func (w watched) Run(ctx context.Context, sink source.Sink) {
	w.Source.Run(ctx, polls{Sink: sink, watched: w})
}

// polls is a sink that listens.
type polls struct {
	source.Sink
	watched
}

// Apply implements source.Sink.
func (p polls) Apply(u source.Update) error {
	err := p.Sink.Apply(u)
	if err != nil {
		p.sdk.pollFailed(err)
		return err
	}
	p.sdk.polled(http.StatusOK, u.Modified, p.rules())
	return nil
}

// Confirm implements source.Sink.
func (p polls) Confirm() {
	p.Sink.Confirm()
	p.sdk.polled(http.StatusNotModified, "", p.rules())
}

// Unchanged implements source.Sink.
func (p polls) Unchanged() {
	p.Sink.Unchanged()
	p.sdk.polled(http.StatusNotModified, "", p.rules())
}

// Fail implements source.Sink.
func (p polls) Fail(err error) {
	p.Sink.Fail(err)
	p.sdk.pollFailed(err)
}

// End implements source.Sink.
func (p polls) End(err error) {
	p.Sink.End(err)
	p.sdk.pollFailed(err)
}

// Retry implements source.Sink.
func (p polls) Retry(err error, wait time.Duration) { p.Sink.Retry(err, wait) }

// polled notes a poll that did not fail. In Python it decides about panic; in JavaScript only a fetch does.
func (s *SDK) polled(status int, modified string, rules *flagship.Ruleset) {
	s.mu.Lock()
	updated := modified != "" && modified != s.modified
	if updated {
		s.modified = modified
		s.tell(&Event{Kind: BucketingUpdated, Modified: modified})
	}
	s.mu.Unlock()
	switch {
	case s.session.Load() == nil:
	case s.language == sdk.Python && rules != nil:
		s.decided(rules.Panic())
	case s.State() != Panicked:
		s.become(Ready)
	}
	s.tell(&Event{Kind: BucketingSuccess, Code: status})
}

func (s *SDK) pollFailed(err error) { s.tell(&Event{Kind: BucketingFail, Problem: err.Error()}) }
