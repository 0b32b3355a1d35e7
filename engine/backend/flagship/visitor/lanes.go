package visitor

import (
	"context"
	"time"

	"github.com/burgee-flags/burgee/engine/backend/flagship/tracking"
	"github.com/burgee-flags/burgee/engine/event"
)

// Lane is one of the ways to the vendor.
type Lane uint8

// The lanes.
const (
	Hits        Lane = iota // page views, events, consents, segments, ...
	Activations             // who saw which variation
	laneCount
)

// Lanes are the queues. A record is one hit; the host's process may end before it is sent, and then another process may
// send it.
type Lanes interface {
	// Report takes a record, which is copied, without waiting. at is in milliseconds since 1970. false: it was dropped.
	Report(lane Lane, at int64, record []byte) bool
	// Flush sends what was reported before the call, and returns when it is sent or dropped, or with ctx's error.
	Flush(ctx context.Context, lane Lane) error
}

// never is an interval that does not pass.
const never = 1 << 62 * time.Nanosecond

// Lane says how the queue of a lane is to be built. What is missing is the transport client. A host with a cache of hits
// keeps what is pending itself: a spool would send it a second time.
func (s *Session) Lane(lane Lane) event.Config {
	settings := &s.settings
	c := event.Config{
		BatchEvents: event.DefaultEvents, BatchBytes: tracking.MaxBatchBytes, Interval: settings.Tracking.Interval,
		EarlyEvents: max(settings.Tracking.PoolSize, 1), MaxAge: tracking.MaxAge, Merge: true,
		Encoder:   s.service.Hits(),
		Withdrawn: s.tracker.withdrawn,
		Hear:      func(records []event.Record, verdict event.Verdict) { s.tracker.hear(lane, records, verdict) },
	}
	if settings.Mode == Edge {
		c.EarlyEvents, c.Interval = event.DefaultEvents, 0
	}
	if c.Interval == 0 {
		c.Interval = never
	}
	// What failed is tried again when the next batch is due.
	c.RetryWait, c.LongestWait = c.Interval, c.Interval
	if lane == Activations {
		c.Encoder, c.BatchEvents, c.EarlyEvents = s.service.Activations(), tracking.MaxActivations, 0
		if settings.batched() {
			c.EarlyEvents = event.DefaultEvents // they wait for the hits, however many they are
		} else {
			c.Interval = 0
		}
	}
	if lane == Hits && settings.Tracking.PoolSize == 0 && settings.Mode != Edge {
		c.Interval = 0
	}
	return c
}
