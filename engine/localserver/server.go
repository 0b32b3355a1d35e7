package localserver

import (
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/burgee-flags/burgee/engine/background"
)

// Options say what to serve and how. The zero value serves nothing yet, on a free port of 127.0.0.1, to everybody.
type Options struct {
	Listen string   // default "127.0.0.1:0"
	Files  []string // see ParseFile; reloaded when they change
	Token  string   // when this or JWT is set, requests need "Authorization: Bearer <Token>" or "Authorization: JWT <JWT>"
	JWT    string
	TLS    *TLS         // nil: plain HTTP
	V1     bool         // behave as Flipt v1.61 instead of v2
	Log    func(string) // one line each; nil: nothing is logged

	ReloadInterval time.Duration // how often files are looked at; default 100 ms
}

// Server is a running local server. All methods are safe for concurrent use.
type Server struct {
	options      Options
	listener     net.Listener
	http         *http.Server
	certificates *certificates // nil without TLS
	documents    *documents
	faults       script
	requests     recorder
	connections  connections
	vendor       *flipt

	closeOnce sync.Once
	done      chan struct{}
	running   sync.WaitGroup
}

// Start listens and serves until Close. The error names the file, address or directory that does not work.
func Start(options Options) (*Server, error) {
	if options.Listen == "" {
		options.Listen = "127.0.0.1:0"
	}
	if options.Log == nil {
		options.Log = func(string) {}
	}
	if options.ReloadInterval == 0 {
		options.ReloadInterval = 100 * time.Millisecond
	}
	s := &Server{options: options, documents: newDocuments(), done: make(chan struct{})}
	s.vendor = &flipt{documents: s.documents, v1: options.V1, done: s.done}
	s.vendor.authorize(options.Token, options.JWT)
	watched, err := s.loadFiles()
	if err != nil {
		return nil, err
	}
	if options.TLS != nil {
		if s.certificates, err = newCertificates(*options.TLS); err != nil {
			return nil, err
		}
	}
	inner, err := net.Listen("tcp", options.Listen)
	if err != nil {
		return nil, fmt.Errorf("localserver: %w", err)
	}
	s.listener = &listener{Listener: inner, server: s}
	s.http = &http.Server{
		Handler: s, ConnState: s.connections.track, ReadHeaderTimeout: time.Minute,
		ErrorLog: log.New(logWriter(options.Log), "", 0),
	}
	s.run(func() {
		if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			options.Log("serving ended: " + err.Error())
		}
	})
	s.run(func() { s.watch(watched) })
	return s, nil
}

func (s *Server) run(work func()) {
	s.running.Add(1)
	background.Go(s.options.Log, func() {
		defer s.running.Done()
		work()
	})
}

// URL is the base URL, without a slash at the end: "http://127.0.0.1:40123", or https with TLS.
func (s *Server) URL() string {
	scheme := "http://"
	if s.certificates != nil {
		scheme = "https://"
	}
	return scheme + s.listener.Addr().String()
}

// SetDocument serves a document for a namespace of the environment "default", and sends it to the open streams. Bytes that
// are no JSON object are served as they are; an object gets the digest of a v2 server.
func (s *Server) SetDocument(namespace string, document []byte) {
	s.SetDocumentIn(defaultEnvironment, namespace, document)
}

// SetDocumentIn is SetDocument for another environment, which exists from then on.
func (s *Server) SetDocumentIn(environment, namespace string, document []byte) {
	s.documents.set(place{environment, namespace}, newDocument(document))
}

// RemoveDocument makes the namespace unknown. Open streams stay open, as on a real server.
func (s *Server) RemoveDocument(environment, namespace string) {
	s.documents.remove(place{environment, namespace})
}

// SetAuthentication replaces Options.Token and Options.JWT. Streams that are open stay open.
func (s *Server) SetAuthentication(token, jwt string) { s.vendor.authorize(token, jwt) }

// SetFaults replaces the fault script. With a fault that concerns connections, idle connections are closed, so that the
// next request needs a new one. The error names the step that makes no sense; then nothing changed.
func (s *Server) SetFaults(faults ...Fault) error {
	concernsConnections, err := s.faults.set(faults)
	if err == nil && concernsConnections {
		s.connections.closeIdle()
	}
	return err
}

// Faults returns the steps that are left of the script.
func (s *Server) Faults() []Fault { return s.faults.left() }

// Requests returns what was asked so far, oldest first; the last 100,000 are kept.
func (s *Server) Requests() []Request { return s.requests.all() }

// ForgetRequests empties the list of Requests.
func (s *Server) ForgetRequests() { s.requests.forget() }

// Streams counts the streams that are open, including those for namespaces that do not exist yet.
func (s *Server) Streams() int { return int(s.vendor.streams.Load()) }

// CloseConnections cuts every client connection, also in the middle of an answer.
func (s *Server) CloseConnections() { s.connections.closeAll() }

// Close stops serving, cuts all connections, and returns when everything has ended. It may be called repeatedly.
func (s *Server) Close() {
	s.closeOnce.Do(func() {
		close(s.done)
		_ = s.http.Close()
		s.connections.closeAll()
	})
	s.running.Wait()
}

// ServeHTTP records the request and answers it, after the next step of the fault script.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault, faulty := s.faults.forRequest(r, s.vendor.isStream(r))
	s.requests.add(r, fault.Kind)
	if !faulty {
		s.vendor.serve(w, r, nil)
		return
	}
	s.misbehave(w, r, fault)
}

type logWriter func(string)

func (l logWriter) Write(line []byte) (int, error) {
	l(string(line))
	return len(line), nil
}
