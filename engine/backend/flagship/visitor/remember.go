package visitor

import (
	"bytes"
	"context"
	"maps"

	"github.com/burgee-flags/burgee/engine/backend/flagship"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
)

// lookUp reads the visitor's record from the host's cache, once for each id, as JavaScript does: that of somebody who has
// logged in, or else the one of the anonymous id.
func (v *Visitor) lookUp(ctx context.Context, n *Session) {
	seen := v.view.Load()
	subject := seen.subject
	v.mu.Lock()
	known := v.recordOf == subject.VisitorID
	v.mu.Unlock()
	if n.env.Visitors == nil || n.settings.Language != sdk.JavaScript || !seen.consent || known || v.sdk.State() == Panicked {
		return
	}
	own := v.read(ctx, n, subject.VisitorID)
	var anonymous *flagship.Record
	if subject.AnonymousID != "" {
		anonymous = v.read(ctx, n, subject.AnonymousID)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.recordOf, v.record, v.anonymousKept = subject.VisitorID, own, anonymous != nil
	if own == nil {
		v.record = anonymous
	}
	v.history = nil
	if v.record != nil {
		v.history = v.record.History
	}
}

// read asks the cache. What cannot be used counts as nothing.
func (v *Visitor) read(ctx context.Context, n *Session, id string) *flagship.Record {
	within, cancel := context.WithTimeout(ctx, n.settings.CacheTimeout)
	defer cancel()
	raw, err := n.env.Visitors.Lookup(within, id)
	if err == nil {
		if raw = bytes.TrimSpace(raw); len(raw) == 0 || string(raw) == "null" {
			return nil
		}
		var r *flagship.Record
		if r, err = flagship.ReadRecord(raw, n.settings.Language, id); err == nil {
			return r
		}
	}
	v.sdk.warn("the cached visitor " + id + " is not used: " + err.Error())
	return nil
}

// restore reads the visitor's record when the visitor is made, as Python does: its flags can be read before a fetch.
func (v *Visitor) restore(ctx context.Context, n *Session) {
	seen := v.view.Load()
	if n.env.Visitors == nil || !seen.consent || v.sdk.State() == Panicked {
		return
	}
	r := v.read(ctx, n, seen.subject.VisitorID)
	if r == nil {
		return
	}
	d := &flagship.Decision{}
	d.Restore(r)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.history, v.exposed = r.History, r.Exposed
	next := *v.view.Load()
	next.decision = d
	v.view.Store(&next)
}

// cached returns what the record has for a fetch that brought nothing, or nil. The lock is held.
func (v *Visitor) cached() *flagship.Decision {
	if v.record == nil || len(v.record.Allocations) == 0 || !v.view.Load().consent {
		return nil
	}
	d := &flagship.Decision{}
	d.Restore(v.record)
	return d
}

// keep gives the host's cache the visitor's record. The lock is held.
func (v *Visitor) keep(n *Session) {
	seen := v.view.Load()
	if n.env.Visitors == nil || !seen.consent || v.sdk.State() == Panicked {
		return
	}
	r := &flagship.Record{
		VisitorID: seen.subject.VisitorID, AnonymousID: seen.subject.AnonymousID,
		Authenticated: seen.subject.AnonymousID != "", Consent: seen.consent, Context: seen.context,
		Allocations: seen.decision.Allocations, Exposed: v.exposed, History: v.history,
	}
	n.env.Visitors.Store(r.VisitorID, r.Append(nil, n.settings.Language))
	if n.settings.Language == sdk.Python {
		return
	}
	v.record, v.recordOf = r, r.VisitorID
	if r.AnonymousID != "" && !v.anonymousKept {
		v.anonymousKept = true
		other := r.ForAnonymous()
		n.env.Visitors.Store(other.VisitorID, other.Append(nil, n.settings.Language))
	}
}

// see notes that a variation was reported as seen. Python keeps that in the visitor's record.
func (v *Visitor) see(n *Session, variationID string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.exposed[variationID] {
		return
	}
	exposed := maps.Clone(v.exposed) // the old one was handed out
	if exposed == nil {
		exposed = map[string]bool{}
	}
	exposed[variationID] = true
	v.exposed = exposed
	v.keep(n)
}
