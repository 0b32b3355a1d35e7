package localserver

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // Flipt's change marker, not a protection
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"sync"
)

const defaultEnvironment = "default"

// place is where a document is served.
type place struct{ environment, namespace string }

// document is one served document; it is never changed.
type document struct {
	body   []byte
	digest string // 40 hex digits, also the ETag
}

// newDocument gives a JSON object the member "digest" of a v2 server, computed over the rest. Anything else is kept as is.
func newDocument(body []byte) *document {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil || members == nil {
		return &document{body: bytes.Clone(body), digest: digestOf(body)}
	}
	delete(members, "digest")
	var out bytes.Buffer
	for _, name := range memberOrder(members) {
		out.WriteString(separator(out.Len()))
		key, _ := json.Marshal(name)
		out.Write(key)
		out.WriteByte(':')
		_ = json.Compact(&out, members[name]) // it was parsed above
	}
	digest := digestOf(out.Bytes())
	out.WriteString(separator(out.Len()) + `"digest":"` + digest + `"}`)
	return &document{body: out.Bytes(), digest: digest}
}

func separator(written int) string {
	if written == 0 {
		return "{"
	}
	return ","
}

// memberOrder is that of a v2 server: namespace, flags, then what else there is.
func memberOrder(members map[string]json.RawMessage) []string {
	var order []string
	for _, name := range []string{"namespace", "flags"} {
		if _, ok := members[name]; ok {
			order = append(order, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if name != "namespace" && name != "flags" {
			order = append(order, name)
		}
	}
	return order
}

func digestOf(body []byte) string {
	sum := sha1.Sum(body) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

// documents holds what is served and who waits for changes.
type documents struct {
	mu       sync.Mutex
	at       map[place]*document
	known    map[string]bool // environments
	watchers map[*subscription]bool
}

// subscription collects the documents of one place, in order and without gaps.
type subscription struct {
	place   place
	pending []*document
	wake    chan struct{} // has room for one
}

func newDocuments() *documents {
	return &documents{
		at: map[place]*document{}, known: map[string]bool{defaultEnvironment: true}, watchers: map[*subscription]bool{},
	}
}

func (d *documents) set(where place, doc *document) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at[where] = doc
	d.known[where.environment] = true
	for sub := range d.watchers {
		if sub.place == where {
			sub.offer(doc)
		}
	}
}

func (d *documents) remove(where place) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.at, where)
}

func (d *documents) get(where place) (*document, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	doc, ok := d.at[where]
	return doc, ok
}

func (d *documents) hasEnvironment(key string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.known[key]
}

// subscribe starts with the current document, if there is one. The caller calls stop when it has enough.
func (d *documents) subscribe(where place) (sub *subscription, stop func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	sub = &subscription{place: where, wake: make(chan struct{}, 1)}
	if doc, ok := d.at[where]; ok {
		sub.offer(doc)
	}
	d.watchers[sub] = true
	return sub, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.watchers, sub)
	}
}

// offer is called with the lock of documents held.
func (s *subscription) offer(doc *document) {
	s.pending = append(s.pending, doc)
	select {
	case s.wake <- struct{}{}:
	default: // a wake-up is waiting already
	}
}

func (d *documents) take(s *subscription) []*document {
	d.mu.Lock()
	defer d.mu.Unlock()
	taken := s.pending
	s.pending = nil
	return taken
}
