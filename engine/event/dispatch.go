package event

import (
	"time"

	"github.com/burgee-flags/burgee/engine/background"
)

const (
	// moveEvery is how long a record may stay in memory only, once records keep coming.
	moveEvery = 5 * time.Millisecond
	// idleAfter is how long nothing must come until the dispatcher waits to be woken. Waking it costs the evaluation that
	// does it a microsecond, so it should be rare.
	idleAfter = 100 * time.Millisecond
)

// dispatcher is what one goroutine knows: it moves records to the spool, forms batches, and settles them in order.
type dispatcher struct {
	window   []*batch // under way, oldest first
	finished chan *batch
	spare    []*batch  // to be used again
	since    time.Time // when records were first seen waiting; zero: none are
	handed   uint64    // position in the ring behind the last record that was put into a batch
	leaving  uint64    // everything before this position in the ring has waited long enough
	written  uint64    // position in the ring up to which the spool was seen to have everything
	moved    time.Time // when that last changed
	again    bool      // there was something to take that could not be taken yet
	rushed   uint64    // position in the ring up to which a batch that failed was told that there is more to send
	woken    bool      // by a record that is complete, since it was told
	// incomplete says that Close has run out of time. It is read after the end only.
	incomplete bool
}

func (q *Queue) run() {
	defer close(q.ended)
	for !q.step() {
		timer := q.rest()
		if timer == nil {
			continue
		}
		select {
		case b := <-q.finished:
			q.settle(b)
		case <-q.wake:
			q.woken = true
		case <-timer.C:
		case <-q.stopped():
		}
		timer.Stop()
		q.wakeAt.Store(never)
	}
	q.finish()
}

// stopped tells that Close has run out of time; while something is under way, its end tells that too.
func (q *Queue) stopped() <-chan struct{} {
	if q.busy() {
		return nil
	}
	return q.ctx.Done()
}

// busy says that a batch is being delivered.
func (q *Queue) busy() bool {
	for _, b := range q.window {
		if !b.returned {
			return true
		}
	}
	return false
}

// step does everything that can be done now, and says whether that was all for ever.
func (q *Queue) step() bool {
	for returned := true; returned; {
		select {
		case b := <-q.finished:
			q.settle(b)
		default:
			returned = false
		}
	}
	if q.ctx.Err() != nil {
		if q.busy() {
			return false
		}
		q.incomplete = !q.caughtUp()
		return true
	}
	q.move()
	q.again = false
	for len(q.window) < q.cfg.Parallel && q.due() {
		b := q.collect()
		if b == nil {
			q.again = true // its producer is about to finish
			break
		}
		q.window = append(q.window, b)
		q.rushed, q.woken = q.ring.tail.Load(), false
		background.Go(q.panicked, func() { q.deliver(b) })
	}
	return q.caughtUp() && q.closed.Load()
}

// move empties the ring into files.
func (q *Queue) move() {
	if q.spool == nil {
		return
	}
	_ = q.spool.drain() // the spool reports and keeps its error
	if written := q.spool.written.Load(); written != q.written {
		q.written, q.moved = written, time.Now() // AddDurable may have written
	}
}

// waiting returns what could be put into batches, and whether that includes records of ended processes.
func (q *Queue) waiting() (records, bytes uint64, backlog bool) {
	if q.spool != nil {
		return q.spool.waiting()
	}
	records, bytes = q.ring.waiting()
	return records, bytes, false
}

// due says whether a batch should leave now.
func (q *Queue) due() bool {
	records, bytes, backlog := q.waiting()
	if backlog {
		return true
	}
	if records == 0 {
		q.since = time.Time{}
		return false
	}
	if q.since.IsZero() {
		q.since = time.Now()
	}
	if records >= uint64(q.cfg.EarlyEvents) || bytes >= uint64(q.cfg.EarlyBytes) || q.closed.Load() ||
		time.Since(q.since) >= q.cfg.Interval {
		if q.cfg.EarlyEvents > q.cfg.BatchEvents { // more than one batch: what waits goes together
			q.leaving = q.ring.tail.Load()
		}
		return true
	}
	q.mu.Lock()
	flushing := q.flushTo > q.handed
	q.mu.Unlock()
	return flushing || q.leaving > q.handed
}

func (q *Queue) collect() *batch {
	b := &batch{}
	if last := len(q.spare) - 1; last >= 0 {
		b, q.spare = q.spare[last], q.spare[:last]
	}
	most := limits{records: q.cfg.BatchEvents, bytes: q.cfg.BatchBytes}
	if q.spool != nil {
		q.spool.next(b, most)
	} else {
		b.fromRing(q.ring, most)
	}
	if len(b.records) == 0 {
		q.spare = append(q.spare, b)
		return nil
	}
	q.since = time.Time{}
	q.handed = max(q.handed, b.upTo)
	return b
}

