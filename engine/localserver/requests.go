package localserver

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	maxRecorded     = 100_000
	maxRecordedBody = 1 << 20
)

// Request is one recorded request. Nothing is hidden, tokens included: the server is for tests.
type Request struct {
	Method  string              `json:"method"`
	Path    string              `json:"path"` // as it stands in the request line, with the query
	Headers map[string][]string `json:"headers"`
	Body    string              `json:"body,omitempty"` // the first MiB
	Time    time.Time           `json:"time"`
	Remote  string              `json:"remote"`           // the client's address: requests on one connection share it
	Fault   string              `json:"fault,omitempty"`  // kind of the fault that was applied
	Client  string              `json:"client,omitempty"` // common name of the client certificate
}

type recorder struct {
	mu    sync.Mutex
	list  []Request
	total int // that were added since the list was emptied
}

// add records the request, whose body can still be read afterwards. Without withBody that is left out.
func (r *recorder) add(req *http.Request, fault string, withBody bool) {
	recorded := Request{
		Method: req.Method, Path: req.RequestURI, Headers: req.Header.Clone(), Time: time.Now(),
		Remote: req.RemoteAddr, Fault: fault,
	}
	recorded.Headers["Host"] = []string{req.Host}
	if withBody {
		body, _ := io.ReadAll(io.LimitReader(req.Body, maxRecordedBody)) // what came is kept, an error comes again
		recorded.Body = string(body)
		req.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), req.Body))
	}
	if req.TLS != nil && len(req.TLS.PeerCertificates) > 0 {
		recorded.Client = req.TLS.PeerCertificates[0].Subject.CommonName
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.list) == maxRecorded {
		r.list = slices.Delete(r.list, 0, maxRecorded/10)
	}
	r.list = append(r.list, recorded)
	r.total++
}

func (r *recorder) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.total
}

func (r *recorder) all() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list)
}

func (r *recorder) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list, r.total = nil, 0
}
