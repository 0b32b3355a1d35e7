package visitor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// Operation is what a cache of the host is to do.
type Operation uint8

// The operations.
const (
	LookupVisitor Operation = iota
	StoreVisitor
	ForgetVisitor
	LookupHits
	StoreHits
	ForgetHits
	ForgetAllHits
)

// operationNames are those of the JavaScript SDK's interfaces.
var operationNames = [...]string{
	"lookupVisitor", "cacheVisitor", "flushVisitor", "lookupHits", "cacheHit", "flushHits", "flushAllHits",
}

// String is the name of the operation in an event.
func (o Operation) String() string { return operationNames[o] }

// Request is one operation for a cache of the host.
type Request struct {
	// ID is to be given to Answer; 0: nobody waits for an answer.
	ID        uint64
	Operation Operation
	VisitorID string
	Data      []byte   // StoreVisitor: the record. StoreHits: an object with the documents
	Keys      []string // ForgetHits
}

func (r *Request) appendJSON(to []byte) []byte {
	to = evaljson.AppendText(to, "operation", r.Operation.String())
	if r.ID != 0 {
		to = strconv.AppendUint(evaljson.AppendName(to, "id"), r.ID, 10)
	}
	switch r.Operation {
	case LookupVisitor, ForgetVisitor:
		to = evaljson.AppendText(to, "visitorId", r.VisitorID)
	case StoreVisitor:
		to = evaljson.AppendText(to, "visitorId", r.VisitorID)
		to = append(evaljson.AppendName(to, "record"), r.Data...)
	case StoreHits:
		to = append(evaljson.AppendName(to, "hits"), r.Data...)
	case ForgetHits:
		to = append(evaljson.AppendName(to, "keys"), '[')
		for i, key := range r.Keys {
			if i > 0 {
				to = append(to, ',')
			}
			to = jsonscan.AppendString(to, key)
		}
		to = append(to, ']')
	default:
	}
	return to
}

// Host reaches the caches that the host has. Lookups wait for Answer; everything else is only announced. Its methods are
// safe for any number of goroutines.
type Host struct {
	ask func(*Request) bool

	mu      sync.Mutex
	last    uint64
	waiting map[uint64]chan answer
}

type answer struct {
	result []byte
	err    error
}

// NewHost returns a Host whose requests are handed to ask, which must not wait. false: the request was lost.
func NewHost(ask func(*Request) bool) *Host {
	return &Host{ask: ask, waiting: map[uint64]chan answer{}}
}

// Answer takes what the host's cache has answered: JSON text, which is copied, or why it failed. ErrUnknownAnswer: nobody
// waits for it, or not any longer.
func (h *Host) Answer(id uint64, result []byte, problem string) error {
	h.mu.Lock()
	waiting := h.waiting[id]
	delete(h.waiting, id)
	h.mu.Unlock()
	if waiting == nil {
		return ErrUnknownAnswer
	}
	a := answer{result: bytes.Clone(result)}
	if problem != "" {
		a.err = errors.New(problem)
	}
	waiting <- a // there is room for one
	return nil
}

// Visitors returns the cache of visitors.
func (h *Host) Visitors() VisitorCache { return hostVisitors{h} }

// Hits returns the cache of hits.
func (h *Host) Hits() HitCache { return hostHits{h} }

func (h *Host) lookUp(ctx context.Context, r *Request) ([]byte, error) {
	waiting := make(chan answer, 1)
	h.mu.Lock()
	h.last++
	r.ID = h.last
	h.waiting[r.ID] = waiting
	h.mu.Unlock()
	if !h.ask(r) {
		h.forget(r.ID)
		return nil, fmt.Errorf("%s: %w", r.Operation, ErrNotAsked)
	}
	select {
	case a := <-waiting:
		return a.result, a.err
	case <-ctx.Done():
		h.forget(r.ID)
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, fmt.Errorf("%s: %w", r.Operation, ErrCacheTimeout)
		}
		return nil, ctx.Err()
	}
}

func (h *Host) forget(id uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.waiting, id)
}

type hostVisitors struct{ host *Host }

func (c hostVisitors) Lookup(ctx context.Context, visitorID string) ([]byte, error) {
	return c.host.lookUp(ctx, &Request{Operation: LookupVisitor, VisitorID: visitorID})
}

func (c hostVisitors) Store(visitorID string, record []byte) {
	c.host.ask(&Request{Operation: StoreVisitor, VisitorID: visitorID, Data: record})
}

func (c hostVisitors) Forget(visitorID string) {
	c.host.ask(&Request{Operation: ForgetVisitor, VisitorID: visitorID})
}

type hostHits struct{ host *Host }

func (c hostHits) Lookup(ctx context.Context) ([]byte, error) {
	return c.host.lookUp(ctx, &Request{Operation: LookupHits})
}

func (c hostHits) Store(hits []byte)    { c.host.ask(&Request{Operation: StoreHits, Data: hits}) }
func (c hostHits) Forget(keys []string) { c.host.ask(&Request{Operation: ForgetHits, Keys: keys}) }
func (c hostHits) ForgetAll()           { c.host.ask(&Request{Operation: ForgetAllHits}) }
