package event

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/burgee-flags/burgee/engine/transport"
)

// retriesPerEncoding is how often one body is posted again before the batch is encoded anew: ages in it change, and records
// grow too old.
const retriesPerEncoding = 3

// deliver sends a batch until it is settled or Close has run out of time.
func (q *Queue) deliver(b *batch) {
	defer func() { q.finished <- b }()
	q.send(b, b.records)
}

// send delivers some of the batch's records; all earlier ones are settled. false: Close has run out of time.
func (q *Queue) send(b *batch, records []Record) bool {
	end := records[len(records)-1].end
	tries := 0
	for {
		if records = q.fresh(records); len(records) == 0 {
			break
		}
		request, err := q.encode(records)
		if err == nil && request.Omitted >= len(records) {
			q.refuse(len(records), "left out of the request")
			q.tell(records, Refuse)
			break
		}
		end = max(end, records[len(records)-1].end)
		hurried := q.hurried() // first: whoever hurries during the request ends the wait after it
		verdict, failure, wait := Split, "", time.Duration(0)
		if err != nil {
			failure = "the events cannot be encoded: " + err.Error()
		} else {
			verdict, failure, wait = q.post(request, &tries)
			if verdict == Retry && q.ctx.Err() != nil {
				return false
			}
		}
		if verdict == Split && len(records) == 1 {
			verdict = Refuse
		}
		switch verdict {
		case Accept:
			q.sent.Add(uint64(len(records) - request.Omitted))
			if request.Omitted > 0 {
				q.refuse(request.Omitted, "left out of the request")
			}
			q.notices.succeeded()
			q.tell(records, Accept)
		case Refuse:
			q.refuse(len(records), failure)
			q.tell(records, Refuse)
		case Split:
			half := len(records) / 2
			if !q.send(b, records[:half]) || !q.send(b, records[half:]) {
				return false
			}
		default:
			q.notices.failed(failure)
			if q.cfg.Attempts > 0 && tries >= q.cfg.Attempts {
				q.drops.gaveUp.Add(uint64(len(records)))
				q.notices.dropped()
				q.tell(records, Refuse)
				break
			}
			q.tried.Add(1)
			q.tell(records, Retry)
			if transport.WaitOr(q.ctx, max(wait, q.pause(tries-1)), hurried) != nil {
				return false
			}
			records = q.join(b, records)
			continue
		}
		break
	}
	for b.settled < len(b.records) && b.records[b.settled].end <= end {
		b.settled++
	}
	return true
}

// post makes a few attempts. wait is what the server asked for.
func (q *Queue) post(request Request, tries *int) (verdict Verdict, failure string, wait time.Duration) {
	retries := retriesPerEncoding
	if q.cfg.Merge {
		retries = 0
	}
	if q.cfg.Attempts > 0 {
		retries = min(retries, q.cfg.Attempts-*tries-1)
	}
	before := *tries
	*tries++
	answer, err := q.cfg.Client.Post(q.ctx, transport.PostRequest{
		Request: transport.Request{
			URL: request.URL, Header: request.Header, Auth: request.Auth,
			OnRetry: func(err error, _ time.Duration) {
				*tries++
				q.tried.Add(1)
				q.notices.failed(err.Error())
			},
		},
		Body:    request.Body,
		Retries: retries,
		Retry:   func(status int) bool { return q.judge(status) == Retry },
		Wait:    func(k int) time.Duration { return q.pause(before + k) },
		Hurry:   q.hurried,
	})
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return Retry, "", 0
		}
		return Retry, err.Error(), 0
	}
	failure = fmt.Sprintf("%s answered %d %s", answer.URL, answer.Status, http.StatusText(answer.Status))
	if text := strings.TrimSpace(answer.Excerpt); text != "" {
		failure += ": " + text
	}
	return q.judge(answer.Status), failure, answer.RetryAfter
}

// pause returns the wait before retry k of a batch (from 0).
func (q *Queue) pause(k int) time.Duration {
	const farEnough = 20 // doublings; more would overflow
	wait := min(q.cfg.RetryWait<<min(k, farEnough), q.cfg.LongestWait)
	if wait <= 0 {
		wait = q.cfg.LongestWait
	}
	return wait/2 + rand.N(wait/2+1)
}

// join adds what came meanwhile to the records of a batch that is to be sent again. Only the last records of a batch are
// joined. Meanwhile nobody else takes records out of the ring, because there is room for this batch only.
func (q *Queue) join(b *batch, records []Record) []Record {
	last := len(b.records)
	if !q.cfg.Merge || q.spool != nil || q.cfg.Parallel > 1 || b.records[last-1].end != records[len(records)-1].end {
		return records
	}
	b.fromRing(q.ring, limits{records: q.cfg.BatchEvents, bytes: q.cfg.BatchBytes})
	return append(records[:len(records):len(records)], b.records[last:]...)
}

// fresh leaves out what is too old, and what was withdrawn.
func (q *Queue) fresh(records []Record) []Record {
	if q.cfg.MaxAge == 0 && q.cfg.Withdrawn == nil {
		return records
	}
	oldest := time.Now().Add(-q.cfg.MaxAge).UnixMilli()
	kept := make([]Record, 0, len(records))
	var gone []Record
	expired := 0
	for _, record := range records {
		switch {
		case q.cfg.MaxAge != 0 && record.Time < oldest:
			expired++
			gone = append(gone, record)
		case q.withdrawn(record):
			gone = append(gone, record)
		default:
			kept = append(kept, record)
		}
	}
	if len(gone) == 0 {
		return kept
	}
	if expired > 0 {
		q.drops.expired.Add(uint64(expired))
		q.notices.dropped()
	}
	q.drops.withdrawn.Add(uint64(len(gone) - expired))
	q.tell(gone, Refuse)
	return kept
}

// withdrawn asks the backend. A panic there keeps the record.
func (q *Queue) withdrawn(record Record) (gone bool) {
	if q.cfg.Withdrawn == nil {
		return false
	}
	defer func() {
		if recover() != nil {
			gone = false
		}
	}()
	return q.cfg.Withdrawn(record)
}

// tell tells the backend. A panic there must not stop the delivery.
func (q *Queue) tell(records []Record, verdict Verdict) {
	if q.cfg.Hear == nil {
		return
	}
	defer func() { _ = recover() }()
	q.cfg.Hear(records, verdict)
}

// encode asks the vendor. A panic there must not stop the delivery.
func (q *Queue) encode(records []Record) (request Request, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return q.cfg.Encoder.Encode(records)
}

// judge asks the vendor. A panic there loses nothing.
func (q *Queue) judge(status int) (verdict Verdict) {
	defer func() {
		if recover() != nil {
			verdict = Retry
		}
	}()
	return q.cfg.Encoder.Judge(status)
}

func (q *Queue) refuse(records int, why string) {
	q.drops.refused.Add(uint64(records))
	q.notices.refused(why)
}

// lost returns the drops so far.
func (q *Queue) lost() Drops {
	return Drops{
		Full: q.drops.full.Load(), Closed: q.drops.closed.Load(), Refused: q.drops.refused.Load(),
		Expired: q.drops.expired.Load(), GaveUp: q.drops.gaveUp.Load(), Withdrawn: q.drops.withdrawn.Load(),
	}
}
