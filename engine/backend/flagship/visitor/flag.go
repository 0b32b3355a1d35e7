package visitor

import (
	"hash/maphash"
	"time"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/flagship"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/backend/flagship/tracking"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/evaljson"
)

// Flag returns what the visitor has under a key, which never changes, and the status of the flag. It is nil in panic,
// before the start, and when the visitor has none. It neither waits nor allocates.
func (v *Visitor) Flag(key string) (*flagship.Flag, FlagStatus) {
	return v.find(v.view.Load(), key)
}

// Read is Flag in the words of package backend.
func (v *Visitor) Read(key string, out *backend.VisitorFlag) {
	seen := v.view.Load()
	flag, status := v.find(seen, key)
	*out = backend.VisitorFlag{
		Found: flag != nil, Status: uint8(status), FetchStatus: uint8(seen.status), FetchReason: uint8(seen.reason),
		NotStarted: v.sdk.session.Load() == nil,
	}
	if flag != nil {
		out.Value, out.ID = flag.Value, flag.ID
	}
}

func (v *Visitor) find(seen *view, key string) (*flagship.Flag, FlagStatus) {
	var flag *flagship.Flag
	if v.readable() {
		flag = seen.decision.Find(key)
	}
	switch {
	case seen.status == FetchPanic:
		return flag, FlagPanic
	case flag == nil || !whole(flag):
		return flag, FlagNotFound
	case seen.status == FetchRequired || seen.status == Fetching:
		return flag, FlagFetchRequired
	}
	return flag, FlagFetched
}

// Flags returns all flags in the order in which they were given; none in panic and before the start. Nobody changes them.
func (v *Visitor) Flags() []flagship.Flag {
	if !v.readable() {
		return nil
	}
	return v.view.Load().decision.Flags
}

func (v *Visitor) readable() bool {
	return v.sdk.session.Load() != nil && v.sdk.State() != Panicked
}

// whole reports whether a flag names everything that an activation needs. Only then it exists.
func whole(f *flagship.Flag) bool {
	return f.From.CampaignID != "" && f.From.VariationGroupID != "" && f.From.VariationID != ""
}

// Expose reports that the visitor saw a flag. fallback is the caller's default, which tells one report from another. It
// does not wait, and once the flag was reported it does not allocate, unless the host has a cache of hits or wants to hear
// of exposures. Errors: ErrNotReady, ErrPanic, ErrNoConsent, ErrFlagNotFound, ErrDuplicate, ErrNotQueued.
func (v *Visitor) Expose(key string, fallback eval.Value) error {
	n, err := v.sdk.working()
	if err != nil {
		return err
	}
	seen := v.view.Load()
	flag := seen.decision.Find(key)
	switch {
	case flag == nil || !whole(flag):
		return ErrFlagNotFound
	case !seen.consent:
		return ErrNoConsent
	}
	now := time.Now()
	if n.settings.Deduplication > 0 && !v.sent.add(seen.sumOfExposure(flag, fallback), now, n.settings.Deduplication) {
		return ErrDuplicate
	}
	at := max(now.UnixMilli(), seen.since+1)
	if !n.expose(seen, flag, fallback, at) {
		return ErrNotQueued
	}
	if n.settings.Language == sdk.Python {
		v.see(n, flag.From.VariationID)
	}
	return nil
}

func (n *Session) expose(seen *view, flag *flagship.Flag, fallback eval.Value, at int64) bool {
	if n.tracker.ledger == nil && !n.settings.Exposures {
		return n.tracker.activate(&seen.subject, flag.From.VariationGroupID, flag.From.VariationID, at)
	}
	h := tracking.NewActivation(flag.From.VariationGroupID, flag.From.VariationID)
	h.Subject, h.Created, h.QA = seen.subject, at, n.settings.QA
	var exposure []byte
	if n.settings.Exposures {
		exposure = seen.appendExposure(nil, flag, fallback, n.settings.Language)
	}
	return n.tracker.add(&h, exposure)
}

// sumOfExposure makes a number of what tells one report from another.
func (seen *view) sumOfExposure(flag *flagship.Flag, fallback eval.Value) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	_ = h.WriteByte('x')
	hashText(&h, seen.subject.VisitorID)
	hashText(&h, seen.subject.AnonymousID)
	hashText(&h, flag.Key)
	hashText(&h, flag.From.VariationGroupID)
	hashText(&h, flag.From.VariationID)
	hashValue(&h, flag.Value)
	hashValue(&h, fallback)
	for shift := 0; shift < 64; shift += 8 {
		_ = h.WriteByte(byte(seen.sum >> shift))
	}
	return h.Sum64()
}

// appendExposure appends the argument of the exposure callback.
func (seen *view) appendExposure(to []byte, flag *flagship.Flag, fallback eval.Value, language sdk.Language) []byte {
	to = evaljson.AppendText(append(to, `{"exposedVisitor":{`...), "id", seen.subject.VisitorID)
	to = evaljson.AppendName(to, "anonymousId")
	if seen.subject.AnonymousID == "" {
		to = append(to, "null"...)
	} else {
		to = evaljson.AppendValue(to, eval.StringValue(seen.subject.AnonymousID))
	}
	to = append(evaljson.AppendName(to, "context"), '{')
	for i := range seen.context {
		to = evaljson.AppendValue(evaljson.AppendName(to, seen.context[i].Name), seen.context[i].Value)
	}
	to = evaljson.AppendText(append(to, `}},"fromFlag":{`...), "key", flag.Key)
	to = evaljson.AppendValue(evaljson.AppendName(to, "value"), flag.Value)
	to = evaljson.AppendValue(evaljson.AppendName(to, "defaultValue"), fallback)
	to = flag.From.AppendMetadata(append(evaljson.AppendName(to, "metadata"), '{'), language)
	return append(to, "}}}"...)
}
