package engine

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"sync"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/background"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/event"
)

// lane is one way to the vendor, open.
type lane struct {
	name  string
	queue *event.Queue
}

// EventStats is what has happened to events so far.
type EventStats struct {
	event.Stats // of all lanes together
	// Lanes are the same numbers for each lane, for a backend that has several.
	Lanes map[string]event.Stats `json:"lanes,omitempty"`
}

// open starts the queues of all lanes, or of none.
func (d *delivery) open(identity string, log *logger) error {
	for _, planned := range d.events.Lanes {
		config := planned.Queue
		config.Report = func(notice event.Notice) {
			log.Log(noticeLevel(notice.Kind), cmp.Or(planned.Name, "events")+": "+notice.Message)
		}
		if d.config.spoolPath != "" && !d.events.InMemory {
			config.Spool = d.spool(identity, planned.Name)
		}
		queue, err := event.New(config)
		if err != nil {
			stopped, cancel := context.WithCancel(context.Background())
			cancel()
			d.closeLanes(stopped)
			d.lanes = nil
			return &eval.Error{
				Code: eval.CodeInvalidConfig, Op: "options", Msg: "spool_path cannot be used: " + err.Error(), Err: err,
			}
		}
		d.lanes = append(d.lanes, lane{name: planned.Name, queue: queue})
	}
	return nil
}

// spool gives a lane a folder of its own, and its share of the room.
func (d *delivery) spool(identity, name string) *event.Spool {
	if name != "" {
		identity += "\n" + name
	}
	share := d.config.spoolMax / int64(len(d.events.Lanes))
	return &event.Spool{Path: d.config.spoolPath, Identity: identity, MaxBytes: max(share, minSpool)}
}

func noticeLevel(kind event.Kind) backend.Level {
	switch kind {
	case event.Recovered, event.SpoolWorks, event.Adopted:
		return backend.Info
	case event.Dropped, event.SpoolFailed:
		return backend.Error
	default:
		return backend.Warn
	}
}

// Report implements backend.Queues.
func (d *delivery) Report(lane int, at int64, record []byte) bool {
	return d.lanes != nil && d.lanes[lane].queue.Add(at, record)
}

// report is Report in the first lane.
func (d *delivery) report(at int64, record []byte) bool { return d.Report(0, at, record) }

// Flush implements backend.Queues.
func (d *delivery) Flush(ctx context.Context, lane int) error {
	if d.lanes == nil {
		return nil
	}
	return d.lanes[lane].queue.Flush(ctx)
}

// closeLanes closes all lanes at the same time: one that hangs leaves the others their time.
func (d *delivery) closeLanes(ctx context.Context) {
	var closing sync.WaitGroup
	for _, l := range d.lanes {
		closing.Add(1)
		background.Go(nil, func() {
			defer closing.Done()
			_ = l.queue.Close(ctx)
		})
	}
	closing.Wait()
}

// stats sums up the lanes.
func (d *delivery) stats() *EventStats {
	stats := &EventStats{}
	for _, l := range d.lanes {
		of := l.queue.Stats()
		if len(d.lanes) > 1 {
			if stats.Lanes == nil {
				stats.Lanes = map[string]event.Stats{}
			}
			stats.Lanes[l.name] = of
		}
		stats.Stats = sum(stats.Stats, of)
	}
	return stats
}

func sum(a, b event.Stats) event.Stats {
	return event.Stats{
		Accepted: a.Accepted + b.Accepted, Sent: a.Sent + b.Sent, Pending: a.Pending + b.Pending, Retried: a.Retried + b.Retried,
		Dropped: event.Drops{
			Full: a.Dropped.Full + b.Dropped.Full, Closed: a.Dropped.Closed + b.Dropped.Closed,
			Refused: a.Dropped.Refused + b.Dropped.Refused, Expired: a.Dropped.Expired + b.Dropped.Expired,
			GaveUp: a.Dropped.GaveUp + b.Dropped.GaveUp, Withdrawn: a.Dropped.Withdrawn + b.Dropped.Withdrawn,
		},
		SpoolBytes: a.SpoolBytes + b.SpoolBytes,
		SpoolError: cmp.Or(a.SpoolError, b.SpoolError), LastError: cmp.Or(a.LastError, b.LastError),
	}
}

// lost says which events were lost, for people; empty when none were.
func (s *EventStats) lost() string {
	var parts []string
	for _, part := range []struct {
		count uint64
		why   string
	}{
		{s.Dropped.Closed, "when the client was closed before the server had taken them"},
		{s.Dropped.Full, "because the queue was full"},
		{s.Dropped.Refused, "refused"},
		{s.Dropped.Expired, "too old"},
		{s.Dropped.GaveUp, "tried too often"},
	} {
		if part.count > 0 {
			parts = append(parts, strconv.FormatUint(part.count, 10)+" "+part.why)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	text := "events that this client lost: " + strings.Join(parts, ", ")
	if s.LastError != "" {
		text += "; the last failure: " + s.LastError
	}
	return text
}
