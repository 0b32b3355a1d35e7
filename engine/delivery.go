package engine

import (
	"context"
	"errors"
	"time"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/event"
	"github.com/burgee-flags/burgee/engine/option"
)

// delivery is how the vendor hears of evaluations and of what the host tracks. It implements backend.Queues.
type delivery struct {
	config deliveryConfig
	events *backend.Events // with lanes: never nil
	lanes  []lane          // none: this client sends nothing
	drafts bool            // records of evaluations are drafts
}

// deliveryConfig are the options of every backend that sends events.
type deliveryConfig struct {
	spoolPath string
	spoolMax  int64
	closeWait time.Duration
}

// Close waits so long for events to be taken by the server. What is in a spool is safe, and the next process sends it.
const (
	closeWaitMemory = 5 * time.Second
	closeWaitSpool  = time.Second
)

// minSpool and maxSpool bound spool_max_bytes.
const (
	minSpool = 1 << 20
	maxSpool = 1 << 50
)

func readDelivery(opts *option.Reader) deliveryConfig {
	config := deliveryConfig{spoolPath: opts.NonEmpty("spool_path")}
	config.spoolMax = opts.Whole("spool_max_bytes", event.DefaultSpoolMaxBytes, minSpool, maxSpool)
	wait := closeWaitMemory
	if config.spoolPath != "" {
		wait = closeWaitSpool
	}
	config.closeWait = opts.Milliseconds("close_wait_ms", wait)
	return config
}

// start begins to deliver. The error is an *eval.Error about the spool.
func (d *delivery) start(plan *backend.Plan, log *logger) error {
	if plan.Events != nil && !plan.Events.Disabled {
		d.events = plan.Events
		d.drafts = plan.Events.Draft != nil && (d.config.spoolPath == "" || plan.Events.InMemory)
		if err := d.open(plan.Identity, log); err != nil {
			return err
		}
	}
	if plan.Start != nil {
		plan.Start(d)
	}
	return nil
}

// Expose queues what the vendor should hear of an evaluation. out is as Resolve left it. Errors are not reported. It does
// not wait, and allocates only when the record does not fit into the memory of buffer; it returns what that has become, for
// the next call.
func (c *Client) Expose(buffer []byte, ec *eval.Context, out *eval.Outcome) []byte {
	d := &c.delivery
	if d.lanes == nil || out.ErrorCode != "" {
		return buffer
	}
	at := time.Now().UnixMilli()
	record := buffer[:0]
	if d.drafts {
		record = d.events.Draft(record, ec, out)
	} else {
		record = d.events.Exposure(record, ec, out, at)
	}
	if len(record) > 0 {
		d.Report(d.events.Exposures, at, record)
	}
	return record
}

// trackedResult says whether an event was queued.
type trackedResult struct {
	Accepted bool `json:"accepted"`
}

// callTrack takes a user's event. A backend that sends no events says so.
func (c *Client) callTrack(_ context.Context, params *option.Reader) (any, error) {
	tracked := backend.Tracked{Name: params.String("event", ""), Data: params.Raw("data")}
	if tracked.Name == "" {
		params.Problem("event", "is missing")
	}
	if raw := params.Raw("value"); raw != nil {
		tracked.Value = evaljson.Value(raw)
	}
	var ec eval.Context
	if raw := params.Raw("context"); raw != nil {
		if err := evaljson.Context(raw, &ec); err != nil {
			params.Problem("context", "cannot be read: "+err.Error())
		}
	}
	if err := checked("track", params); err != nil {
		return nil, err
	}
	d := &c.delivery
	switch {
	case c.current.Load().state == Closed:
		return nil, errClosed
	case d.lanes == nil:
		return trackedResult{}, nil
	}
	at := time.Now().UnixMilli()
	record, err := d.events.Track(nil, &ec, &tracked, at)
	if err != nil {
		return nil, err
	}
	return trackedResult{Accepted: d.Report(d.events.Tracking, at, record)}, nil
}

// flushedResult says whether everything that was queued before the call is sent or dropped.
type flushedResult struct {
	Flushed bool `json:"flushed"`
}

// flushWait is how long flush waits unless it is told otherwise.
const flushWait = 30 * time.Second

// callFlush sends what is queued at once, and waits until it is sent.
func (c *Client) callFlush(ctx context.Context, params *option.Reader) (any, error) {
	limit := params.Milliseconds("timeout_ms", flushWait)
	if err := checked("flush", params); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := c.delivery.flush(ctx)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, errClosed
	}
	return flushedResult{Flushed: err == nil}, nil
}

func (d *delivery) flush(ctx context.Context) error {
	if d.lanes != nil && d.events.Flush != nil {
		return d.events.Flush(ctx)
	}
	for i := range d.lanes {
		if err := d.Flush(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// close sends what is queued, as long as closeWait allows. It returns what was lost, for people; empty when nothing was.
func (d *delivery) close(stop func(context.Context)) string {
	ctx, cancel := context.WithTimeout(context.Background(), d.config.closeWait)
	defer cancel()
	if stop != nil {
		// A lane that hangs should not take all the time: afterwards each lane is on its own.
		half, cancel := context.WithTimeout(ctx, d.config.closeWait/2)
		stop(half)
		cancel()
	}
	d.closeLanes(ctx)
	if d.lanes == nil {
		return ""
	}
	return d.stats().lost()
}
