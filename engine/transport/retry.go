package transport

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	maxRetries   = 3
	maxRedirects = 10

	// What is left of a discarded answer is read, so that its connection can be used again, up to these bounds.
	discardBytes = 4096
	discardWait  = time.Second
)

// attempts is the policy and the memory of one Get.
type attempts struct {
	request Request
	url     string // for errors
	last    error  // why the attempt before was not enough
	retries int
}

// prepare makes a request ready for one attempt.
func (a *attempts) prepare(req *http.Request) error { return a.request.send(req) }

// check says whether to try again. It frees an answer that nobody will read.
func (a *attempts) check(ctx context.Context, answer *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		err = bare(err)
		a.last = &RequestError{URL: a.url, Err: err}
		var header *InvalidHeaderError
		final := errors.Is(err, ErrTooManyRedirects) || errors.Is(err, ErrRedirectScheme) ||
			errors.Is(err, ErrRedirectAddress) || errors.As(err, &header)
		return !final, nil
	}
	code := answer.StatusCode
	if code < 500 && code != http.StatusRequestTimeout && code != http.StatusTooManyRequests {
		return false, nil
	}
	a.last = &StatusError{Code: code, URL: redacted(answer.Request.URL), Retries: a.retries}
	discard(answer)
	return true, nil
}

// wait returns how long to wait before retry k (from 0): what the server asks for, else random in
// [0, min(30 s, 1 s * 2^k)), so that clients that failed together do not come back together.
func (a *attempts) wait(_, _ time.Duration, k int, answer *http.Response) time.Duration {
	wait, asked := time.Duration(0), false
	if answer != nil {
		wait, asked = retryAfter(answer.Header.Get("Retry-After"), longestWait)
	}
	if !asked {
		wait = rand.N(doubled(firstWait, longestWait, k))
	}
	a.retries++
	if a.request.OnRetry != nil {
		a.request.OnRetry(a.last, wait)
	}
	return wait
}

// retryAfter reads a Retry-After header: seconds or a date. It is cut to most; a moment that has passed asks nothing.
func retryAfter(text string, most time.Duration) (time.Duration, bool) {
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, most), seconds > 0
	}
	date, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	wait := time.Until(date)
	return max(min(wait, most), 0), wait > 0
}

// finish keeps retryablehttp from wording the failure: the callers do.
func (a *attempts) finish(answer *http.Response, err error, _ int) (*http.Response, error) {
	if err != nil && answer != nil {
		_ = answer.Body.Close()
		answer = nil
	}
	return answer, err
}

// redirect decides about one redirect. Go keeps Authorization for subdomains and for another port or scheme of the same
// host, and knows no other secret headers; here they all stay with the host that they were meant for.
func (a *attempts) redirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return ErrTooManyRedirects
	}
	if req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		return ErrRedirectScheme
	}
	req.Header.Del("Referer") // net/http adds the address before, and its query is nobody else's business
	for _, hop := range append([]*http.Request{req}, via[1:]...) {
		if origin(hop.URL) == origin(via[0].URL) {
			continue
		}
		req.Header.Del("Authorization")
		req.Header.Del("Cookie")
		if a.request.Auth != nil {
			for name := range a.request.Auth() {
				req.Header.Del(name)
			}
		}
		return nil
	}
	return nil
}

// origin is what credentials belong to, and what is connected to: host and port.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(asciiHost(u.Hostname())), port)
}

// describe turns the end of the loop into the error for the caller.
func (a *attempts) describe(err error) error {
	var header *InvalidHeaderError
	if errors.As(err, &header) {
		return header
	}
	failed := &RequestError{URL: a.url, Err: bare(err)}
	if a.retries == 0 {
		return failed
	}
	return &RetriesError{Retries: a.retries, Err: failed}
}

// bare strips what net/http wraps around a cause: method and address, with the user name in it.
func bare(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// discard frees an answer that nobody will read.
func discard(answer *http.Response) {
	giveUp := time.AfterFunc(discardWait, func() { _ = answer.Body.Close() })
	_, _ = io.CopyN(io.Discard, answer.Body, discardBytes)
	giveUp.Stop()
	_ = answer.Body.Close()
	answer.Body = http.NoBody
}
