package localserver

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// What the clients of Flagship know unless Options.Environment and Options.Key are others.
const (
	FlagshipEnvironment = "burgee-local"
	FlagshipKey         = "burgee-local-key"
)

// flagship answers as the four services of AB Tasty Flagship do, all on one address: the network that delivers environment
// files, the decision API, the collector of hits, and the connector to other vendors' segments. Decisions are made by
// flagship-common's rules, by our own engine. Source for what surrounds them: flagship-io/decision-api, which the hosted
// service is; of the collector only what is publicly said is known.
type flagship struct {
	done      <-chan struct{} // closed when the server ends
	log       func(string)
	countOnly bool
	events    *eventRecorder
	access    atomic.Pointer[credentials]

	mu          sync.Mutex
	served      environmentFile
	segments    map[string][]byte // answers by visitor id
	assignments assignments
	refused     refusal
}

func newFlagship(s *Server) *flagship {
	return &flagship{
		done: s.done, log: s.options.Log, countOnly: s.options.CountEvents, events: &s.events,
		segments: map[string][]byte{}, assignments: assignments{}, served: newEnvironmentFile(),
	}
}

// authorize implements vendor.
func (f *flagship) authorize(given credentials) error {
	own := credentials{Environment: given.Environment, Key: given.Key}
	if err := given.only("Flagship", "an environment id and an API key", own); err != nil {
		return err
	}
	if own.Environment == "" {
		own.Environment = FlagshipEnvironment
	}
	if own.Key == "" {
		own.Key = FlagshipKey
	}
	if strings.ContainsAny(own.Environment, "/?#") {
		return fmt.Errorf("localserver: the environment id %q cannot be part of a path", own.Environment)
	}
	f.access.Store(&own)
	return nil
}

// services are prefixes for clients that are given a different address for each service. A fault can tell them apart then.
var services = []string{"cdn", "decision", "events", "segments"}

// serve implements vendor.
func (f *flagship) serve(w http.ResponseWriter, r *http.Request, _ *Fault) {
	path := pathSegments(r)[1:]
	if slices.Contains(services, path[0]) && path[0] != f.access.Load().Environment {
		path = path[1:]
	}
	method, act := f.route(path)
	switch {
	case act == nil:
		refuse(w, http.StatusNotFound, "Not Found")
	case r.Method != method:
		w.Header().Set("Allow", method)
		refuse(w, http.StatusMethodNotAllowed, "Method Not Allowed")
	default:
		act(w, r)
	}
}

// route finds what answers a path, which may end with a slash, and the method that it is for.
func (f *flagship) route(path []string) (method string, act http.HandlerFunc) {
	if len(path) > 0 && path[len(path)-1] == "" {
		path = path[:len(path)-1]
	}
	switch {
	case len(path) == 0:
		return http.MethodPost, f.collect
	case len(path) == 1 && (path[0] == "analytics" || path[0] == "troubleshooting"):
		return http.MethodPost, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }
	case len(path) == 2 && path[1] == "bucketing.json":
		return http.MethodGet, f.knows(path[0], f.deliver)
	case len(path) == 2 && path[1] == "accountSettings.json":
		return http.MethodGet, f.knows(path[0], f.accountSettings)
	case len(path) == 2 && path[0] == "v2" && path[1] == "activate":
		return http.MethodPost, f.activate
	case len(path) == 2 && path[0] == "v2" && path[1] == "campaigns":
		return http.MethodPost, f.admits(f.campaigns) // as where the customer runs the service
	case len(path) == 3 && path[0] == "v2" && path[2] == "campaigns":
		return http.MethodPost, f.admits(f.knows(path[1], f.campaigns))
	case len(path) >= 4 && path[0] == "accounts" && path[2] == "segments":
		return http.MethodGet, f.knows(path[1], f.segmentsOf(strings.Join(path[3:], "/")))
	}
	return "", nil
}

// knows answers for another environment than the one that is served.
func (f *flagship) knows(environment string, act http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if environment != f.access.Load().Environment {
			refuse(w, http.StatusNotFound, "environment "+environment+" not found")
			return
		}
		act(w, r)
	}
}

// admits answers a request without the API key, as the gateway before the service does.
func (f *flagship) admits(act http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") != f.access.Load().Key {
			refuse(w, http.StatusForbidden, "Forbidden")
			return
		}
		act(w, r)
	}
}

func refuse(w http.ResponseWriter, status int, message string) {
	answer(w, status, `{"message":`+jsonText(message)+`}`)
}

// segmentsOf answers what is set for the visitor: nothing, unless something is.
func (f *flagship) segmentsOf(visitor string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		f.mu.Lock()
		segments, known := f.segments[visitor]
		f.mu.Unlock()
		if !known {
			segments = []byte("[]")
		}
		answer(w, http.StatusOK, string(segments))
	}
}

// isStream implements vendor.
func (f *flagship) isStream(*http.Request) bool { return false }

// isSocket implements vendor.
func (f *flagship) isSocket(*http.Request) bool { return false }

// openStreams implements vendor.
func (f *flagship) openStreams() int { return 0 }

// cutSockets implements vendor.
func (f *flagship) cutSockets(bool) {}

// errorAnswer implements vendor.
func (f *flagship) errorAnswer(status int) (contentType, body string) {
	return jsonContent, `{"message":` + jsonText(http.StatusText(status)) + `}`
}

// large implements vendor.
func (f *flagship) large() (head, tail string) { return `{"campaigns":[],"padding":"`, `"}` }

// file implements vendor: the path alone.
func (f *flagship) file(entry string) *flagFile {
	return &flagFile{path: entry, serve: func(content []byte) error { return f.setDocument(place{}, content) }}
}
