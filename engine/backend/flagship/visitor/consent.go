package visitor

import (
	"time"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/backend/flagship/tracking"
)

// SetConsent stores whether the visitor agrees to be tracked, and tells the vendor, also when that did not change. Without
// consent the visitor's record is forgotten, and what is pending of the visitor is not sent any more. In panic it is only
// stored.
func (v *Visitor) SetConsent(consent bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	next := *v.view.Load()
	next.consent = consent
	v.view.Store(&next)
	if v.sdk.State() == Panicked {
		return
	}
	v.addConsent(consent)
	n := v.sdk.session.Load()
	if consent || n == nil {
		return
	}
	if n.env.Visitors != nil {
		n.env.Visitors.Forget(next.subject.VisitorID)
		v.record, v.recordOf, v.anonymousKept = nil, "", false
	}
	ids := [2]string{next.subject.VisitorID, next.subject.AnonymousID}
	now := max(time.Now().UnixMilli(), next.since+1)
	n.tracker.withdrawals.add(ids, now, n.tracker.position())
	n.tracker.withdrawals.forget(n.tracker.done)
	if n.tracker.ledger != nil {
		n.tracker.ledger.withdraw(ids)
	}
	later := next
	later.since = now
	v.view.Store(&later)
}

// addConsent queues the hit about consent, or keeps it for the start.
func (v *Visitor) addConsent(consent bool) {
	n := v.sdk.session.Load()
	client := v.sdk.language.Client()
	if n != nil {
		client = n.settings.Client
	}
	h := tracking.NewConsent(client, consent)
	v.address(&h, n)
	if n != nil {
		n.tracker.add(&h, nil)
		return
	}
	v.sdk.mu.Lock()
	defer v.sdk.mu.Unlock()
	if len(v.sdk.early) < maxEarly {
		v.sdk.early = append(v.sdk.early, h)
	}
}

// address says whose hit it is, and when it was made.
func (v *Visitor) address(h *tracking.Hit, n *Session) {
	seen := v.view.Load()
	h.Subject, h.Created = seen.subject, max(time.Now().UnixMilli(), seen.since+1)
	h.QA = n != nil && n.settings.QA
}

// Authenticate makes the visitor that of an account. Errors: ErrEmptyID; ErrAuthenticated in JavaScript, where that has no
// effect, while Python changes the account; ErrPanic and ErrNotReady in Python.
func (v *Visitor) Authenticate(id string) error {
	if id == "" {
		return ErrEmptyID
	}
	if err := v.mayLogIn(); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	subject := v.view.Load().subject
	switch {
	case subject.AnonymousID == "":
		subject.AnonymousID = subject.VisitorID
	case v.sdk.language == sdk.JavaScript:
		return ErrAuthenticated
	}
	subject.VisitorID = id
	v.identify(subject, Authenticated)
	return nil
}

// Unauthenticate gives the visitor back the id from before. Errors: ErrAnonymous; ErrPanic and ErrNotReady in Python.
func (v *Visitor) Unauthenticate() error {
	if err := v.mayLogIn(); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	subject := v.view.Load().subject
	if subject.AnonymousID == "" {
		return ErrAnonymous
	}
	v.identify(tracking.Subject{VisitorID: subject.AnonymousID}, Unauthenticated)
	return nil
}

// mayLogIn refuses what Python refuses.
func (v *Visitor) mayLogIn() error {
	if v.sdk.language == sdk.JavaScript {
		return nil
	}
	_, err := v.sdk.working()
	return err
}

// identify changes the ids. The flags stay until the next fetch. The lock is held.
func (v *Visitor) identify(subject tracking.Subject, reason Reason) {
	next := *v.view.Load()
	next.subject = subject
	next.context = v.sdk.renew(next.context, subject.VisitorID)
	next.sum = sumOf(next.context)
	next.status, next.reason = FetchRequired, reason
	if v.sdk.language == sdk.JavaScript {
		v.record, v.recordOf, v.anonymousKept, v.history = nil, "", false, nil
	}
	v.become(&next)
}
