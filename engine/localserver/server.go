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

// Options say what to serve and how. The zero value serves nothing yet, as Flipt, on a free port of 127.0.0.1, to everybody.
type Options struct {
	Backend string       // BackendFlipt unless given
	Listen  string       // default "127.0.0.1:0"
	Files   []string     // reloaded when they change
	TLS     *TLS         // nil: plain HTTP
	Log     func(string) // one line each; nil: nothing is logged

	// Flipt. A file is a document of the server or a declarative one. When Token or JWT is set, requests need
	// "Authorization: Bearer <Token>" or "Authorization: JWT <JWT>".
	Token string
	JWT   string
	V1    bool // behave as v1.61 instead of v2

	// FeatBit and featureflag.co. The file is the one environment that there is, as latest-all answers it.
	Secret      string        // of the environment; default FeatBitSecret or FeatureFlagCoSecret
	ClockOffset time.Duration // by how much the server's clock is ahead: the age of tokens, dates of changes and of answers

	// All but Flipt.
	CountEvents bool // count events and do not keep them, for a million of them

	// Flagship. The file is the environment file that the vendor's network delivers (bucketing.json).
	Environment string // its id; default FlagshipEnvironment
	Key         string // the API key; default FlagshipKey

	ReloadInterval time.Duration // how often files are looked at; default 100 ms
}

// Server is a running local server. All methods are safe for concurrent use.
type Server struct {
	options      Options
	listener     net.Listener
	http         *http.Server
	certificates *certificates // nil without TLS
	faults       script
	requests     recorder
	connections  connections
	vendor       vendor
	flipt        *flipt    // the vendor, or nil
	dataSync     *dataSync // likewise
	flagship     *flagship // likewise
	events       eventRecorder

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
	s := &Server{options: options, done: make(chan struct{})}
	s.events.forget()
	if err := s.chooseVendor(); err != nil {
		return nil, err
	}
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

// SetDocument serves a document and sends what changed to the open streams.
//
// Flipt serves it for a namespace of the environment "default"; bytes that are no JSON object are served as they are, an
// object gets the digest of a v2 server. The other vendors have one environment, which the document replaces whatever
// the namespace is; the error names what is wrong with it, and then nothing changed.
func (s *Server) SetDocument(namespace string, document []byte) error {
	return s.SetDocumentIn(defaultEnvironment, namespace, document)
}

// SetDocumentIn is SetDocument for another environment of Flipt, which exists from then on.
func (s *Server) SetDocumentIn(environment, namespace string, document []byte) error {
	return s.vendor.setDocument(place{environment, namespace}, document)
}

// RemoveDocument makes the namespace unknown, or empties the environment. Open streams stay open and are told nothing, as
// on a real server.
func (s *Server) RemoveDocument(environment, namespace string) {
	s.vendor.removeDocument(place{environment, namespace})
}

// SetAuthentication replaces Options.Token and Options.JWT. Streams that are open stay open. The error says that the
// vendor has neither.
func (s *Server) SetAuthentication(token, jwt string) error {
	return s.vendor.authorize(credentials{Token: token, JWT: jwt})
}

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

// Streams counts the streams that are open, including those for namespaces that do not exist yet, and the sockets whose
// token was good.
func (s *Server) Streams() int { return s.vendor.openStreams() }

// CloseConnections cuts every client connection, also in the middle of an answer.
func (s *Server) CloseConnections() {
	s.connections.closeAll()
	s.vendor.cutSockets(false)
}

// Close stops serving, cuts all connections, and returns when everything has ended. It may be called repeatedly.
func (s *Server) Close() {
	s.closeOnce.Do(func() {
		close(s.done)
		_ = s.http.Close()
		s.connections.closeAll()
		s.vendor.cutSockets(true)
	})
	s.running.Wait()
}

// ServeHTTP records the request and answers it, after the next step of the fault script.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault, faulty := s.faults.forRequest(r, s.vendor.isStream(r))
	s.requests.add(r, fault.Kind, !s.options.CountEvents || r.Method != http.MethodPost)
	if s.dataSync != nil {
		w.Header().Set("Date", time.UnixMilli(s.dataSync.now()).UTC().Format(http.TimeFormat))
	}
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
