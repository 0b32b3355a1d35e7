package localserver

import (
	"errors"
	"net/http"
	"strconv"
)

var errBrokenOff = errors.New("localserver: broken off as the fault says")

// shape slows output down, sends it in pieces, and breaks it off.
type shape struct {
	fault    Fault
	left     int // bytes until it breaks off; -1: never
	started  bool
	broken   bool
	send     func([]byte) (int, error)
	pause    func(milliseconds int) bool // false: there is nobody left to send to
	breakOff func()
}

func newShape(fault Fault) shape {
	s := shape{fault: fault, left: -1}
	if (fault.Kind == FaultReset || fault.Kind == FaultCut) && fault.AfterBytes != nil {
		s.left = *fault.AfterBytes
	}
	return s
}

// cuts tells whether the output is to break off at half of what comes first, the length of which is not known yet.
func (s *shape) cuts() bool { return s.fault.Kind == FaultCut && s.left < 0 }

func (s *shape) write(body []byte) (int, error) {
	written := 0
	for written < len(body) || s.left == 0 {
		if s.broken {
			return written, errBrokenOff
		}
		if s.started && s.fault.ChunkDelayMS > 0 && !s.pause(s.fault.ChunkDelayMS) {
			return written, errBrokenOff
		}
		piece := body[written:]
		if s.fault.ChunkBytes > 0 {
			piece = piece[:min(len(piece), s.fault.ChunkBytes)]
		}
		if s.left >= 0 {
			piece = piece[:min(len(piece), s.left)]
			s.left -= len(piece)
		}
		n, err := s.send(piece)
		written += n
		if err != nil {
			return written, err
		}
		s.started = true
		if s.left == 0 {
			s.broken = true
			s.breakOff()
			return written, errBrokenOff
		}
	}
	return written, nil
}

// shapedWriter shapes the body of an answer.
type shapedWriter struct {
	http.ResponseWriter
	shape shape
}

func newShapedWriter(w http.ResponseWriter, r *http.Request, done <-chan struct{}, fault Fault) *shapedWriter {
	s := &shapedWriter{ResponseWriter: w, shape: newShape(fault)}
	s.shape.pause = func(milliseconds int) bool { return pause(r, done, milliseconds) }
	s.shape.send = func(piece []byte) (int, error) {
		n, err := w.Write(piece)
		if err != nil {
			return n, err
		}
		return n, http.NewResponseController(w).Flush()
	}
	s.shape.breakOff = func() { breakOff(w, fault) }
	return s
}

// Unwrap lets http.ResponseController reach the connection.
func (s *shapedWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (s *shapedWriter) Write(body []byte) (int, error) {
	if s.shape.cuts() {
		announced, _ := strconv.Atoi(s.Header().Get("Content-Length"))
		s.shape.left = max(announced, len(body)) / 2
	}
	return s.shape.write(body)
}

func breakOff(w http.ResponseWriter, fault Fault) {
	conn := hijack(w)
	if conn == nil {
		return
	}
	if fault.Kind == FaultCut {
		_ = conn.Close()
		return
	}
	closeWithReset(conn)
}

// lostWriter takes an answer that nobody is to get.
type lostWriter struct {
	http.ResponseWriter
	header http.Header
}

func (l *lostWriter) Header() http.Header { return l.header }

func (l *lostWriter) WriteHeader(int) {}

func (l *lostWriter) Write(body []byte) (int, error) { return len(body), nil }
