package localserver

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync"
)

// listener applies the faults that concern connections, and TLS.
type listener struct {
	net.Listener
	server *Server
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		fault, _ := l.server.faults.forConnection()
		if fault.Kind == FaultRefuse {
			closeWithReset(conn)
			continue
		}
		if l.server.certificates == nil || fault.Kind == FaultTLSPlainText {
			return conn, nil
		}
		return tls.Server(conn, l.server.certificates.config(fault.Kind)), nil
	}
}

// connections knows the open client connections, and which of them wait for a request.
type connections struct {
	mu   sync.Mutex
	open map[net.Conn]http.ConnState
}

func (c *connections) track(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		c.open = map[net.Conn]http.ConnState{}
	}
	if state == http.StateClosed || state == http.StateHijacked {
		delete(c.open, conn)
		return
	}
	c.open[conn] = state
}

func (c *connections) closeIdle() {
	c.closeWhere(func(s http.ConnState) bool { return s == http.StateIdle })
}

func (c *connections) closeAll() { c.closeWhere(func(http.ConnState) bool { return true }) }

func (c *connections) closeWhere(chosen func(http.ConnState) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn, state := range c.open {
		if chosen(state) {
			closeWithReset(conn)
		}
	}
}
