package transport

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// excerptBytes is how much of an answer to a Post is kept, for messages.
const excerptBytes = 512

// PostRequest is one POST.
type PostRequest struct {
	Request // Stream has no meaning here
	Body    []byte
	// Retries is how many attempts may follow the first.
	Retries int
	// Retry says which statuses are worth another attempt. An attempt without an answer always is.
	Retry func(status int) bool
	// Wait returns how long to wait before retry k (from 0), unless the server asks for more with Retry-After.
	Wait func(k int) time.Duration
	// Keep is how much of the body of the answer is wanted, in bytes; a longer one is an error. 0: only its beginning.
	Keep int64
	// Hurry returns a channel that ends a wait when it is closed. It is asked before each wait. nil: nothing does.
	Hurry func() <-chan struct{}
}

// PostAnswer is what the server said, whatever its status.
type PostAnswer struct {
	Status     int
	Header     http.Header
	URL        string // that answered, without user and password
	Excerpt    string // the beginning of the body, at most 512 bytes
	Body       []byte // all of it, if it was wanted
	RetryAfter time.Duration
}

// Post makes the request. The answer is the last one, also when its status was worth a retry; the error says that the last
// attempt brought none. It is ctx's error as soon as ctx ends, unless an answer is already there: then it counts, so that
// nothing is sent again that was taken. Other errors: *InvalidURLError, *InvalidHeaderError, *RequestError, *RetriesError.
// Redirects that keep the method (307, 308) are followed; the others would turn the request into a GET without a body, so
// they are the answer.
func (c *Client) Post(ctx context.Context, req PostRequest) (*PostAnswer, error) {
	target, err := parse(req.URL)
	if err != nil {
		return nil, err
	}
	run := posting{attempts: attempts{request: req.Request, url: redacted(target)}, post: req, ctx: ctx}
	first, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, target.String(), bytes.NewReader(req.Body))
	if err != nil {
		return nil, &InvalidURLError{Reason: "it is not an absolute URL"}
	}
	if err := run.prepare(first.Request); err != nil {
		return nil, err
	}
	loop := retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: &watch{next: c.transport}, Timeout: c.timeout, CheckRedirect: run.redirect},
		RetryMax:     req.Retries,
		CheckRetry:   run.check,
		Backoff:      run.wait,
		PrepareRetry: run.prepare,
		ErrorHandler: run.finish,
	}
	_, err = loop.Do(first)
	switch {
	case run.answer != nil:
		return run.answer, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	default:
		return nil, run.describe(err)
	}
}

// posting is the policy and the memory of one Post.
type posting struct {
	attempts
	post   PostRequest
	ctx    context.Context //nolint:containedctx // it lives as long as the call
	answer *PostAnswer     // of the last attempt, if it brought one
}

func (p *posting) prepare(req *http.Request) error {
	p.answer = nil
	return p.attempts.prepare(req)
}

// check keeps what is needed of an answer, frees it, and says whether to try again.
func (p *posting) check(ctx context.Context, answer *http.Response, err error) (bool, error) {
	if err != nil {
		return p.attempts.check(ctx, nil, err)
	}
	p.answer = &PostAnswer{Status: answer.StatusCode, Header: answer.Header, URL: redacted(answer.Request.URL)}
	p.answer.RetryAfter, _ = retryAfter(answer.Header.Get("Retry-After"), longestWait)
	if p.post.Keep > 0 {
		if err := p.keep(answer); err != nil {
			p.answer = nil
			return false, err
		}
	} else {
		p.answer.Excerpt = excerpt(answer)
	}
	if ctx.Err() != nil || p.post.Retry == nil || !p.post.Retry(answer.StatusCode) {
		return false, nil
	}
	p.last = &StatusError{Code: answer.StatusCode, URL: p.answer.URL, Retries: p.retries}
	return true, nil
}

// wait waits by itself and returns 0, because nothing can cut the wait of retryablehttp short but the end of the request.
func (p *posting) wait(_, _ time.Duration, k int, _ *http.Response) time.Duration {
	wait := time.Duration(0)
	if p.post.Wait != nil {
		wait = p.post.Wait(k)
	}
	if p.answer != nil {
		wait = max(wait, p.answer.RetryAfter)
	}
	p.retries++
	if p.post.OnRetry != nil {
		p.post.OnRetry(p.last, wait)
	}
	var hurry <-chan struct{}
	if p.post.Hurry != nil {
		hurry = p.post.Hurry()
	}
	_ = WaitOr(p.ctx, wait, hurry)
	return 0
}

func (p *posting) redirect(req *http.Request, via []*http.Request) error {
	if req.Method != http.MethodPost {
		return http.ErrUseLastResponse
	}
	return p.attempts.redirect(req, via)
}

// keep reads the whole body.
func (p *posting) keep(answer *http.Response) error {
	defer answer.Body.Close() //nolint:errcheck // it has been read
	text, err := io.ReadAll(io.LimitReader(answer.Body, p.post.Keep+1))
	switch {
	case err != nil:
		return err
	case int64(len(text)) > p.post.Keep:
		return &TooLargeError{What: "the body", Limit: p.post.Keep}
	}
	p.answer.Body, p.answer.Excerpt = text, string(text[:min(len(text), excerptBytes)])
	return nil
}

// excerpt reads the beginning of the body and frees the answer.
func excerpt(answer *http.Response) string {
	giveUp := time.AfterFunc(discardWait, func() { _ = answer.Body.Close() })
	defer giveUp.Stop()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, excerptBytes))
	discard(answer)
	return string(text)
}

// WaitOr is Wait that a closed channel also ends.
func WaitOr(ctx context.Context, d time.Duration, hurry <-chan struct{}) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-hurry:
	case <-ctx.Done():
	}
	return ctx.Err()
}
