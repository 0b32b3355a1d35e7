package visitor

import (
	"bytes"
	"context"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/burgee-flags/burgee/engine/backend/flagship"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/backend/flagship/tracking"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// Visitor is one visitor of a program. It is safe for any number of goroutines.
type Visitor struct {
	sdk  *SDK
	tag  uint64
	view atomic.Pointer[view]
	// listens says that the host wants to hear of statuses and of the end of fetches.
	listens atomic.Bool

	mu            sync.Mutex // held while the view is replaced
	running       *fetching  // nil: no fetch is
	fetched       time.Time  // when the last decision came
	record        *flagship.Record
	recordOf      string // the id whose record was looked up; empty: none was
	anonymousKept bool   // the anonymous id has a record
	history       map[string]string
	exposed       map[string]bool // variations, of Python only
	early         bool            // made before the start, so that it lacks what the settings say
	segment       uint64          // fingerprint of the context that was reported last
	sent          recent
}

// view is all that reading needs. It is immutable.
type view struct {
	decision *flagship.Decision
	subject  tracking.Subject
	consent  bool
	status   FetchStatus
	reason   Reason
	context  []eval.Attribute // with those that the SDK sets
	sum      uint64           // fingerprint of the context
	since    int64            // hits are made later than this, in milliseconds since 1970
}

// Params are what a visitor begins with.
type Params struct {
	ID            string // empty: JavaScript makes one
	Consent       bool
	Authenticated bool
	Context       []eval.Attribute // what cannot be part of a context is left out, with a warning
	// Campaigns is an array of campaigns as the decision API answers them, Flags one of flags as Flag.AppendSerialized
	// writes them. Flags counts more, even when it is empty. nil: not given.
	Campaigns []byte
	Flags     []byte
	// Quiet says that the visitor was there before, so that the vendor is not told again of its consent.
	Quiet bool
	// AnonymousID is the id from before logging in of such a visitor, which is then authenticated.
	AnonymousID string
	Tag         uint64 // what events call the visitor
	Listens     bool
}

// NewVisitor makes a visitor. In Python it looks into the cache of visitors first, within the settings' limit. It never
// fetches.
func (s *SDK) NewVisitor(ctx context.Context, p Params) *Visitor {
	v := &Visitor{sdk: s, tag: p.Tag, early: s.session.Load() == nil}
	v.listens.Store(p.Listens)
	first := &view{decision: &flagship.Decision{}, consent: p.Consent, reason: VisitorCreated}
	first.subject.VisitorID = p.ID
	if p.ID == "" && s.language == sdk.JavaScript {
		first.subject.VisitorID = newID()
	}
	switch {
	case p.AnonymousID != "":
		first.subject.AnonymousID = p.AnonymousID
	case p.Authenticated:
		first.subject.AnonymousID = newID()
	}
	first.context = s.automatic(first.subject.VisitorID)
	first.context, _ = s.merge(first.context, p.Context)
	first.sum = sumOf(first.context)
	v.view.Store(first)
	if !p.Quiet {
		v.SetConsent(p.Consent)
	}
	v.begin(ctx, p)
	return v
}

// begin fills in the flags that the visitor has before a fetch.
func (v *Visitor) begin(ctx context.Context, p Params) {
	v.mu.Lock()
	next := *v.view.Load()
	if d := v.sdk.initial(p); d != nil {
		next.decision = d
		if len(d.Flags) > 0 {
			next.status, next.reason = InitialData, None
		}
	}
	v.become(&next)
	v.mu.Unlock()
	if n := v.sdk.session.Load(); n != nil && v.sdk.language == sdk.Python {
		v.restore(ctx, n)
	}
}

// initial reads the flags that the host gave; nil if it gave none.
func (s *SDK) initial(p Params) *flagship.Decision {
	d := &flagship.Decision{}
	switch {
	case p.Flags != nil:
		var flags []flagship.Flag
		if !jsonscan.Elements(bytes.TrimSpace(p.Flags), func(raw []byte) {
			flag, err := flagship.ReadSerialized(raw)
			if err != nil {
				s.warn("initial flags: " + err.Error())
				return
			}
			flags = append(flags, flag)
		}) {
			s.warn("the initial flags are not an array")
		}
		d.Begin(flags)
	case p.Campaigns != nil:
		skipped, err := d.ReadAnswer(slices.Concat([]byte(`{"campaigns":`), p.Campaigns, []byte("}")))
		if err != nil {
			s.warn("the initial campaigns cannot be read: " + err.Error())
		}
		for _, why := range skipped {
			s.warn("initial campaigns: " + why)
		}
	default:
		return nil
	}
	return d
}

// become publishes the next view, and tells the host of its status. The lock is held.
func (v *Visitor) become(next *view) {
	v.view.Store(next)
	v.announce(next)
}

// announce tells the host of the status. The lock is held.
func (v *Visitor) announce(next *view) {
	if v.listens.Load() {
		v.sdk.tell(&Event{Kind: StatusChanged, Visitor: v.tag, Status: next.status, Reason: next.reason})
	}
}

// Listen says whether the host wants to hear of statuses and of the end of fetches.
func (v *Visitor) Listen(listens bool) { v.listens.Store(listens) }

// IDs returns the current id, and the one from before logging in; empty: not logged in.
func (v *Visitor) IDs() (visitorID, anonymousID string) {
	seen := v.view.Load()
	return seen.subject.VisitorID, seen.subject.AnonymousID
}

// Consent reports whether the visitor agrees to be tracked.
func (v *Visitor) Consent() bool { return v.view.Load().consent }

// Status returns the status of the visitor's flags, and why.
func (v *Visitor) Status() (FetchStatus, Reason) {
	seen := v.view.Load()
	return seen.status, seen.reason
}

// Context returns the attributes, those first that the SDK sets itself. Nobody changes the list.
func (v *Visitor) Context() []eval.Attribute { return v.view.Load().context }

// Exposed returns the variations that were reported as seen; in JavaScript none are remembered.
func (v *Visitor) Exposed() map[string]bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.exposed
}

// Assignments returns the variation of each variation group that the visitor keeps. Nobody changes the map.
func (v *Visitor) Assignments() map[string]string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.history
}

// seed makes fingerprints comparable within this process.
var seed = maphash.MakeSeed()

func hashBytes(b []byte) uint64 { return maphash.Bytes(seed, b) }
