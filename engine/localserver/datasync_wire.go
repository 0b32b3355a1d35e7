package localserver

import (
	"bufio"
	"encoding/binary"
	"net"
	"net/http"
	"sync"
	"time"
)

// wire is the connection below a socket. It shapes what is sent, and sends frames that the library for websockets would
// not.
type wire struct {
	net.Conn
	gone chan struct{} // closed when nobody reads from the connection any more

	mu    sync.Mutex
	mute  bool // what is written is not sent
	final bool // nothing is sent any more
	shape shape
}

// wiredWriter has the library for websockets take over a wire.
type wiredWriter struct {
	http.ResponseWriter
	fault Fault
	done  <-chan struct{}
	wire  *wire
}

// Hijack implements http.Hijacker.
func (w *wiredWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	w.wire = &wire{Conn: conn, gone: make(chan struct{}), shape: newShape(w.fault)}
	w.wire.shape.started = true // so that the first message can be late, too
	w.wire.shape.send = conn.Write
	w.wire.shape.breakOff = w.wire.breakOff
	w.wire.shape.pause = func(milliseconds int) bool { return w.wire.wait(w.done, milliseconds) }
	return w.wire, bufio.NewReadWriter(buffered.Reader, bufio.NewWriter(w.wire)), nil
}

// Write implements net.Conn.
func (w *wire) Write(bytes []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.mute {
		return len(bytes), nil
	}
	return w.shape.write(bytes)
}

// wait reports false if the client or the server ended first.
func (w *wire) wait(done <-chan struct{}, milliseconds int) bool {
	timer := time.NewTimer(time.Duration(milliseconds) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-w.gone:
	case <-done:
	}
	return false
}

// silence has nothing sent but the last bytes.
func (w *wire) silence() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mute = true
}

// last sends bytes as they are, and nothing after them.
func (w *wire) last(bytes []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.final {
		_, _ = w.Conn.Write(bytes) // the client is gone, if anything
	}
	w.mute, w.final = true, true
}

func (w *wire) breakOff() {
	if w.shape.fault.Kind == FaultCut {
		_ = w.Conn.Close()
		return
	}
	closeWithReset(w.Conn)
}

// cutAtHalf has a cut come in the middle of a message of the length, unless it is to come after so many bytes.
func (w *wire) cutAtHalf(length int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.shape.cuts() {
		w.shape.left = length / 2
	}
}

const (
	finalText  = 0x81 // a text frame, the last of its message
	finalClose = 0x88
)

// textFrame is a frame as a server sends it (RFC 6455, section 5.2).
func textFrame(text []byte) []byte {
	frame := []byte{finalText, 127}
	return append(binary.BigEndian.AppendUint64(frame, uint64(len(text))), text...)
}

// closeFrame is a frame with any code; 1005 stands for none.
func closeFrame(code int, reason string) []byte {
	const none = 1005
	if code == none {
		return []byte{finalClose, 0}
	}
	frame := []byte{finalClose, byte(2 + len(reason))}                           // #nosec G115 -- checkClosing
	return append(binary.BigEndian.AppendUint16(frame, uint16(code)), reason...) // #nosec G115 -- checkClosing
}
