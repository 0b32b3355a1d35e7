package event

import (
	"cmp"
	"context"
	"errors"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/burgee-flags/burgee/engine/background"
)

// Errors of AddDurable.
var (
	ErrClosed    = errors.New("the event queue is closed")
	ErrFull      = errors.New("the event queue is full")
	ErrTooLarge  = errors.New("the event is too large")
	ErrNotStored = errors.New("the event is not in the spool")
)

// never is a wakeAt that no number of records reaches.
const never = math.MaxUint64

// largestShare is the part of the ring that one record may take.
const largestShare = 4

// Queue takes records and delivers them. It is safe for any number of goroutines.
type Queue struct {
	cfg     Config
	ring    *ring
	spool   *spool // nil: memory only
	largest int
	notices *notices

	_      [64]byte
	wakeAt atomic.Uint64 // so many records in the ring wake the dispatcher; it writes it before it sleeps
	_      [56]byte
	wake   chan struct{}
	closed atomic.Bool
	drops  struct{ full, closed, refused, expired, gaveUp, withdrawn atomic.Uint64 }
	sent   atomic.Uint64
	tried  atomic.Uint64 // requests that were made again
	own    atomic.Uint64 // own records that are sent or dropped

	ctx    context.Context //nolint:containedctx // ends when Close runs out of time
	cancel context.CancelFunc
	ended  chan struct{}
	kept   chan struct{}

	mu      sync.Mutex
	hurry   chan struct{} // closed to end every wait before a retry
	flushTo uint64        // everything before this position in the ring is to be sent at once
	settled uint64        // everything before this position is sent or dropped
	// progress is closed when settled has changed.
	progress chan struct{}

	dispatcher
}

// New starts a queue. The error is about the spool: a folder that cannot be created or used, or a limit that is too small.
func New(cfg Config) (*Queue, error) {
	cfg.Events = cmp.Or(cfg.Events, DefaultEvents)
	cfg.Bytes = cmp.Or(cfg.Bytes, DefaultBytes)
	cfg.BatchEvents = cmp.Or(cfg.BatchEvents, DefaultBatchEvents)
	cfg.BatchBytes = cmp.Or(cfg.BatchBytes, DefaultBatchBytes)
	cfg.EarlyEvents = cmp.Or(cfg.EarlyEvents, cfg.BatchEvents)
	cfg.EarlyBytes = cmp.Or(cfg.EarlyBytes, cfg.BatchBytes)
	cfg.Parallel = cmp.Or(cfg.Parallel, 1)
	cfg.RetryWait = cmp.Or(cfg.RetryWait, DefaultRetryWait)
	cfg.LongestWait = cmp.Or(cfg.LongestWait, DefaultLongestWait)
	cfg.ReportEvery = cmp.Or(cfg.ReportEvery, DefaultReportEvery)
	q := &Queue{
		cfg: cfg, ring: newRing(cfg.Events, cfg.Bytes), wake: make(chan struct{}, 1),
		ended: make(chan struct{}), kept: make(chan struct{}), hurry: make(chan struct{}), progress: make(chan struct{}),
	}
	q.largest = int(q.ring.size()/largestShare) - ringHeader
	q.notices = newNotices(cfg.Report, cfg.ReportEvery)
	q.finished = make(chan *batch, cfg.Parallel)
	if cfg.Spool != nil {
		q.cfg.Attempts = 0
		s, err := openSpool(*cfg.Spool, q.ring, q.notices.add)
		if err != nil {
			return nil, err
		}
		q.spool = s
		q.largest = min(q.largest, s.largest())
	}
	q.wakeAt.Store(never)
	q.ctx, q.cancel = context.WithCancel(context.Background())
	background.Go(q.panicked, q.run)
	background.Go(q.panicked, q.keep)
	return q, nil
}

// Add takes a record, which is copied: no lock, no allocation, no system call but when it wakes the sender that was idle.
// time is when it happened, in milliseconds since 1970. false: it was dropped and counted.
func (q *Queue) Add(time int64, data []byte) bool {
	_, err := q.add(time, data)
	if err != nil {
		q.drop(err)
	}
	return err == nil
}

func (q *Queue) add(time int64, data []byte) (uint64, error) {
	if len(data) > q.largest {
		return 0, ErrTooLarge
	}
	end, ok := q.ring.put(time, data)
	if !ok {
		if q.closed.Load() {
			return 0, ErrClosed
		}
		return 0, ErrFull
	}
	if at := q.wakeAt.Load(); at != never {
		if records, bytes := q.ring.waiting(); records >= at || bytes >= uint64(q.cfg.EarlyBytes) {
			if q.wakeAt.Swap(never) != never {
				q.poke()
			}
		}
	}
	return end, nil
}

