package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// The codes that a client closes a websocket with (RFC 6455, section 7.4).
const (
	CloseNormal    = 1000
	CloseGoingAway = 1001
)

const (
	// closeWait is how long a server has to answer a close frame before the connection is cut.
	closeWait = 100 * time.Millisecond
	// writeWait is how long a server may take nothing while something is sent.
	writeWait = 10 * time.Second
	// controlWait is how long a ping or close frame of the server may take to arrive and be answered. The library says so.
	controlWait = 5 * time.Second
)

// WebSocket is an open websocket. One goroutine reads; any may write and close. Pings of the protocol are answered by
// whoever reads.
type WebSocket struct {
	conn    *websocket.Conn
	wire    *wire
	url     string
	secrets private
}

// Next waits for a message, text or binary, whole or in fragments, and returns what reads it. It must be read to its end
// before the next call. The errors of both: *CloseError and *ConnectionError.
func (w *WebSocket) Next() (io.Reader, error) {
	_, from, err := w.conn.Reader(context.Background())
	if err != nil {
		return nil, w.describe(err)
	}
	return &message{socket: w, from: from}, nil
}

// message is one message.
type message struct {
	socket *WebSocket
	from   io.Reader
}

func (m *message) Read(p []byte) (int, error) {
	n, err := m.from.Read(p)
	if err != nil && err != io.EOF {
		err = m.socket.describe(err)
	}
	return n, err
}

// Failure returns the *ConnectionError that says of this connection what is wrong with it.
func (w *WebSocket) Failure(err error) error { return &ConnectionError{URL: w.url, Err: err} }

// Write sends one text message. It fails when the server has taken nothing for 10 s, and reading fails then too.
func (w *WebSocket) Write(text []byte) error {
	if err := w.conn.Write(context.Background(), websocket.MessageText, text); err != nil {
		return w.describe(err)
	}
	return nil
}

// Close sends a close frame with the code, and waits 100 ms at most for the server's. Whoever reads gets an error. The
// code counts only the first time, and not after the server has closed.
func (w *WebSocket) Close(code int) {
	cut := time.AfterFunc(closeWait, w.wire.cut)
	defer cut.Stop()
	_ = w.conn.Close(websocket.StatusCode(code), "")
}

// describe turns an error of the library into one of ours.
func (w *WebSocket) describe(err error) error {
	var closed websocket.CloseError
	switch {
	case errors.As(err, &closed):
		reason := strings.ToValidUTF8(closed.Reason, "\uFFFD")
		if w.secrets.in(reason) {
			reason = ""
		}
		return &CloseError{Code: int(closed.Code), Reason: reason}
	case errors.Is(err, context.DeadlineExceeded):
		err = &TimeoutError{What: "the server did not finish a control frame", After: controlWait}
	default:
		err = innermost(err)
	}
	return &ConnectionError{URL: w.url, Err: err}
}

// innermost strips what the library wraps around a cause: where in the library it happened.
func innermost(err error) error {
	var network *net.OpError
	if errors.As(err, &network) {
		return network
	}
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err
}

// wire carries the bytes of a websocket, and keeps anything from waiting for ever.
type wire struct {
	io.ReadWriteCloser          // encrypted if need be
	socket             net.Conn // below it
	silence            time.Duration
	stuck              atomic.Bool // the server takes nothing
}

func (w *wire) Read(p []byte) (int, error) {
	if w.silence > 0 {
		_ = w.socket.SetReadDeadline(time.Now().Add(w.silence))
	}
	n, err := w.ReadWriteCloser.Read(p)
	switch {
	case err == nil:
	case w.stuck.Load():
		err = &TimeoutError{What: "the server took nothing", After: writeWait}
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = &TimeoutError{What: "the server sent nothing", After: w.silence}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		// The library would take io.EOF between two fragments for the end of the message.
		err = ErrConnectionLost
	}
	return n, err
}

func (w *wire) Write(p []byte) (int, error) {
	_ = w.socket.SetWriteDeadline(time.Now().Add(writeWait))
	n, err := w.ReadWriteCloser.Write(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		w.stuck.Store(true)
		w.cut()
		err = &TimeoutError{What: "the server took nothing", After: writeWait}
	}
	return n, err
}

// Close ends the connection. TLS says good-bye first, and waits for 5 s if the server takes nothing.
func (w *wire) Close() error {
	cut := time.AfterFunc(closeWait, w.cut)
	defer cut.Stop()
	return w.ReadWriteCloser.Close()
}

func (w *wire) cut() { _ = w.socket.Close() }
