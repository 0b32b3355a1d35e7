package localserver

import (
	"bytes"
	"net"
	"net/http"
	"strconv"
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
	if s.vendor.isSocket(r) && fault.changesSocket() {
		s.vendor.serve(w, r, &fault)
		return
	}
	if fault.Kind == FaultReset && fault.AfterBytes == nil {
		reset(w)
		return
	}
	shaped := newShapedWriter(w, r, s.done, fault)
	switch fault.Kind {
	case FaultHang:
		wait(r, s.done)
		reset(w) // returning would answer after all
	case FaultLoseAnswer:
		s.vendor.serve(&lostWriter{ResponseWriter: w, header: http.Header{}}, r, nil)
		reset(w)
	case FaultAnswer:
		s.scripted(shaped, fault)
	case FaultGarbage:
		answer(shaped, http.StatusOK, garbageBody)
	case FaultRedirectLoop:
		w.Header().Set("Location", r.URL.RequestURI())
		w.WriteHeader(http.StatusFound)
	case FaultNotModified:
		w.WriteHeader(http.StatusNotModified)
	case FaultOversize:
		s.oversize(shaped, fault)
	case FaultStream:
		s.vendor.serve(shaped, r, &fault)
	default:
		s.vendor.serve(shaped, r, nil)
	}
}

func (s *Server) scripted(w http.ResponseWriter, fault Fault) {
	status := fault.Status
	if status == 0 {
		status = http.StatusOK
	}
	contentType, body := jsonContent, ""
	if status >= 400 {
		contentType, body = s.vendor.errorAnswer(status)
	}
	if fault.Body != nil {
		body = *fault.Body
	}
	w.Header().Set("Content-Type", contentType)
	if status != http.StatusNoContent && status != http.StatusNotModified {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	setHeaders(w, fault.Headers)
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// length is that of an oversized document.
func (f Fault) length() int {
	if f.BodyBytes == 0 {
		return defaultOversize
	}
	return f.BodyBytes
}

// oversize announces no length, so that only counting what comes can tell the client to stop.
func (s *Server) oversize(w http.ResponseWriter, fault Fault) {
	head, tail := s.vendor.large()
	w.Header().Set("Content-Type", jsonContent)
	setHeaders(w, fault.Headers)
	_, _ = w.Write([]byte(head))
	padding := bytes.Repeat([]byte("x"), 64<<10)
	for left := fault.length() - len(head) - len(tail); left > 0; left -= len(padding) {
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
