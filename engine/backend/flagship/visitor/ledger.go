package visitor

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/backend/flagship/tracking"
	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/event"
)

// ledger knows what is pending, for a host that has a cache of hits. The cache is called with its lock held, so that the
// calls come in the order in which things happen.
type ledger struct {
	settings *Settings
	cache    HitCache

	mu      sync.Mutex
	last    uint64
	pending map[string]*pending
	gone    []string // keys of hits that were dropped, and that the cache is not told of yet
}

// pending is a hit that is not sent yet.
type pending struct {
	key    string
	hit    tracking.Hit
	order  uint64
	cached bool
}

func newLedger(settings *Settings, cache HitCache) *ledger {
	return &ledger{settings: settings, cache: cache, pending: map[string]*pending{}}
}

func (l *ledger) continuous() bool { return l.settings.Tracking.Strategy == Continuous }

func (l *ledger) javaScript() bool { return l.settings.Language == sdk.JavaScript }

// add notes a hit that is about to be queued. JavaScript does not cache activations that leave at once unless they fail.
func (l *ledger) add(lane Lane, key string, h *tracking.Hit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.put(key, h)
	if l.continuous() && (lane == Hits || !l.javaScript() || l.settings.batched()) {
		l.store(p)
	}
}

func (l *ledger) put(key string, h *tracking.Hit) *pending {
	l.last++
	p := &pending{key: key, hit: *h, order: l.last}
	l.pending[key] = p
	return p
}

// reload notes hits that come from the cache. Python puts them there once more.
func (l *ledger) reload(keys []string, hits []*tracking.Hit, forgotten []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(forgotten) > 0 {
		l.cache.Forget(forgotten)
	}
	for i, key := range keys {
		p := l.put(key, hits[i])
		if p.cached = true; !l.javaScript() && l.continuous() {
			l.store(p)
		}
	}
	if !l.javaScript() && !l.continuous() {
		l.storeAll()
	}
}

// drop forgets a hit that could not be queued.
func (l *ledger) drop(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.pending[key]; p != nil {
		delete(l.pending, key)
		if p.cached {
			l.cache.Forget([]string{key})
		}
	}
}

// settle notes what became of hits.
func (l *ledger) settle(lane Lane, keys []string, verdict event.Verdict) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var cached []string
	var uncached []*pending
	for _, key := range keys {
		p := l.pending[key]
		switch {
		case p == nil: // withdrawn meanwhile
		case p.cached:
			cached = append(cached, key)
		default:
			uncached = append(uncached, p)
		}
		if verdict != event.Retry {
			delete(l.pending, key)
		}
	}
	switch {
	case !l.continuous() && lane == Hits && verdict != event.Refuse:
		l.storeAll()
	case !l.continuous():
	case verdict == event.Retry && len(uncached) > 0:
		l.store(uncached...)
	case verdict == event.Refuse:
		l.gone = append(l.gone, cached...)
	case verdict == event.Accept:
		l.gone = append(l.gone, cached...)
		l.forgetGone()
	}
}

// forgetGone tells the cache what is not pending any more. The lock is held.
func (l *ledger) forgetGone() {
	if len(l.gone) > 0 {
		l.cache.Forget(l.gone)
		l.gone = nil
	}
}

// idle is for a batch that held no hits: JavaScript then caches the activations if some were just sent, Python everything.
func (l *ledger) idle(activated bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.continuous():
		l.forgetGone()
	case !l.javaScript():
		l.storeAll()
	case activated && len(l.pending) > 0:
		l.store(l.inOrder()...)
	}
}

// withdraw forgets the hits of a visitor, except those about consent.
func (l *ledger) withdraw(ids [2]string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var keys []string
	for _, p := range l.inOrder() {
		of := func(id string) bool { return id != "" && (id == p.hit.VisitorID || id == p.hit.AnonymousID) }
		if (of(ids[0]) || of(ids[1])) && !p.hit.IsConsent() {
			delete(l.pending, p.key)
			keys = append(keys, p.key)
		}
	}
	if len(keys) > 0 && (l.continuous() || l.javaScript()) {
		l.cache.Forget(keys)
	}
}

// keep caches everything, for a later process.
func (l *ledger) keep() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pending) > 0 {
		l.store(l.inOrder()...)
	}
}

func (l *ledger) inOrder() []*pending {
	list := make([]*pending, 0, len(l.pending))
	for _, p := range l.pending {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b *pending) int { return cmp.Compare(a.order, b.order) })
	return list
}

// storeAll replaces what the cache has.
func (l *ledger) storeAll() {
	l.cache.ForgetAll()
	if l.javaScript() || len(l.pending) > 0 {
		l.store(l.inOrder()...)
	}
}

func (l *ledger) store(list ...*pending) {
	now := time.Now().UnixMilli()
	text := []byte{'{'}
	for _, p := range list {
		text = p.hit.AppendStored(evaljson.AppendName(text, p.key), l.settings.Language, p.key, now)
		p.cached = true
	}
	l.cache.Store(append(text, '}'))
}
