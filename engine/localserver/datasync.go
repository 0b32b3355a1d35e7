package localserver

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// dataSync answers as the evaluation server of FeatBit 5.4 does, and as that of featureflag.co will have done: of that
// server only the clients are left. Source: featbit/featbit, modules/evaluation-server.
type dataSync struct {
	dialect     dialect
	countOnly   bool
	done        <-chan struct{} // closed when the server ends
	log         func(string)
	clockOffset atomic.Int64 // nanoseconds
	secret      atomic.Pointer[string]
	events      *eventRecorder

	mu          sync.Mutex // one after the other: changes, and what is put in line for sockets
	environment environment
	sockets     sockets
}

func newDataSync(speaks dialect, s *Server) *dataSync {
	d := &dataSync{dialect: speaks, countOnly: s.options.CountEvents, done: s.done, log: s.options.Log, events: &s.events}
	d.environment.dialect = speaks
	d.sockets.open, d.sockets.all = map[*socket]bool{}, map[*socket]bool{}
	d.clockOffset.Store(int64(s.options.ClockOffset))
	return d
}

// now is the time by the server's clock in Unix milliseconds.
func (d *dataSync) now() int64 {
	return time.Now().Add(time.Duration(d.clockOffset.Load())).UnixMilli()
}

// authorize implements vendor.
func (d *dataSync) authorize(given credentials) error {
	secret := given.Secret
	if err := given.only(d.dialect.backend, "a secret", credentials{Secret: secret}); err != nil {
		return err
	}
	if secret == "" {
		secret = d.dialect.defaultSecret
	}
	if _, ok := d.dialect.environmentOf(secret); !ok {
		return fmt.Errorf("localserver: secret %q is not one of %s: %s", secret, d.dialect.backend, d.dialect.secretForm)
	}
	d.secret.Store(&secret)
	return nil
}

// serve implements vendor. Paths are compared as ASP.NET does, without regard to case.
func (d *dataSync) serve(w http.ResponseWriter, r *http.Request, fault *Fault) {
	const latestAll = "/api/public/sdk/server/latest-all"
	switch {
	case d.isSocket(r):
		d.stream(w, r, fault)
	case strings.EqualFold(r.URL.Path, latestAll) && r.Method == http.MethodGet:
		d.latestAll(w, r)
	case strings.EqualFold(r.URL.Path, d.dialect.eventsPath) && r.Method == http.MethodPost:
		d.track(w, r)
	case strings.EqualFold(r.URL.Path, latestAll), strings.EqualFold(r.URL.Path, d.dialect.eventsPath):
		empty(w, http.StatusMethodNotAllowed)
	default:
		empty(w, http.StatusNotFound)
	}
}

func empty(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(status)
}

// isStream implements vendor.
func (d *dataSync) isStream(r *http.Request) bool { return d.isSocket(r) }

// isSocket implements vendor: a handshake below /streaming.
func (d *dataSync) isSocket(r *http.Request) bool {
	const path = "/streaming"
	if len(r.URL.Path) < len(path) || !strings.EqualFold(r.URL.Path[:len(path)], path) {
		return false
	}
	if rest := r.URL.Path[len(path):]; rest != "" && rest[0] != '/' {
		return false
	}
	return r.Method == http.MethodGet && hasWord(r.Header["Connection"], "upgrade") && hasWord(r.Header["Upgrade"], "websocket")
}

func hasWord(lines []string, word string) bool {
	for _, line := range lines {
		for _, found := range strings.Split(line, ",") {
			if strings.EqualFold(strings.TrimSpace(found), word) {
				return true
			}
		}
	}
	return false
}

// admitted answers a request for HTTP endpoints that has no good secret. Which environment's it is, is not looked at: as on
// the real server, only that it names one.
func (d *dataSync) admitted(w http.ResponseWriter, r *http.Request) (environment string, ok bool) {
	environment, ok = d.dialect.environmentOf(r.Header.Get(d.dialect.header))
	if !ok {
		empty(w, http.StatusUnauthorized)
	}
	return environment, ok
}

// latestAll answers what a socket is told, of any environment: there is nothing in those that are not served.
func (d *dataSync) latestAll(w http.ResponseWriter, r *http.Request) {
	asked, ok := d.admitted(w, r)
	if !ok {
		return
	}
	since := int64(0)
	if text := r.URL.Query().Get("timestamp"); text != "" {
		var err error
		if since, err = strconv.ParseInt(text, 10, 64); err != nil {
			answerProblem(w, "timestamp: The value '"+text+"' is not valid.")
			return
		}
	}
	served, _ := d.dialect.environmentOf(*d.secret.Load())
	body, isEmpty := message(eventType(since), nil, nil), since != 0
	if asked == served {
		d.mu.Lock()
		body, isEmpty = d.environment.since(since)
		d.mu.Unlock()
	}
	if isEmpty {
		empty(w, http.StatusOK)
		return
	}
	answer(w, http.StatusOK, string(body))
}

// errorAnswer implements vendor. ASP.NET says nothing with most errors.
func (d *dataSync) errorAnswer(status int) (contentType, body string) {
	switch status {
	case http.StatusBadRequest:
		return problemContent, problem("the request does not fit")
	case http.StatusTooManyRequests:
		return jsonContent, `{"error":"Rate limit exceeded. Please try again later."}`
	}
	return "", ""
}

// large implements vendor.
func (d *dataSync) large() (head, tail string) {
	return `{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[],"segments":[],"padding":"`, `"}}`
}

// file implements vendor: the path alone.
func (d *dataSync) file(entry string) *flagFile {
	return &flagFile{path: entry, serve: func(content []byte) error { return d.setDocument(place{}, content) }}
}

// setDocument implements vendor: what changed is pushed, one item at a time, in the order of the changes.
func (d *dataSync) setDocument(_ place, document []byte) error {
	flags, segments, err := d.dialect.read(document)
	if err != nil {
		return fmt.Errorf("localserver: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.push(d.environment.replace(flags, segments, d.now()))
	return nil
}

// removeDocument implements vendor. The platform announces no deletion.
func (d *dataSync) removeDocument(place) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.environment.clear()
}

// change gives members to an item, which need not exist yet, and pushes it.
func (d *dataSync) change(kind itemKind, id string, members []byte) error {
	if id == "" {
		return errors.New("localserver: which item? The key, or id, is empty")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	changed, err := d.environment.change(kind, id, members, d.now())
	if err != nil {
		return fmt.Errorf("localserver: %w", err)
	}
	d.push([]*item{changed})
	return nil
}

// push puts one message for each item in line for every socket. It is called with the lock held.
func (d *dataSync) push(items []*item) {
	for _, changed := range items {
		text := patch(changed)
		for s := range d.sockets.open {
			s.put(outgoing{text: text, data: true})
		}
	}
}
