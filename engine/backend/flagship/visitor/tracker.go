package visitor

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/backend/flagship/tracking"
	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/event"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// tracker hands hits to the lanes and hears what becomes of them.
type tracker struct {
	settings    *Settings
	lanes       Lanes
	silent      bool    // nothing is sent
	ledger      *ledger // nil: the host has no cache of hits
	tell        func(*Event)
	withdrawals withdrawals
	// Of this process's own records, without those about consent, which nobody can withdraw. Both only grow, so that queued
	// at some moment and settled later say whether everything of that moment is done.
	queued, settled [laneCount]atomic.Int64
	requests        [laneCount]atomic.Int64 // that were answered, well or not
	kept            atomic.Bool             // what is pending stays in the cache and is not sent any more
}

// records are buffers for one record each.
var records = sync.Pool{New: func() any {
	buffer := make([]byte, 0, 512)
	return &buffer
}}

// keepRecord bounds what an unusually large record leaves behind, in bytes.
const keepRecord = 16 << 10

// add queues a hit. false: it was dropped.
func (t *tracker) add(h *tracking.Hit, exposure []byte) bool {
	if t.silent {
		return true
	}
	lane := Hits
	if h.Type == tracking.Activation {
		lane = Activations
	}
	key := ""
	if t.ledger != nil {
		key = t.settings.newKey(h.VisitorID)
		t.ledger.add(lane, key, h)
	}
	return t.addAs(lane, key, h, exposure)
}

// addAs queues a hit that the ledger knows by its key.
func (t *tracker) addAs(lane Lane, key string, h *tracking.Hit, exposure []byte) bool {
	buffer := records.Get().(*[]byte)
	record := h.Append((*buffer)[:0], t.settings.Language)
	if key != "" || exposure != nil {
		record = tracking.Attach(record, appendAttachment(nil, key, exposure))
	}
	taken := t.report(lane, h.Created, record, h.IsConsent())
	release(buffer, record)
	if !taken && key != "" {
		t.ledger.drop(key)
	}
	return taken
}

func release(buffer *[]byte, record []byte) {
	if cap(record) <= keepRecord {
		*buffer = record
	}
	records.Put(buffer)
}

func (t *tracker) report(lane Lane, at int64, record []byte, consent bool) bool {
	if consent {
		return t.lanes.Report(lane, at, record)
	}
	t.queued[lane].Add(1) // first: it may be settled before Report returns
	if t.lanes.Report(lane, at, record) {
		return true
	}
	t.queued[lane].Add(-1)
	return false
}

// activate queues an activation that nobody needs to recognise later. It neither waits nor allocates.
func (t *tracker) activate(s *tracking.Subject, group, variation string, at int64) bool {
	if t.silent {
		return true
	}
	buffer := records.Get().(*[]byte)
	record := tracking.AppendActivation((*buffer)[:0], s, group, variation, t.settings.QA)
	taken := t.report(Activations, at, record, false)
	release(buffer, record)
	return taken
}

// newKey is what a hit is called in the cache.
func (s *Settings) newKey(visitorID string) string {
	if s.Language == sdk.Python {
		return newID()
	}
	return visitorID + ":" + newID()
}

// appendAttachment appends what the tracker wants to know of a hit when it is settled.
func appendAttachment(to []byte, key string, exposure []byte) []byte {
	to = append(to, '{')
	if key != "" {
		to = evaljson.AppendText(to, "key", key)
	}
	if exposure != nil {
		to = append(evaljson.AppendName(to, "exposure"), exposure...)
	}
	return append(to, '}')
}

// looseMark is attached to records that did not come through the tracker, which therefore has not counted them.
const looseMark = `{"loose":true}`

func readAttachment(text []byte) (key string, exposure []byte, loose bool) {
	jsonscan.Members(text, func(name string, value []byte) {
		switch name {
		case "key":
			key = string([]byte(evaljson.Value(value).Text))
		case "exposure":
			exposure = value
		case "loose":
			loose = true
		}
	})
	return key, exposure, loose
}

// consentMark is what only hits about consent hold: in a text its quotes would be escaped.
var consentMark = []byte(`"ea":"` + tracking.ConsentAction + `"`)

// hear is event.Config.Hear of a lane.
func (t *tracker) hear(lane Lane, settled []event.Record, verdict event.Verdict) {
	var keys []string
	own := int64(0)
	for _, r := range settled {
		hit, attachment := tracking.Detach(r.Data)
		key, exposure, loose := readAttachment(attachment)
		if !r.Adopted && !loose && !bytes.Contains(hit, consentMark) {
			own++
		}
		if key != "" {
			keys = append(keys, key)
		}
		if lane == Activations && verdict == event.Accept && t.settings.Exposures {
			t.tell(&Event{Kind: Exposed, Data: exposureOf(hit, exposure)})
		}
	}
	if t.ledger != nil && !(verdict == event.Refuse && t.kept.Load()) { // those that are kept stay in the cache
		t.ledger.settle(lane, keys, verdict)
	}
	if verdict != event.Refuse {
		t.requests[lane].Add(1)
	}
	if verdict != event.Retry {
		t.settled[lane].Add(own)
		t.withdrawals.forget(t.done)
	}
}

// exposureOf returns the argument of the callback. Of an activation that comes from the host's cache only the visitor is
// known.
func exposureOf(hit, exposure []byte) []byte {
	if exposure != nil {
		return append([]byte(nil), exposure...)
	}
	vid, aid := []byte("null"), []byte("null")
	jsonscan.Members(hit, func(name string, value []byte) {
		switch name {
		case "vid":
			vid = value
		case "aid":
			aid = value
		}
	})
	to := append(evaljson.AppendName([]byte(`{"exposedVisitor":{`), "id"), vid...)
	to = append(evaljson.AppendName(to, "anonymousId"), aid...)
	return append(to, `},"fromFlag":{}}`...)
}

// position is how many records of each lane were queued at some moment.
type position [laneCount]int64

func (t *tracker) position() (p position) {
	for lane := range laneCount {
		p[lane] = t.queued[lane].Load()
	}
	return p
}

// done reports whether everything of a position is settled.
func (t *tracker) done(p position) bool {
	for lane := range laneCount {
		if t.settled[lane].Load() < p[lane] {
			return false
		}
	}
	return true
}

// flush sends everything: the activations first, as the SDKs do.
func (t *tracker) flush(ctx context.Context) error {
	var before position
	for lane := range laneCount {
		before[lane] = t.requests[lane].Load()
	}
	err := t.lanes.Flush(ctx, Activations)
	if err == nil {
		err = t.lanes.Flush(ctx, Hits)
	}
	if t.ledger != nil && t.requests[Hits].Load() == before[Hits] {
		t.ledger.idle(t.requests[Activations].Load() != before[Activations])
	}
	return err
}
