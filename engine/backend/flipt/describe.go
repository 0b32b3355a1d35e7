package flipt

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/burgee-flags/burgee/engine/source"
	"github.com/burgee-flags/burgee/engine/transport"
)

// streamLineError is a line of the stream that is not a document.
type streamLineError struct{ cause error }

func (e *streamLineError) Error() string {
	return "error parsing json: failed to parse response body: " + e.cause.Error()
}
func (e *streamLineError) Unwrap() error { return e.cause }

// describe words a failed fetch as Flipt's engine does; where that says too little, what happened follows after a colon.
// Source: flipt-engine-ffi 0.21.2.
func describe(err error) string {
	var (
		document *documentError
		line     *streamLineError
		status   *transport.StatusError
		retries  *transport.RetriesError
		request  *transport.RequestError
		address  *transport.InvalidURLError
		header   *transport.InvalidHeaderError
		body     *transport.BodyError
	)
	switch {
	case errors.As(err, &document):
		return document.Error()
	case errors.As(err, &line):
		return line.Error()
	case errors.Is(err, source.ErrNoData):
		return "server error: no data received from server"
	case errors.As(err, &status):
		return describeStatus(status)
	case errors.As(err, &retries):
		return fmt.Sprintf("server error: failed to make request: Request failed after %d retries: %s", retries.Retries, retries.Err)
	case errors.As(err, &request):
		return fmt.Sprintf("server error: failed to make request: error sending request for url (%s): %s", request.URL, request.Err)
	case errors.As(err, &address):
		return "server error: failed to make request: builder error: " + address.Error()
	case errors.As(err, &header):
		return "server error: failed to make request: builder error: " + header.Error()
	case errors.As(err, &body):
		return undecodable + ": " + body.Error()
	}
	return "server error: " + err.Error()
}

func describeStatus(e *transport.StatusError) string {
	text := fmt.Sprintf("%d %s", e.Code, http.StatusText(e.Code))
	switch {
	case e.Code >= 500:
		return fmt.Sprintf("server error: response: HTTP status server error (%s) for url (%s)", text, e.URL)
	case e.Code >= 400:
		return fmt.Sprintf("server error: response: HTTP status client error (%s) for url (%s)", text, e.URL)
	}
	return "server error: unexpected http response: " + text
}
