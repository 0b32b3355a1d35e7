package connect

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/jsonscan"
	"github.com/burgee-flags/burgee/engine/transport"
)

// The vendors' names for kinds of failures.
const (
	typeRequest   = "Request invalid"
	typeData      = "Received Data invalid"
	typeNetwork   = "Network error"
	typeSystem    = "System error"
	typeWebSocket = "WebSocket error"
	typeClosed    = "Unknown close code"
	typeRuntime   = "Runtime error"
	typeUnknown   = "Unknown error"
)

// tokenLife is how old a token may be, by the server's clock.
const tokenLife = 30 * time.Second

// refusedError is a websocket that the server closed because it does not accept the token.
type refusedError struct {
	cause *transport.CloseError
	ahead time.Duration // how far this machine's clock is ahead of the server's
	clock error         // why that is not known
}

func (e *refusedError) Unwrap() error { return e.cause }

func (e *refusedError) Error() string {
	const secret = "env_secret is not that of an environment of this server"
	seconds := func(d time.Duration) int64 { return int64((d.Abs() + time.Second/2) / time.Second) }
	switch {
	case e.clock != nil:
		return fmt.Sprintf("%s: %s, or this machine's clock and the server's differ by more than %d s "+
			"(the server's could not be read: %s)", e.closing(), secret, seconds(tokenLife), e.clock)
	case e.ahead.Abs() <= tokenLife-time.Second:
		return fmt.Sprintf("%s: %s (its clock and this machine's agree to %d s)", e.closing(), secret, max(1, seconds(e.ahead)))
	}
	direction := "ahead of"
	if e.ahead < 0 {
		direction = "behind"
	}
	return fmt.Sprintf("%s: this machine's clock is %d s %s the server's, which accepts a difference of %d s",
		e.closing(), seconds(e.ahead), direction, seconds(tokenLife))
}

func (e *refusedError) closing() string { return typeRequest + " (close code 4003)" }

// classify names the kind of a failure as the vendor's client does.
func (v *Vendor) classify(err error) string {
	var (
		closed  *transport.CloseError
		lost    *transport.ConnectionError
		status  *transport.StatusError
		syntax  *jsonscan.SyntaxError
		request *transport.RequestError
		errno   syscall.Errno
		long    *transport.TooLargeError
	)
	switch {
	case errors.As(err, &closed) && closed.Code == closeInvalid:
		return typeRequest
	case errors.As(err, &closed):
		return typeClosed
	case errors.As(err, &syntax), errors.Is(err, datasync.ErrIgnored):
		return typeData
	case errors.As(err, &long):
		return typeRuntime
	case errors.As(err, &lost):
		return v.ErrorTypes.Lost
	case errors.As(err, &status) && isSocket(status.URL):
		return typeWebSocket
	case errors.As(err, &status) && final(err):
		return typeRequest
	case errors.As(err, &request) && isSocket(request.URL) && !errors.As(err, &errno):
		return typeWebSocket // names, certificates, times
	case errors.As(err, &errno):
		return v.ErrorTypes.Refused
	case errors.As(err, &status), errors.As(err, &request), isBroken(err):
		return typeNetwork
	case err == nil:
		return typeUnknown
	}
	return typeRuntime
}

func isSocket(address string) bool {
	return strings.HasPrefix(address, "ws:") || strings.HasPrefix(address, "wss:")
}

// isBroken says that an answer could not be read to its end.
func isBroken(err error) bool {
	var body *transport.BodyError
	var network net.Error
	return errors.As(err, &body) || errors.As(err, &network)
}

// describe words a failure as the vendor's client does; where that says too little, what happened follows.
func describe(err error) string {
	var (
		refused *refusedError
		closed  *transport.CloseError
		lost    *transport.ConnectionError
		status  *transport.StatusError
	)
	switch {
	case errors.As(err, &refused):
		return refused.Error()
	case errors.As(err, &closed):
		reason := closed.Reason
		if reason == "" {
			reason = typeClosed
		}
		return fmt.Sprintf("%s (close code %d)", reason, closed.Code)
	case errors.As(err, &lost):
		return "Connection to remote host was lost: " + err.Error()
	case errors.As(err, &status) && isSocket(status.URL):
		return fmt.Sprintf("Handshake status %d: %s", status.Code, err)
	}
	return err.Error()
}
