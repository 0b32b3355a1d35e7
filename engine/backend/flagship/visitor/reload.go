package visitor

import (
	"bytes"
	"context"
	"time"

	"github.com/burgee-flags/burgee/engine/backend/flagship/tracking"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// reload queues what the host's cache still has of an earlier process.
func (t *tracker) reload(ctx context.Context, log func(string)) {
	ctx, cancel := context.WithTimeout(ctx, t.settings.CacheTimeout)
	raw, err := t.ledger.cache.Lookup(ctx)
	cancel()
	if err != nil {
		log("cached hits cannot be read: " + err.Error())
		return
	}
	now := time.Now().UnixMilli()
	var forgotten []string
	var found []*tracking.Hit
	var keys []string
	if !jsonscan.Members(trimmed(raw), func(name string, document []byte) {
		name = string([]byte(name))
		h, _, err := tracking.ReadStored(document, t.settings.Language, now)
		if err != nil {
			log("cached hit " + name + " is dropped: " + err.Error())
			forgotten = append(forgotten, name)
			return
		}
		keys, found = append(keys, name), append(found, &h)
	}) {
		log("cached hits cannot be read: they are not a JSON object")
		return
	}
	t.ledger.reload(keys, found, forgotten)
	for i, h := range found {
		lane := Hits
		if h.Type == tracking.Activation {
			lane = Activations
		}
		t.addAs(lane, keys[i], h, nil)
	}
}

// trimmed turns an answer that says nothing into an empty object.
func trimmed(raw []byte) []byte {
	if raw = bytes.TrimSpace(raw); len(raw) == 0 || string(raw) == "null" {
		return []byte("{}")
	}
	return raw
}
