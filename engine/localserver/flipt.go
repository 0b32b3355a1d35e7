package localserver

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
)

// The gRPC codes that Flipt puts into its error bodies.
const (
	grpcUnknown         = 2
	grpcInvalidArgument = 3
	grpcNotFound        = 5
	grpcUnauthenticated = 16
)

const jsonContent = "application/json"

// flipt answers as a Flipt server does. Sources: flipt-io/flipt, internal/server/evaluation/client/server.go (v2) and
// internal/server/evaluation/data/server.go (v1).
type flipt struct {
	documents *documents
	v1        bool
	done      <-chan struct{} // closed when the server ends
	log       func(string)
	accepted  atomic.Pointer[[]string]
	streams   atomic.Int64
}

// authorize implements vendor; without a token and a JWT everybody is let in.
func (f *flipt) authorize(given credentials) error {
	own := credentials{Token: given.Token, JWT: given.JWT}
	if err := given.only("Flipt", "a token or a JWT", own); err != nil {
		return err
	}
	var accepted []string
	if own.Token != "" {
		accepted = append(accepted, "Bearer "+own.Token)
	}
	if own.JWT != "" {
		accepted = append(accepted, "JWT "+own.JWT)
	}
	f.accepted.Store(&accepted)
	return nil
}

func (f *flipt) authenticated(r *http.Request) bool {
	accepted := *f.accepted.Load()
	for _, header := range accepted {
		if r.Header.Get("Authorization") == header {
			return true
		}
	}
	return len(accepted) == 0
}

// serve implements vendor.
func (f *flipt) serve(w http.ResponseWriter, r *http.Request, fault *Fault) {
	if !f.authenticated(r) {
		fliptError(w, http.StatusUnauthorized, grpcUnauthenticated, "request was not authenticated")
		return
	}
	path := pathSegments(r)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		fliptError(w, http.StatusMethodNotAllowed, 12, "Method Not Allowed")
		return
	}
	if namespace, ok := snapshotPath(path, f.v1); ok {
		f.snapshot(w, r, namespace)
		return
	}
	if environment, namespace, ok := streamPath(path); ok && !f.v1 {
		f.stream(w, r, environment, namespace, fault)
		return
	}
	fliptError(w, http.StatusNotFound, grpcNotFound, "Not Found")
}

func (f *flipt) isStream(r *http.Request) bool {
	_, _, ok := streamPath(pathSegments(r))
	return ok && !f.v1
}

func (f *flipt) isSocket(*http.Request) bool { return false }

func (f *flipt) cutSockets(bool) {}

func (f *flipt) openStreams() int { return int(f.streams.Load()) }

func (f *flipt) setDocument(where place, document []byte) error {
	f.documents.set(where, newDocument(document))
	return nil
}

func (f *flipt) removeDocument(where place) { f.documents.remove(where) }

func (f *flipt) large() (head, tail string) {
	return `{"namespace":{"key":"default"},"flags":[],"padding":"`, `"}`
}

func (f *flipt) errorAnswer(status int) (contentType, body string) {
	return jsonContent, fliptErrorBody(grpcUnknown, strings.ToLower(http.StatusText(status)))
}

// pathSegments splits before it unescapes, so that an escaped slash is part of a name.
func pathSegments(r *http.Request) []string {
	segments := strings.Split(r.URL.EscapedPath(), "/")
	for i, segment := range segments {
		if plain, err := url.PathUnescape(segment); err == nil {
			segments[i] = plain
		}
	}
	return segments
}

func snapshotPath(path []string, v1 bool) (namespace string, ok bool) {
	const prefix = "/internal/v1/evaluation/snapshot/namespace"
	if len(path) == 8 && path[7] == "" && !v1 {
		path = path[:7] // v2 takes a slash at the end
	}
	if len(path) != 7 || strings.Join(path[:6], "/") != prefix {
		return "", false
	}
	return path[6], true
}

func streamPath(path []string) (environment, namespace string, ok bool) {
	if len(path) != 8 || strings.Join(path[:4], "/") != "/client/v2/environments" || path[5] != "namespaces" || path[7] != "stream" {
		return "", "", false
	}
	return path[4], path[6], true
}

// environment resolves as v2 does: the path first, then the header; the name "default" always means something.
func (f *flipt) environment(r *http.Request, fromPath string) (string, error) {
	if f.v1 {
		return defaultEnvironment, nil
	}
	if fromPath != "" && f.documents.hasEnvironment(fromPath) {
		return fromPath, nil
	}
	header := r.Header.Get("X-Flipt-Environment")
	if header == "" {
		return defaultEnvironment, nil
	}
	if !f.documents.hasEnvironment(header) {
		return "", fmt.Errorf("environment: %q not found", header)
	}
	return header, nil
}

func (f *flipt) snapshot(w http.ResponseWriter, r *http.Request, namespace string) {
	environment, err := f.environment(r, "")
	if err != nil {
		fliptError(w, http.StatusNotFound, grpcNotFound, err.Error())
		return
	}
	doc, ok := f.documents.get(place{environment, namespace})
	if !ok {
		f.unknownNamespace(w, namespace)
		return
	}
	body := doc.body
	if f.v1 {
		body = v1Document(body, r.Header.Get("X-Flipt-Accept-Server-Version"))
	}
	w.Header().Set("Etag", doc.digest)
	if r.Header.Get("If-None-Match") == doc.digest {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	answerCompressed(w, r, body)
}

func (f *flipt) unknownNamespace(w http.ResponseWriter, namespace string) {
	if f.v1 {
		fliptError(w, http.StatusNotFound, grpcNotFound, fmt.Sprintf("getting flags: namespace %q not found", namespace))
		return
	}
	body := fmt.Sprintf(`{"code":5, "message":%s, "details":[]}`,
		jsonText(fmt.Sprintf("evaluation snapshot for namespace %q not found", namespace)))
	answer(w, http.StatusNotFound, body)
}

func fliptError(w http.ResponseWriter, status, code int, message string) {
	answer(w, status, fliptErrorBody(code, message))
}

func fliptErrorBody(code int, message string) string {
	return fmt.Sprintf(`{"code":%d,"message":%s,"details":[]}`, code, jsonText(message))
}

func answer(w http.ResponseWriter, status int, body string) { answerAs(w, jsonContent, status, body) }

func answerAs(w http.ResponseWriter, contentType string, status int, body string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// answerCompressed answers 200, with gzip where the client takes it.
func answerCompressed(w http.ResponseWriter, r *http.Request, body []byte) {
	w.Header().Set("Content-Type", jsonContent)
	w.Header().Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		body = compressed(body)
		w.Header().Set("Content-Encoding", "gzip")
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

func compressed(body []byte) []byte {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	_, _ = zip.Write(body) // a bytes.Buffer takes everything
	_ = zip.Close()
	return out.Bytes()
}
