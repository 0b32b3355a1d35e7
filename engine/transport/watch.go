package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	// answerWait is how long one attempt may take until the headers of the answer are there, connecting included. It
	// also holds for streams and without a request timeout: a server that accepts and never answers is down.
	answerWait = 30 * time.Second
	// StallWait is how long a server may send nothing in the middle of what it sends: a body, or a line of a stream. A
	// slow network is no stall.
	StallWait = 30 * time.Second
)

// ErrNoAnswer is the cause of a RequestError whose server accepted the connection, or seemed to, and did not answer.
var ErrNoAnswer error = &silence{"the server did not answer within 30 s"}

// ErrStalled is the cause of a BodyError whose server stopped in the middle.
var ErrStalled error = &silence{"the server sent nothing for 30 s in the middle of its answer"}

// silence is a net.Error that says that it is a timeout.
type silence struct{ text string }

func (s *silence) Error() string   { return s.text }
func (s *silence) Timeout() bool   { return true }
func (s *silence) Temporary() bool { return true }

// watch is a RoundTripper that gives up on a server that has gone silent. It belongs to one Get or Post.
type watch struct {
	next   http.RoundTripper
	silent bool // the answer may pause for as long as it likes
}

func (w *watch) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	giveUp := time.AfterFunc(answerWait, func() { cancel(ErrNoAnswer) })
	answer, err := w.next.RoundTrip(req.WithContext(ctx))
	if !giveUp.Stop() {
		if err == nil { // it came in the same moment, and its body cannot be read
			_ = answer.Body.Close()
		}
		return nil, ErrNoAnswer
	}
	if err == nil && badRedirect(req, answer) {
		_ = answer.Body.Close()
		err = ErrRedirectAddress
	}
	if err != nil {
		cancel(nil)
		return nil, err
	}
	answer.Body = &watchedBody{ReadCloser: answer.Body, watch: w, ctx: ctx, cancel: cancel}
	return answer, nil
}

// badRedirect says whether net/http would fail with a text that shows the whole address, its password included.
func badRedirect(req *http.Request, answer *http.Response) bool {
	switch answer.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		_, err := req.URL.Parse(answer.Header.Get("Location"))
		return err != nil
	}
	return false
}

// watchedBody ends a read that brings nothing for too long. Compressed data counts when it has been unpacked, at most
// 32 KiB at a time.
type watchedBody struct {
	io.ReadCloser
	watch  *watch
	ctx    context.Context //nolint:containedctx // it lives as long as the answer
	cancel context.CancelCauseFunc
}

func (b *watchedBody) Read(p []byte) (int, error) {
	if !b.watch.silent {
		giveUp := time.AfterFunc(StallWait, func() { b.cancel(ErrStalled) })
		defer giveUp.Stop()
	}
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF && errors.Is(context.Cause(b.ctx), ErrStalled) {
		err = ErrStalled
	}
	return n, err
}

func (b *watchedBody) Close() error {
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}
