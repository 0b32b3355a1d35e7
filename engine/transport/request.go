package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Request is one GET.
type Request struct {
	URL    string
	Header http.Header
	// Auth returns headers that prove who we are. It is asked before every attempt, so that new credentials count from
	// the next one, from any goroutine. They are not sent to another host that a redirect names.
	Auth func() http.Header
	// OnRetry hears of every attempt that failed and will be made again after wait. It may be nil.
	OnRetry func(err error, wait time.Duration)
	// Stream is for an answer without end: no timeout once it has begun, no limit on its length, no compression (which
	// would hold lines back).
	Stream bool
}

// Response is an answer with the status 200 or 304. The caller closes it.
type Response struct {
	Status int
	Header http.Header
	URL    string // that answered, without user and password
	body   io.ReadCloser
	limit  int64 // bytes still allowed; negative: no limit
	max    int64
	watch  *watch
}

// Get makes the request, with up to 3 retries for what may pass: any failure before the answer begins, and the statuses
// 408, 429 and 5xx. When ctx ends it returns at once with ctx's error. Other errors: *InvalidURLError,
// *InvalidHeaderError, *RequestError, *RetriesError, *StatusError. Any status but 200 and 304 is a *StatusError.
func (c *Client) Get(ctx context.Context, req Request) (*Response, error) {
	target, err := parse(req.URL)
	if err != nil {
		return nil, err
	}
	run := attempts{request: req, url: redacted(target)}
	first, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, &InvalidURLError{Reason: "it is not an absolute URL"}
	}
	if err := run.prepare(first); err != nil {
		return nil, err
	}
	timeout := c.timeout
	if req.Stream {
		timeout = 0
	}
	watch := &watch{next: c.transport}
	loop := retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: watch, Timeout: timeout, CheckRedirect: run.redirect},
		RetryMax:     maxRetries,
		RetryWaitMin: firstWait,
		RetryWaitMax: longestWait,
		CheckRetry:   run.check,
		Backoff:      run.wait,
		PrepareRetry: run.prepare,
		ErrorHandler: run.finish,
	}
	answer, err := loop.Do(&retryablehttp.Request{Request: first})
	if ctx.Err() != nil {
		if answer != nil {
			_ = answer.Body.Close()
		}
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, run.describe(err)
	}
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusNotModified {
		discard(answer)
		return nil, &StatusError{Code: answer.StatusCode, URL: redacted(answer.Request.URL), Retries: run.retries}
	}
	limit := c.maxBody
	if req.Stream {
		limit = -1
		watch.silent = true
	}
	return &Response{
		Status: answer.StatusCode, Header: answer.Header, URL: redacted(answer.Request.URL),
		body: answer.Body, limit: limit, max: c.maxBody, watch: watch,
	}, nil
}

// parse checks what would otherwise fail in the middle of the retries.
func parse(text string) (*url.URL, error) {
	target, err := url.Parse(text)
	if err != nil || target.Scheme == "" || target.Opaque != "" {
		// The text is left out: what cannot be parsed cannot be rid of its password either.
		return nil, &InvalidURLError{Reason: "it is not an absolute URL"}
	}
	if target.Scheme != "http" && target.Scheme != "https" {
		return nil, &InvalidURLError{URL: redacted(target), Reason: "its scheme is neither http nor https"}
	}
	if target.Hostname() == "" {
		return nil, &InvalidURLError{Reason: "it names no host"}
	}
	return target, nil
}

// Read reads the body. Its errors are io.EOF and *BodyError.
func (r *Response) Read(p []byte) (int, error) {
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return 0, &BodyError{URL: r.URL, Err: errors.New("it has an encoding that was not asked for")}
	}
	if r.limit >= 0 && int64(len(p)) > r.limit+1 {
		p = p[:r.limit+1] // one more than allowed shows that it is too long
	}
	n, err := r.body.Read(p)
	if r.limit >= 0 {
		if int64(n) > r.limit {
			return 0, &BodyError{URL: r.URL, Err: &TooLargeError{What: "the body", Limit: r.max}}
		}
		r.limit -= int64(n)
	}
	if err != nil && err != io.EOF {
		err = &BodyError{URL: r.URL, Err: err}
	}
	return n, err
}

// Expect says whether more must come within StallWait, for whoever reads a stream: in the middle of a line it must. Any
// other answer is read so from the beginning. A read that waits longer ends with ErrStalled.
func (r *Response) Expect(more bool) { r.watch.silent = !more }

// Close ends the answer. What was not read takes its connection with it.
func (r *Response) Close() { _ = r.body.Close() }

// send puts the headers on a request. It builds a new map each time, because the transport may still be reading the
// one of the attempt before.
func (req *Request) send(to *http.Request) error {
	header := http.Header{}
	put := func(from http.Header) error {
		for name, values := range from {
			for _, value := range values {
				if !validHeaderName(name) || !ValidHeaderValue(value) {
					return &InvalidHeaderError{Name: name}
				}
			}
			header[http.CanonicalHeaderKey(name)] = append([]string(nil), values...)
		}
		return nil
	}
	if err := put(req.Header); err != nil {
		return err
	}
	if req.Stream {
		header.Set("Accept-Encoding", "identity")
	}
	if req.Auth != nil {
		if err := put(req.Auth()); err != nil {
			return err
		}
	}
	to.Header = header
	return nil
}
