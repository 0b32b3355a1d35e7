package visitor

import (
	"bytes"
	"sync"
	"sync/atomic"

	"github.com/burgee-flags/burgee/engine/backend/flagship/tracking"
	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/event"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// withdrawals are the ids of visitors whose pending hits must not be sent.
type withdrawals struct {
	any atomic.Bool // there is one

	mu    sync.Mutex
	list  []withdrawal
	until map[string]int64 // by id: hits made until then, in milliseconds since 1970
}

type withdrawal struct {
	ids   [2]string
	until int64
	after position // it is forgotten when everything queued until then is settled
}

func (w *withdrawals) add(ids [2]string, until int64, after position) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.until == nil {
		w.until = map[string]int64{}
	}
	for _, id := range ids {
		if id != "" {
			w.until[id] = max(w.until[id], until)
		}
	}
	w.list = append(w.list, withdrawal{ids: ids, until: until, after: after})
	w.any.Store(true)
}

// forget drops those for which nothing can be pending any more.
func (w *withdrawals) forget(done func(position) bool) {
	if !w.any.Load() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.list) > 0 && done(w.list[0].after) {
		first := w.list[0]
		w.list = w.list[1:]
		for _, id := range first.ids {
			if w.until[id] == first.until {
				delete(w.until, id)
			}
		}
	}
	if len(w.list) == 0 {
		w.list, w.until = nil, nil
		w.any.Store(false)
	}
}

// covers reports whether a hit made at some time by a visitor with one of the ids was withdrawn.
func (w *withdrawals) covers(at int64, ids ...string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		if until, there := w.until[id]; there && id != "" && at <= until {
			return true
		}
	}
	return false
}

// withdrawn is event.Config.Withdrawn: consent hits are sent whatever the visitor has agreed to.
func (t *tracker) withdrawn(r event.Record) bool {
	if t.kept.Load() {
		return true
	}
	if !t.withdrawals.any.Load() {
		return false
	}
	hit, _ := tracking.Detach(r.Data)
	if bytes.Contains(hit, consentMark) {
		return false
	}
	var visitor, account, anonymous string
	jsonscan.Members(hit, func(name string, value []byte) {
		switch name {
		case "vid":
			visitor = evaljson.Value(value).Text
		case "cuid":
			account = evaljson.Value(value).Text
		case "aid":
			anonymous = evaljson.Value(value).Text
		}
	})
	return t.withdrawals.covers(r.Time, visitor, account, anonymous)
}
