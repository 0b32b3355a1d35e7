// Package transporttest gives tests a network in memory, so that testing/synctest can see that everybody waits.
package transporttest

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// Network connects one HTTP server with its clients. Every address leads to that server.
type Network struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	server *http.Server
	served chan struct{}
}

// Serve starts a server. The caller stops it.
func Serve(handler http.Handler) *Network {
	n := &Network{conns: make(chan net.Conn), closed: make(chan struct{}), served: make(chan struct{})}
	n.server = &http.Server{Handler: handler} //nolint:gosec // nobody else can reach it
	go func() {
		defer close(n.served)
		_ = n.server.Serve(n)
	}()
	return n
}

// DialContext connects to the server.
func (n *Network) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case n.conns <- server:
		return client, nil
	case <-n.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept is the server's side.
func (n *Network) Accept() (net.Conn, error) {
	select {
	case conn := <-n.conns:
		return conn, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// Stop ends the server and its connections.
func (n *Network) Stop() {
	_ = n.server.Close()
	<-n.served
}

// Close is the listener's: nobody can connect any more.
func (n *Network) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

// Addr is a name only.
func (n *Network) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }
