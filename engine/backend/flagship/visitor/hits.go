package visitor

import (
	"sync"
	"time"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/backend/flagship/tracking"
)

// Send reports a hit of the host: an object as tracking.Read takes it. dropped are members that were left out because of
// their values. Errors: ErrNotReady, ErrPanic, ErrNoConsent, ErrDuplicate, ErrNotQueued, or what is wrong with the hit.
func (v *Visitor) Send(raw []byte) (dropped []string, err error) {
	n, err := v.sdk.working()
	if err != nil {
		return nil, err
	}
	if !v.Consent() {
		return nil, ErrNoConsent
	}
	h, dropped, err := tracking.Read(raw, n.settings.Language)
	if err != nil {
		return nil, err
	}
	return dropped, v.send(n, &h)
}

func (v *Visitor) send(n *Session, h *tracking.Hit) error {
	v.address(h, n)
	if n.settings.Deduplication > 0 && !v.sent.add(fingerprint(h, n.settings.Language), time.Now(), n.settings.Deduplication) {
		return ErrDuplicate
	}
	if !n.tracker.add(h, nil) {
		return ErrNotQueued
	}
	return nil
}

// fingerprint makes a number of a hit that is the same for the same hit of the same visitor.
func fingerprint(h *tracking.Hit, language sdk.Language) uint64 {
	buffer := records.Get().(*[]byte)
	record := h.Append((*buffer)[:0], language)
	sum := hashBytes(record)
	release(buffer, record)
	return sum
}

// recent are the hits that a visitor sent a moment ago, as fingerprints.
type recent struct {
	mu sync.Mutex
	at map[uint64]time.Time
}

// manyRecent is from how many on those that are long ago are looked for.
const manyRecent = 64

// add notes a hit. false: the same was sent within the window, which begins with what was sent.
func (r *recent) add(sum uint64, now time.Time, window time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if before, known := r.at[sum]; known && now.Sub(before) < window {
		return false
	}
	if r.at == nil {
		r.at = map[uint64]time.Time{}
	}
	if len(r.at) >= manyRecent {
		for other, at := range r.at {
			if now.Sub(at) >= window {
				delete(r.at, other)
			}
		}
	}
	r.at[sum] = now
	return true
}
