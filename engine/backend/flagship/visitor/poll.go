package visitor

import (
	"context"
	"net/http"
	"time"

	"github.com/burgee-flags/burgee/engine/backend/flagship"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/source"
)

// Watch returns the source with its polls told to the SDK, as long as the session is the current one: they change its state
// and become events. rules returns what the last update was compiled to.
func (s *SDK) Watch(n *Session, polled source.Source, rules func() *flagship.Ruleset) source.Source {
	w := watched{Source: polled, sdk: s, session: n, rules: rules}
	if r, ok := polled.(source.Refresher); ok {
		return refreshing{watched: w, Refresher: r}
	}
	return w
}

type watched struct {
	source.Source
	sdk     *SDK
	session *Session
	rules   func() *flagship.Ruleset
}

// succeeded notes a poll that did not fail.
func (w watched) succeeded(status int, modified string) {
	if w.sdk.session.Load() == w.session {
		w.sdk.polled(status, modified, w.rules())
	}
}

func (w watched) failed(err error) {
	if w.sdk.session.Load() == w.session {
		w.sdk.tell(&Event{Kind: BucketingFail, Problem: err.Error()})
	}
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
		p.failed(err)
		return err
	}
	p.succeeded(http.StatusOK, u.Modified)
	return nil
}

// Confirm implements source.Sink.
func (p polls) Confirm() {
	p.Sink.Confirm()
	p.succeeded(http.StatusNotModified, "")
}

// Unchanged implements source.Sink.
func (p polls) Unchanged() {
	p.Sink.Unchanged()
	p.succeeded(http.StatusNotModified, "")
}

// Fail implements source.Sink.
func (p polls) Fail(err error) {
	p.Sink.Fail(err)
	p.failed(err)
}

// End implements source.Sink.
func (p polls) End(err error) {
	p.Sink.End(err)
	p.failed(err)
}

// Retry implements source.Sink.
func (p polls) Retry(err error, wait time.Duration) { p.Sink.Retry(err, wait) }

// polled notes a poll that did not fail.
func (s *SDK) polled(status int, modified string, rules *flagship.Ruleset) {
	s.arrived(modified, rules)
	s.tell(&Event{Kind: BucketingSuccess, Code: status})
}

// Arrived notes that a session that is the current one has a file, which no poll need have brought. A poll that has is told
// by Watch too, but later: by then others may have heard of the file. modified is when the server says that it changed last;
// empty when it does not say.
func (s *SDK) Arrived(n *Session, modified string, rules *flagship.Ruleset) {
	if s.session.Load() == n {
		s.arrived(modified, rules)
	}
}

// arrived changes the state. In Python the file decides about panic; in JavaScript only a fetch does.
func (s *SDK) arrived(modified string, rules *flagship.Ruleset) {
	s.mu.Lock()
	if modified != "" && modified != s.modified {
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
}
