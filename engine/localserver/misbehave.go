package localserver

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	defaultOversize = 65 << 20
	garbageBody     = "\x00\x1f<html>{]not JSON"
)

// misbehave answers a request as the fault says.
func (s *Server) misbehave(w http.ResponseWriter, r *http.Request, fault Fault) {
	if !pause(r, s.done, fault.DelayMS) {
		return
	}
	shaped := &shapedWriter{ResponseWriter: w, request: r, done: s.done, fault: fault, left: -1}
	switch fault.Kind {
	case FaultHang:
		wait(r, s.done)
		reset(w) // returning would answer after all
	case FaultReset:
		if fault.AfterBytes == nil {
			reset(w)
			return
		}
		shaped.left = *fault.AfterBytes
		s.vendor.serve(shaped, r, nil)
	case FaultCut:
		shaped.cut = true
		if fault.AfterBytes != nil {
			shaped.left = *fault.AfterBytes
		}
		s.vendor.serve(shaped, r, nil)
	case FaultAnswer:
		scripted(shaped, fault)
	case FaultGarbage:
		answer(shaped, http.StatusOK, garbageBody)
	case FaultRedirectLoop:
		w.Header().Set("Location", r.URL.RequestURI())
		w.WriteHeader(http.StatusFound)
	case FaultNotModified:
		w.WriteHeader(http.StatusNotModified)
	case FaultOversize:
		oversize(shaped, fault)
	case FaultStream:
		s.vendor.serve(shaped, r, &fault)
	default:
		s.vendor.serve(shaped, r, nil)
	}
}

func scripted(w http.ResponseWriter, fault Fault) {
	status := fault.Status
	if status == 0 {
		status = http.StatusOK
	}
	body := ""
	if status >= 400 {
		body = fliptErrorBody(2, strings.ToLower(http.StatusText(status))) // 2: unknown
	}
	if fault.Body != nil {
		body = *fault.Body
	}
	w.Header().Set("Content-Type", jsonContent)
	if status != http.StatusNoContent && status != http.StatusNotModified {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	setHeaders(w, fault.Headers)
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// oversize announces no length, so that only counting what comes can tell the client to stop.
func oversize(w http.ResponseWriter, fault Fault) {
	const head, tail = `{"namespace":{"key":"default"},"flags":[],"padding":"`, `"}`
	total := fault.BodyBytes
	if total == 0 {
		total = defaultOversize
	}
	w.Header().Set("Content-Type", jsonContent)
	setHeaders(w, fault.Headers)
	_, _ = w.Write([]byte(head))
	padding := bytes.Repeat([]byte("x"), 64<<10)
	for left := total - len(head) - len(tail); left > 0; left -= len(padding) {
		if _, err := w.Write(padding[:min(left, len(padding))]); err != nil {
			return
		}
	}
	_, _ = w.Write([]byte(tail))
}

func setHeaders(w http.ResponseWriter, headers map[string]string) {
	for name, value := range headers {
		w.Header().Set(name, value)
	}
}

// pause waits unless the client or the server ends first, which it reports by false.
func pause(r *http.Request, done <-chan struct{}, milliseconds int) bool {
	if milliseconds == 0 {
		return true
	}
	timer := time.NewTimer(time.Duration(milliseconds) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
	case <-done:
	}
	return false
}

func wait(r *http.Request, done <-chan struct{}) {
	select {
	case <-r.Context().Done():
	case <-done:
	}
}

// reset closes the connection so that the client sees a TCP reset: unsent data is thrown away.
func reset(w http.ResponseWriter) {
	if conn := hijack(w); conn != nil {
		closeWithReset(conn)
	}
}

func hijack(w http.ResponseWriter) net.Conn {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil
	}
	return conn
}

func closeWithReset(conn net.Conn) {
	inner := conn
	if over, ok := conn.(interface{ NetConn() net.Conn }); ok { // TLS
		inner = over.NetConn()
	}
	if tcp, ok := inner.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = inner.Close()
}

// shapedWriter slows an answer down, sends it in pieces, and breaks it off.
type shapedWriter struct {
	http.ResponseWriter
	request *http.Request
	done    <-chan struct{}
	fault   Fault
	cut     bool // break off with an ordinary close, by default after half of the body
	left    int  // bytes of the body until it breaks off; -1: never
	started bool
	broken  bool
}

var errBrokenOff = fmt.Errorf("localserver: broken off as the fault says")

// Unwrap lets http.ResponseController reach the connection.
func (s *shapedWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (s *shapedWriter) Write(body []byte) (int, error) {
	if s.cut && s.left < 0 {
		announced, _ := strconv.Atoi(s.Header().Get("Content-Length"))
		s.left = max(announced, len(body)) / 2
	}
	written := 0
	for written < len(body) || s.left == 0 {
		if s.broken {
			return written, errBrokenOff
		}
		if s.started && !pause(s.request, s.done, s.fault.ChunkDelayMS) {
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
		n, err := s.ResponseWriter.Write(piece)
		written += n
		if err != nil {
			return written, err
		}
		s.started = true
		if err := http.NewResponseController(s.ResponseWriter).Flush(); err != nil {
			return written, err
		}
		if s.left == 0 {
			s.breakOff()
			return written, errBrokenOff
		}
	}
	return written, nil
}

func (s *shapedWriter) breakOff() {
	s.broken = true
	conn := hijack(s.ResponseWriter)
	if conn == nil {
		return
	}
	if s.cut {
		_ = conn.Close()
		return
	}
	closeWithReset(conn)
}
