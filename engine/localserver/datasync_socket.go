package localserver

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/burgee-flags/burgee/engine/background"
)

const (
	// closeRequestInvalid is how a handshake ends that is not let in: clients take it for final.
	closeRequestInvalid  = 4003
	reasonRequestInvalid = "invalid request, close by server"

	// Longer messages are dropped.
	fragmentBytes    = 2 << 10
	fragmentsAllowed = 4

	closingPatience = 5 * time.Second // for the client to answer a close frame
)

// outgoing is what is in line for a socket.
type outgoing struct {
	text []byte
	data bool // a data-sync message
	end  bool // a close frame
	code int
	why  string
}

// socket is one connection after its handshake. One goroutine reads, one writes.
type socket struct {
	feed   *dataSync
	conn   *websocket.Conn
	wire   *wire
	fault  Fault
	record *Socket

	mu      sync.Mutex
	pending []outgoing
	wake    chan struct{} // has room for one

	// Of the writer.
	sent    int // data-sync messages
	dropped int
	began   bool // the fault of the kind stream
	silent  bool
}

// stream accepts the handshake before it looks at the token, as the real server does, so that a client can learn more
// than a status.
func (d *dataSync) stream(w http.ResponseWriter, r *http.Request, fault *Fault) {
	wired := &wiredWriter{ResponseWriter: w, done: d.done}
	if fault != nil {
		wired.fault = *fault
		setHeaders(w, fault.Headers)
	}
	problem := d.tokenProblem(r.URL.Query())
	conn, err := websocket.Accept(wired, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // clients need no origin
	if err != nil {
		d.log("handshake: " + err.Error())
		return
	}
	conn.SetReadLimit(-1)
	s := &socket{
		feed: d, conn: conn, wire: wired.wire, fault: wired.fault, wake: make(chan struct{}, 1), record: newSocketRecord(r, problem),
	}
	if problem != "" {
		d.log("handshake refused: " + problem)
		s.fault = Fault{}
		s.put(outgoing{end: true, code: closeRequestInvalid, why: reasonRequestInvalid})
	}
	if !d.join(s) {
		closeWithReset(s.wire.Conn)
		return
	}
	defer d.leave(s)
	background.Go(d.log, func() {
		defer close(s.wire.gone)
		s.read()
	})
	s.write()
	_ = conn.CloseNow()
	<-s.wire.gone
}

// put is called with the lock of dataSync held, or before the socket has joined.
func (s *socket) put(what outgoing) {
	s.mu.Lock()
	s.pending = append(s.pending, what)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default: // a wake-up is waiting already
	}
}

func (s *socket) take() []outgoing {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.pending
	s.pending = nil
	return taken
}

// write sends what is in line until the connection ends.
func (s *socket) write() {
	for {
		if s.beginsFault() && !s.misbehave() {
			return
		}
		select {
		case <-s.wire.gone:
			return
		case <-s.feed.done:
			s.feed.ended(s, byServer, int(websocket.StatusAbnormalClosure), "the server ends")
			return
		case <-s.wake:
		}
		for _, what := range s.take() {
			if what.end {
				s.end(what.code, what.why)
				return
			}
			if !s.send(what) || (s.beginsFault() && !s.misbehave()) {
				return
			}
		}
	}
}

// beginsFault tells, once, that what a fault of the kind stream does is due.
func (s *socket) beginsFault() bool {
	if s.fault.Kind != FaultStream || s.began || s.sent < s.fault.AfterMessages ||
		s.fault.DropMessages < 0 || s.dropped < s.fault.DropMessages {
		return false
	}
	s.began = true
	return true
}

// misbehave does what a fault of the kind stream says. It reports whether the connection goes on.
func (s *socket) misbehave() bool {
	for _, chunk := range s.fault.Chunks {
		if !s.sendText(bytes.ReplaceAll([]byte(chunk), []byte("{{document}}"), s.feed.everything())) {
			return false
		}
	}
	switch s.fault.Then {
	case ThenStall:
		s.silent = true
		s.wire.silence()
	case ThenHalfFrame:
		s.silent = true
		frame := textFrame(s.feed.everything())
		s.wire.last(frame[:len(frame)/2])
	case ThenClose:
		code := s.fault.Code
		if code == 0 {
			code = int(websocket.StatusNormalClosure)
		}
		s.end(code, s.fault.Reason)
		return false
	case ThenReset:
		s.feed.ended(s, byServer, int(websocket.StatusAbnormalClosure), "reset")
		closeWithReset(s.wire.Conn)
		return false
	}
	return true
}

// send sends one message, or what the fault makes of it.
func (s *socket) send(what outgoing) bool {
	if s.silent {
		return true
	}
	if !what.data {
		return s.sendText(what.text)
	}
	if s.fault.Kind == FaultStream && !s.began && s.sent >= s.fault.AfterMessages {
		s.dropped++
		return true
	}
	if s.sent == 0 {
		what.text = s.distorted(what.text)
	}
	s.sent++
	s.feed.counted(s)
	return s.sendText(what.text)
}

// distorted is what the fault makes of the first data-sync message.
func (s *socket) distorted(text []byte) []byte {
	switch s.fault.Kind {
	case FaultGarbage:
		return []byte(garbageBody)
	case FaultOversize:
		head, tail := s.feed.large()
		padding := max(0, s.fault.length()-len(head)-len(tail))
		return append(append([]byte(head), bytes.Repeat([]byte("x"), padding)...), tail...)
	case FaultCut:
		s.wire.cutAtHalf(len(text))
	}
	return text
}

func (s *socket) sendText(text []byte) bool {
	err := s.conn.Write(context.Background(), websocket.MessageText, text) // the wire ends it
	if errors.Is(err, errBrokenOff) {
		s.feed.ended(s, byServer, int(websocket.StatusAbnormalClosure), err.Error())
	}
	return err == nil
}

// end closes the socket in an orderly way. The client's answer is waited for: without it, what it has sent in the meantime
// would turn the end into a TCP reset.
func (s *socket) end(code int, reason string) {
	s.feed.ended(s, byServer, code, reason)
	s.wire.last(closeFrame(code, reason))
	s.wire.wait(s.feed.done, int(closingPatience.Milliseconds()))
}

// read takes messages until the connection ends.
func (s *socket) read() {
	for {
		text, err := s.readMessage()
		if err != nil {
			var closed websocket.CloseError
			if !errors.As(err, &closed) {
				closed.Code = websocket.StatusAbnormalClosure
			}
			s.feed.ended(s, byClient, int(closed.Code), closed.Reason)
			return
		}
		s.feed.received(s, text)
	}
}

// readMessage returns nil for a message that is too long.
func (s *socket) readMessage() ([]byte, error) {
	_, reader, err := s.conn.Reader(context.Background()) // the wire ends it
	if err != nil {
		return nil, err
	}
	text, fragment := []byte{}, make([]byte, fragmentBytes)
	for fragments := 0; ; {
		n, err := reader.Read(fragment)
		if n > 0 {
			fragments++
		}
		if fragments <= fragmentsAllowed {
			text = append(text, fragment[:n]...)
		}
		switch {
		case errors.Is(err, io.EOF) && fragments > fragmentsAllowed:
			return nil, nil
		case errors.Is(err, io.EOF):
			return text, nil
		case err != nil:
			return nil, err
		}
	}
}