// settle takes a batch back, and forgets the oldest ones as far as they are done.
func (q *Queue) settle(b *batch) {
	b.returned = true
	q.handed = max(q.handed, b.upTo)                      // records may have joined it
	if b.settled < len(b.records) && q.ctx.Err() == nil { // its goroutine has panicked
		q.refuse(len(b.records)-b.settled, "the delivery stopped unexpectedly")
		b.settled = len(b.records)
	}
	done := 0
	for _, b := range q.window {
		if !b.returned || b.settled < len(b.records) {
			break
		}
		done++
		if q.spool != nil {
			q.spool.settle(b)
		}
		if b.upTo != 0 {
			q.own.Add(uint64(len(b.records)))
			q.advance(b.upTo)
		}
		b.reset()
		q.spare = append(q.spare, b)
	}
	q.window = append(q.window[:0], q.window[done:]...)
}

// advance tells Flush how far everything is settled.
func (q *Queue) advance(position uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if position > q.settled {
		q.settled = position
		close(q.progress)
		q.progress = make(chan struct{})
	}
}

// caughtUp says whether nothing is left. Then everything that was taken is settled, also what damage has hidden.
func (q *Queue) caughtUp() bool {
	if len(q.window) > 0 {
		return false
	}
	head, done := q.ring.head.Load(), q.ring.done.Load() // first: another goroutine may move more meanwhile
	if records, _, backlog := q.waiting(); records > 0 || backlog {
		return false
	}
	q.own.Store(done)
	q.advance(head)
	records, _ := q.ring.waiting()
	return records == 0
}

// rest prepares for sleeping and returns what ends it, or nil when there is already something to do.
func (q *Queue) rest() *time.Timer {
	const forEver = time.Hour
	delay, wakeAt := forEver, uint64(never)
	records, _, _ := q.waiting()
	room := len(q.window) < q.cfg.Parallel
	if room && records > 0 && q.since.IsZero() && !q.again {
		return nil // it came after step had looked
	}
	if room && records > 0 && !q.since.IsZero() {
		delay = max(0, q.cfg.Interval-time.Since(q.since))
	}
	switch {
	case q.again:
		delay = time.Millisecond
	case q.spool == nil:
		switch {
		case !room && q.cfg.Merge && q.cfg.Interval == 0:
			return q.announce(delay)
		case !room: // the end of a batch wakes
		case records == 0:
			wakeAt = 1
		default:
			wakeAt = uint64(q.cfg.EarlyEvents)
		}
	case q.spool.failing():
		delay = min(delay, spoolRetry)
		if room && records == 0 {
			wakeAt = 1
		}
	case time.Since(q.moved) < idleAfter:
		delay = min(delay, moveEvery)
		wakeAt = max(1, q.ring.most/2)
	default:
		wakeAt = 1
	}
	q.wakeAt.Store(wakeAt)
	if wakeAt != never {
		if n, bytes := q.ring.waiting(); n >= wakeAt || bytes >= uint64(q.cfg.EarlyBytes) {
			q.wakeAt.Store(never)
			return nil
		}
	}
	if q.spool != nil && q.spool.written.Load() != q.written {
		return nil // AddDurable has just emptied the ring by itself
	}
	return time.NewTimer(delay)
}

// announce ends the wait of a batch that failed, if records came that it can take along, and lets the next one wake the
// dispatcher. It returns what rest does.
func (q *Queue) announce(delay time.Duration) *time.Timer {
	if tail := q.ring.tail.Load(); q.woken || tail > q.rushed {
		q.rushed, q.woken = tail, false
		q.mu.Lock()
		q.rush()
		q.mu.Unlock()
	}
	q.wakeAt.Store(1)
	if q.ring.tail.Load() > q.rushed {
		q.wakeAt.Store(never)
		return nil
	}
	return time.NewTimer(delay)
}

// finish leaves what could not be sent in the spool, or counts it as lost.
func (q *Queue) finish() {
	lost, _ := q.ring.waiting()
	if q.spool != nil {
		lost = q.spool.close(q.window)
	} else {
		for _, b := range q.window {
			lost += uint64(len(b.records) - b.settled)
		}
	}
	if lost > 0 {
		q.drops.closed.Add(lost)
		q.notices.dropped()
	}
}

func (q *Queue) panicked(cause string) { q.notices.add(Notice{Kind: Failing, Message: cause}) }
