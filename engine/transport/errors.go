package transport

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// ErrTooManyRedirects is the cause of a RequestError whose server redirected more than 10 times.
var ErrTooManyRedirects = errors.New("redirected more than 10 times")

// ErrRedirectScheme is the cause of a RequestError whose server redirected to something other than http or https.
var ErrRedirectScheme = errors.New("redirected to an address that is neither http nor https")

// ErrRedirectAddress is the cause of a RequestError whose server redirected to something that is no address. The text is
// left out: what cannot be parsed cannot be rid of its password either.
var ErrRedirectAddress = errors.New("redirected to something that is not a valid address")

// InvalidURLError is an address that no request can be made to.
type InvalidURLError struct {
	URL    string // without user and password; empty when it is not an absolute URL
	Reason string
}

func (e *InvalidURLError) Error() string {
	if e.URL == "" {
		return "invalid url: " + e.Reason
	}
	return "invalid url " + e.URL + ": " + e.Reason
}

// InvalidHeaderError is a header that cannot be sent. Its value is left out: it is often a secret.
type InvalidHeaderError struct{ Name string }

func (e *InvalidHeaderError) Error() string {
	return fmt.Sprintf("header %q holds characters that no header may hold", e.Name)
}

// RequestError is a request that brought no answer.
type RequestError struct {
	URL string // as asked for, without user and password
	Err error
}

func (e *RequestError) Error() string { return "request to " + e.URL + ": " + e.Err.Error() }
func (e *RequestError) Unwrap() error { return e.Err }

// RetriesError is a request that brought no answer although it was made again.
type RetriesError struct {
	Retries int   // after the first attempt
	Err     error // a *RequestError: the last attempt
}

func (e *RetriesError) Error() string {
	return fmt.Sprintf("failed after %d retries: %s", e.Retries, e.Err)
}
func (e *RetriesError) Unwrap() error { return e.Err }

// StatusError is an answer with a status that brings no data, after the retries if it is one that is retried.
type StatusError struct {
	Code    int
	URL     string // that answered (after redirects), without user and password; of a Dial also without query
	Retries int
	// RetryAfter is for how long the server asked to be left alone, at most 60 s. Only Dial sets it: the others have waited.
	RetryAfter time.Duration
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("%s answered %d %s", e.URL, e.Code, http.StatusText(e.Code))
}

// BodyError is an answer that began well and could not be read to its end.
type BodyError struct {
	URL string // without user and password
	Err error
}

func (e *BodyError) Error() string { return "answer of " + e.URL + ": " + e.Err.Error() }
func (e *BodyError) Unwrap() error { return e.Err }

// TooLargeError is data that is longer than the option max_body_bytes allows.
type TooLargeError struct {
	What  string // "the body", "the line", "the file"
	Limit int64  // bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%s is longer than the limit of %d bytes (max_body_bytes)", e.What, e.Limit)
}

// ProxyError is an HTTP proxy that did not open the connection that it was asked for.
type ProxyError struct {
	URL  string // the proxy's, without user and password
	Code int    // what it answered
}

func (e *ProxyError) Error() string {
	return fmt.Sprintf("the proxy %s answered %d %s", e.URL, e.Code, http.StatusText(e.Code))
}

// TimeoutError is a server that took too long. It is a net.Error.
type TimeoutError struct {
	What  string // did not happen: "the server sent nothing"
	After time.Duration
}

func (e *TimeoutError) Error() string { return fmt.Sprintf("%s within %s", e.What, e.After) }

// Timeout implements net.Error.
func (e *TimeoutError) Timeout() bool { return true }

// Temporary implements net.Error.
func (e *TimeoutError) Temporary() bool { return true }

// ConnectionError is a websocket that broke without a word of the server.
type ConnectionError struct {
	URL string // without user, password and query
	Err error
}

func (e *ConnectionError) Error() string { return "connection to " + e.URL + ": " + e.Err.Error() }
func (e *ConnectionError) Unwrap() error { return e.Err }

// ErrConnectionLost is the cause of a ConnectionError whose server went away.
var ErrConnectionLost = errors.New("the server ended it without a close frame")

// ErrNoWebSocket is the cause of a RequestError whose server switched to a protocol that is not the websocket's.
var ErrNoWebSocket = errors.New("the server answered the handshake with another protocol than websocket")

// ErrUnprintable is the cause of an error whose text repeated a secret of the request.
var ErrUnprintable = errors.New("the server did not understand the request, and sent parts of it back")

// CloseError is a websocket that the server closed.
type CloseError struct {
	Code   int    // RFC 6455, section 7.4; 1005: the server gave none
	Reason string // the server's words, valid UTF-8 of at most 123 bytes, or empty
}

func (e *CloseError) Error() string {
	text := fmt.Sprintf("the server closed the connection with code %d", e.Code)
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// redacted returns the address without user and password. A user name alone can be a token.
func redacted(u *url.URL) string {
	shown := *u
	shown.User = nil
	return shown.String()
}
