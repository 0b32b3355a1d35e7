package engine

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/event"
	"github.com/burgee-flags/burgee/engine/option"
)

// delivery is how the vendor hears of evaluations and of what the host tracks.
type delivery struct {
	config   deliveryConfig
	queue    *event.Queue // nil: this client sends nothing
	exposure func(dst []byte, ec *eval.Context, out *eval.Outcome, at int64) []byte
	track    func(dst []byte, ec *eval.Context, tracked *backend.Tracked, at int64) ([]byte, error)
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
	if plan.Events == nil || plan.Events.Disabled {
		return nil
	}
	config := plan.Events.Queue
	config.Report = func(notice event.Notice) { log.Log(noticeLevel(notice.Kind), "events: "+notice.Message) }
	if d.config.spoolPath != "" {
		config.Spool = &event.Spool{Path: d.config.spoolPath, Identity: plan.Identity, MaxBytes: d.config.spoolMax}
	}
	queue, err := event.New(config)
	if err != nil {
		return &eval.Error{
			Code: eval.CodeInvalidConfig, Op: "options", Msg: "spool_path cannot be used: " + err.Error(), Err: err,
		}
	}
	d.queue, d.exposure, d.track = queue, plan.Events.Exposure, plan.Events.Track
	return nil
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

// records are buffers for one record each.
var records = sync.Pool{New: func() any {
	buffer := make([]byte, 0, 1024)
	return &buffer
}}

// keepRecord bounds what an unusually large record leaves behind, in bytes.
const keepRecord = 16 << 10

// Expose queues what the vendor should hear of an evaluation. out is as Resolve left it. Errors are not reported. It
// neither waits nor allocates.
func (c *Client) Expose(ec *eval.Context, out *eval.Outcome) {
	d := &c.delivery
	if d.queue == nil || out.ErrorCode != "" {
		return
	}
	at := time.Now().UnixMilli()
	buffer := records.Get().(*[]byte)
	record := d.exposure((*buffer)[:0], ec, out, at)
	if len(record) > 0 {
		d.queue.Add(at, record)
	}
	if cap(record) <= keepRecord {
		*buffer = record
	}
	records.Put(buffer)
}

// report queues one record. false: it was dropped, or nothing is sent at all.
func (d *delivery) report(at int64, record []byte) bool {
	return d.queue != nil && d.queue.Add(at, record)
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
	if c.current.Load().state == Closed {
		return nil, errClosed
	}
	if c.delivery.queue == nil {
		return trackedResult{}, nil
	}
	at := time.Now().UnixMilli()
	record, err := c.delivery.track(nil, &ec, &tracked, at)
	if err != nil {
		return nil, err
	}
	return trackedResult{Accepted: c.delivery.report(at, record)}, nil
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
	if c.delivery.queue == nil {
		return flushedResult{Flushed: true}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := c.delivery.queue.Flush(ctx)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, errClosed
	}
	return flushedResult{Flushed: err == nil}, nil
}

// close sends what is queued, as long as closeWait allows. It returns what was lost, for people; empty when nothing was.
func (d *delivery) close() string {
	if d.queue == nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), d.config.closeWait)
	defer cancel()
	_ = d.queue.Close(ctx)
	stats := d.queue.Stats()
	dropped := stats.Dropped
	var parts []string
	for _, part := range []struct {
		count uint64
		why   string
	}{
		{dropped.Closed, "when the client was closed before the server had taken them"},
		{dropped.Full, "because the queue was full"},
		{dropped.Refused, "refused"},
		{dropped.Expired, "too old"},
		{dropped.GaveUp, "tried too often"},
	} {
		if part.count > 0 {
			parts = append(parts, strconv.FormatUint(part.count, 10)+" "+part.why)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	text := "events that this client lost: " + strings.Join(parts, ", ")
	if stats.LastError != "" {
		text += "; the last failure: " + stats.LastError
	}
	return text
}
