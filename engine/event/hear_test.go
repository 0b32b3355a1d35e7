package event

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// told keeps what Hear was told, as "verdict record record".
type told struct {
	mu   sync.Mutex
	list []string
}

func (h *told) hear(records []Record, verdict Verdict) {
	line := map[Verdict]string{Retry: "retry", Accept: "accept", Refuse: "refuse"}[verdict]
	for _, r := range records {
		line += " " + string(r.Data)
		if r.Adopted {
			line += "(adopted)"
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, line)
}

func (h *told) all() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.list)
}

func TestHearIsToldWhatBecomesOfRecords(t *testing.T) {
	h := &told{}
	v := &vendor{answer: func(n int, body []string) int {
		switch {
		case n == 0:
			return 500
		case slices.Contains(body, "3"):
			return 400
		}
		return 200
	}}
	cfg := Config{Interval: time.Minute, RetryWait: time.Second, MaxAge: time.Hour, Merge: true, Hear: h.hear}
	simulated(t, cfg, v, func(t *testing.T, q *Queue) {
		require.True(t, q.Add(time.Now().Add(-2*time.Hour).UnixMilli(), []byte("old")))
		addNumbers(t, q, 1, 5)
		time.Sleep(time.Hour)
		require.Equal(t, []string{
			"refuse old", "retry 1 2 3 4", "accept 1 2", "refuse 3", "accept 4",
		}, h.all())
	})
}

func TestHearIsToldWhatTheEncoderRefusesAndWhatWasTriedTooOften(t *testing.T) {
	h := &told{}
	v := &vendor{answer: func(int, []string) int { return 500 }}
	simulated(t, Config{RetryWait: time.Second, Attempts: 2, Merge: true, Hear: h.hear}, v, func(t *testing.T, q *Queue) {
		for _, text := range []string{"!no sense", "-left out", "5"} {
			require.True(t, q.Add(0, []byte(text)))
			time.Sleep(time.Minute)
		}
		require.Equal(t, []string{"refuse !no sense", "refuse -left out", "retry 5", "refuse 5"}, h.all())
	})
}

func TestWithdrawnRecordsAreNotSent(t *testing.T) {
	h := &told{}
	var mu sync.Mutex
	gone := ""
	cfg := Config{
		Interval: time.Minute, Merge: true, Hear: h.hear,
		Withdrawn: func(r Record) bool {
			mu.Lock()
			defer mu.Unlock()
			if gone == "panic" {
				panic("backend")
			}
			return bytes.HasPrefix(r.Data, []byte(gone)) && gone != ""
		},
	}
	v := &vendor{answer: func(n int, _ []string) int { return []int{500, 200, 200}[n] }}
	simulated(t, cfg, v, func(t *testing.T, q *Queue) {
		for _, text := range []string{"a1", "b1", "a2"} {
			require.True(t, q.Add(0, []byte(text)))
		}
		time.Sleep(time.Minute) // the first request fails
		synctest.Wait()
		mu.Lock()
		gone = "a"
		mu.Unlock()
		time.Sleep(time.Hour)
		require.Equal(t, []string{"b1"}, v.lines())
		assert.Equal(t, []string{"retry a1 b1 a2", "refuse a1 a2", "accept b1"}, h.all())
		stats := q.Stats()
		assert.Equal(t, Drops{Withdrawn: 2}, stats.Dropped)
		assert.Zero(t, stats.Pending)
		mu.Lock()
		gone = "panic"
		mu.Unlock()
		require.True(t, q.Add(0, []byte("c")))
		time.Sleep(time.Hour)
		require.Equal(t, []string{"b1", "c"}, v.lines(), "a panic keeps the record")
	})
}

func TestWhatFailedLeavesTogetherWithWhatCame(t *testing.T) {
	v := &vendor{answer: func(n int, _ []string) int { return []int{500, 500, 200, 200}[n] }}
	cfg := Config{BatchEvents: 3, RetryWait: time.Hour, LongestWait: time.Hour, Merge: true}
	simulated(t, cfg, v, func(t *testing.T, q *Queue) {
		began := time.Now()
		for i := range 3 {
			addNumbers(t, q, i, i+1)
			synctest.Wait()
		}
		require.Equal(t, [][]string{numbers(0, 1), numbers(0, 2), numbers(0, 3)}, v.all(), "each record makes another attempt")
		require.Equal(t, began, time.Now())
		addNumbers(t, q, 3, 4)
		synctest.Wait()
		require.Equal(t, numbers(0, 4), v.lines())
		require.Zero(t, q.Stats().Pending)
	})
}

func TestWhatFailedWaitsForItsTurn(t *testing.T) {
	v := &vendor{answer: func(n int, _ []string) int { return []int{500, 200, 200}[n] }}
	cfg := Config{BatchEvents: 4, Interval: time.Minute, RetryWait: time.Hour, LongestWait: time.Hour, Merge: true}
	simulated(t, cfg, v, func(t *testing.T, q *Queue) {
		addNumbers(t, q, 0, 2)
		time.Sleep(2 * time.Minute)
		addNumbers(t, q, 2, 7)
		synctest.Wait()
		require.Len(t, v.all(), 1, "with an interval, what comes does not hurry")
		require.NoError(t, q.Flush(t.Context()))
		require.Equal(t, []int{2, 4, 3}, v.sizes(), "as many join as there is room for")
		require.Equal(t, numbers(0, 7), v.lines())
	})
}

// Whoever flushes while a request fails does not wait until its next turn.
func TestFlushDuringAFailingRequestHurries(t *testing.T) {
	v := &vendor{answer: func(n int, _ []string) int {
		time.Sleep(time.Second)
		return []int{500, 200}[n]
	}}
	cfg := Config{RetryWait: time.Hour, LongestWait: time.Hour, Merge: true}
	simulated(t, cfg, v, func(t *testing.T, q *Queue) {
		addNumbers(t, q, 0, 1)
		time.Sleep(500 * time.Millisecond)
		require.NoError(t, q.Flush(within(t, time.Minute)))
		require.Equal(t, numbers(0, 1), v.lines())
	})
}

func TestRecordsOfEndedProcessesAreToldApart(t *testing.T) {
	h := &told{}
	v := &vendor{}
	dir := t.TempDir()
	before := start(t, Config{
		Client: inMemory(t, v), Interval: time.Hour, Spool: &Spool{Path: dir, Identity: "x", MaxBytes: 1 << 20},
	})
	addNumbers(t, before, 0, 2)
	require.ErrorIs(t, before.Close(within(t, 0)), context.DeadlineExceeded)
	q := start(t, Config{
		Client: inMemory(t, v), Interval: 0, Hear: h.hear, Spool: &Spool{Path: dir, Identity: "x", MaxBytes: 1 << 20},
	})
	addNumbers(t, q, 2, 3)
	require.NoError(t, q.Close(within(t, time.Minute)))
	require.ElementsMatch(t, numbers(0, 3), v.lines())
	require.Contains(t, fmt.Sprint(h.all()), "0(adopted)")
	require.NotContains(t, fmt.Sprint(h.all()), "2(adopted)")
}

// A record that comes between looking and sleeping is not left lying.
func TestARecordThatComesBeforeTheDispatcherSleepsIsSeen(t *testing.T) {
	q := &Queue{cfg: Config{Parallel: 1, BatchEvents: 100, BatchBytes: 1000}, ring: newRing(10, 1024)}
	require.False(t, q.due())
	_, ok := q.ring.put(0, []byte("late"))
	require.True(t, ok)
	require.Nil(t, q.rest())
}