func (q *Queue) drop(err error) {
	if errors.Is(err, ErrClosed) {
		q.drops.closed.Add(1)
	} else {
		q.drops.full.Add(1)
	}
	q.notices.dropped()
}

// AddDurable takes a record like Add and returns when it is in a file: kill -9 does not lose it any more. It waits for
// write(2), and for room in memory while records can be written. nil without a spool means what true means for Add. Errors:
// ErrClosed, ErrFull and ErrTooLarge, when it was dropped and counted; ErrNotStored, when it is only in memory, where it may
// still be sent from, with the reason.
func (q *Queue) AddDurable(time int64, data []byte) error {
	end, err := q.add(time, data)
	for q.spool != nil && errors.Is(err, ErrFull) {
		if problem := q.spool.drain(); problem != nil {
			break
		}
		runtime.Gosched()
		end, err = q.add(time, data)
	}
	if err != nil {
		q.drop(err)
		return err
	}
	for q.spool != nil {
		stored, err := q.spool.durable(end)
		if err != nil && !errors.Is(err, ErrNotStored) {
			err = &notStored{err}
		}
		if stored || err != nil {
			return err
		}
		runtime.Gosched() // a record before it is just being put into the ring
	}
	return nil
}

type notStored struct{ cause error }

func (e *notStored) Error() string   { return ErrNotStored.Error() + ": " + e.cause.Error() }
func (e *notStored) Unwrap() []error { return []error{ErrNotStored, e.cause} }

// poke makes the dispatcher look.
func (q *Queue) poke() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Flush sends what was added before the call, at once: it ends every wait for company or before a retry. It returns when
// everything of that is sent or dropped, or with ctx's error.
func (q *Queue) Flush(ctx context.Context) error {
	target := q.ring.tail.Load()
	q.mu.Lock()
	q.flushTo = max(q.flushTo, target)
	q.rush()
	q.mu.Unlock()
	q.poke()
	for {
		q.mu.Lock()
		settled, progress := q.settled, q.progress
		q.mu.Unlock()
		if settled >= target {
			return nil
		}
		select {
		case <-progress:
		case <-q.ended:
			return ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// rush ends the waits. The lock is held.
func (q *Queue) rush() {
	close(q.hurry)
	q.hurry = make(chan struct{})
}

func (q *Queue) hurried() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.hurry
}

// Close takes nothing more, sends what is left, and stops. When ctx ends first, requests under way are broken off, what is
// in the spool stays there for the next process, and what is only in memory is dropped and counted; the error is then
// ctx's. It returns when everything has stopped. Calling it again waits for the same end.
func (q *Queue) Close(ctx context.Context) error {
	if !q.closed.Swap(true) {
		q.ring.close()
	}
	q.mu.Lock()
	q.rush()
	q.mu.Unlock()
	q.poke()
	stop := context.AfterFunc(ctx, q.cancel)
	defer stop()
	<-q.ended
	q.cancel()
	<-q.kept
	if q.incomplete {
		return ctx.Err()
	}
	return nil
}

// Stats returns what has happened so far.
func (q *Queue) Stats() Stats {
	own := q.own.Load()
	waiting, _ := q.ring.waiting()
	stats := Stats{
		Accepted:  q.ring.done.Load() + waiting,
		Sent:      q.sent.Load(),
		Dropped:   q.lost(),
		Retried:   q.tried.Load(),
		LastError: q.notices.failure(),
	}
	stats.Pending = stats.Accepted - min(own, stats.Accepted)
	if q.spool != nil {
		stats.SpoolBytes, stats.SpoolError = q.spool.stored()
	}
	return stats
}

// keep looks after the files and tells the user.
func (q *Queue) keep() {
	defer close(q.kept)
	defer q.notices.flush(q.lost)
	var sync, adopt <-chan time.Time
	if q.spool != nil {
		syncing := time.NewTicker(cmp.Or(q.cfg.Spool.SyncInterval, DefaultSyncInterval))
		defer syncing.Stop()
		adopting := time.NewTicker(adoptEvery)
		defer adopting.Stop()
		sync, adopt = syncing.C, adopting.C
	}
	for {
		due := q.notices.tell(q.lost)
		select {
		case <-sync:
			q.spool.sync()
		case <-adopt:
			q.spool.adopt()
			q.poke()
		case <-q.notices.wake:
		case <-due:
		case <-q.ended:
			return
		}
	}
}
