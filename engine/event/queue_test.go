package event

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// simulated runs a test with a vendor and a queue on a simulated clock. synctest fails when a goroutine is left.
func simulated(t *testing.T, cfg Config, v *vendor, test func(t *testing.T, q *Queue)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cfg := cfg
		cfg.Client = inMemory(t, v)
		q := start(t, cfg)
		test(t, q)
		_ = q.Close(within(t, 0))
		time.Sleep(24 * time.Hour) // for the handlers of requests that were broken off
	})
}

func TestBatchLeavesWhenItIsFull(t *testing.T) {
	v := &vendor{}
	simulated(t, Config{BatchEvents: 3, Interval: time.Hour}, v, func(t *testing.T, q *Queue) {
		addNumbers(t, q, 0, 8)
		synctest.Wait()
		assert.Equal(t, [][]string{numbers(0, 3), numbers(3, 6)}, v.all())
		assert.Equal(t, Stats{Accepted: 8, Sent: 6, Pending: 2}, q.Stats())
	})
}

func TestBatchLeavesWhenItHasItsBytes(t *testing.T) {
	v := &vendor{}
	simulated(t, Config{BatchBytes: 1000, Interval: time.Hour}, v, func(t *testing.T, q *Queue) {
		for range 10 {
			require.True(t, q.Add(0, bytes.Repeat([]byte("x"), 300)))
		}
		synctest.Wait()
		assert.Equal(t, []int{3, 3, 3}, v.sizes())
		require.True(t, q.Add(0, bytes.Repeat([]byte("x"), 5000)))
		synctest.Wait()
		assert.Equal(t, []int{3, 3, 3, 1, 1}, v.sizes(), "a large record travels alone")
	})
}

// A burst is not disturbed by its own delivery, and all of it leaves together.
func TestBatchesMayWaitForMoreThanTheyHold(t *testing.T) {
	v := &vendor{}
	simulated(t, Config{BatchEvents: 3, EarlyEvents: 8, Interval: time.Hour}, v, func(t *testing.T, q *Queue) {
		addNumbers(t, q, 0, 7)
		synctest.Wait()
		require.Empty(t, v.all())
		addNumbers(t, q, 7, 8)
		synctest.Wait()
		require.Equal(t, []int{3, 3, 2}, v.sizes())
		addNumbers(t, q, 8, 12)
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, []int{3, 3, 2, 3, 1}, v.sizes())
	})
}

func TestBatchLeavesAfterItsInterval(t *testing.T) {
	v := &vendor{}
	simulated(t, Config{Interval: 2 * time.Second}, v, func(t *testing.T, q *Queue) {
		time.Sleep(time.Minute)
		began := time.Now()
		addNumbers(t, q, 0, 2)
		time.Sleep(time.Second)
		addNumbers(t, q, 2, 3)
		time.Sleep(999 * time.Millisecond)
		synctest.Wait()
		require.Empty(t, v.all())
		time.Sleep(time.Hour)
		require.Equal(t, [][]string{numbers(0, 3)}, v.all())
		require.Equal(t, 2*time.Second, v.arrived[0].Sub(began))
	})
}

func TestWithoutIntervalEveryRecordLeavesAtOnce(t *testing.T) {
	v := &vendor{}
	simulated(t, Config{}, v, func(t *testing.T, q *Queue) {
		for i := range 3 {
			began := time.Now()
			addNumbers(t, q, i, i+1)
			synctest.Wait()
			require.Equal(t, numbers(0, i+1), v.lines())
			require.Equal(t, began, v.arrived[i])
		}
	})
}

func TestFlushReturnsWhenEverythingBeforeItIsSent(t *testing.T) {
	v := &vendor{answer: func(int, []string) int { time.Sleep(time.Second); return 200 }}
	simulated(t, Config{BatchEvents: 10, Interval: time.Hour}, v, func(t *testing.T, q *Queue) {
		began := time.Now()
		require.NoError(t, q.Flush(t.Context()), "nothing to do")
		require.Equal(t, began, time.Now())
		addNumbers(t, q, 0, 25)
		require.NoError(t, q.Flush(t.Context()))
		assert.Equal(t, numbers(0, 25), v.lines())
		assert.Equal(t, []int{10, 10, 5}, v.sizes())
		assert.Equal(t, 3*time.Second, time.Since(began), "one request after the other")
		addNumbers(t, q, 25, 26)
		assert.ErrorIs(t, q.Flush(within(t, time.Millisecond)), context.DeadlineExceeded)
	})
}

func TestSeveralRequestsAtTheSameTime(t *testing.T) {
	v := &vendor{answer: func(int, []string) int { time.Sleep(time.Second); return 200 }}
	simulated(t, Config{BatchEvents: 10, Interval: time.Hour, Parallel: 3}, v, func(t *testing.T, q *Queue) {
		began := time.Now()
		addNumbers(t, q, 0, 60)
		require.NoError(t, q.Flush(t.Context()))
		assert.ElementsMatch(t, numbers(0, 60), v.lines())
		assert.Equal(t, 2*time.Second, time.Since(began))
	})
}

func TestFailuresAreRetriedWithGrowingPausesUntilTheServerTakesIt(t *testing.T) {
	v := &vendor{answer: func(n int, _ []string) int { return []int{503, 401, 500, 404, 429, 301, 302, 200}[n] }}
	in := &inbox{}
	simulated(t, Config{RetryWait: time.Second, LongestWait: 5 * time.Second, Report: in.add}, v, func(t *testing.T, q *Queue) {
		addNumbers(t, q, 0, 3)
		synctest.Wait()
		assert.Contains(t, q.Stats().LastError, "http://vendor.test/events answered ")
		time.Sleep(time.Hour)
		require.Equal(t, numbers(0, 3), v.lines())
		stats := q.Stats()
		assert.Equal(t, Stats{Accepted: 3, Sent: 3, Retried: uint64(len(v.all())) - 1}, stats)
		for k := range len(v.all()) - 1 {
			wait, longest := v.arrived[k+1].Sub(v.arrived[k]), min(time.Second<<k, 5*time.Second)
			assert.GreaterOrEqual(t, wait, longest/2, "retry %d", k)
			assert.LessOrEqual(t, wait, longest, "retry %d", k)
		}
		assert.NotEmpty(t, in.of(Failing))
		assert.Len(t, in.of(Recovered), 1)
	})
}

func TestFlushEndsTheWaitBeforeARetry(t *testing.T) {
	down := true
	v := &vendor{answer: func(int, []string) int {
		if down {
			return 503
		}
		return 200
	}}
	for name, longAgo := range map[string]time.Duration{"inside a round": time.Second, "between rounds": 10 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			down = true
			v.got = nil
			simulated(t, Config{RetryWait: time.Hour, LongestWait: 5 * time.Hour}, v, func(t *testing.T, q *Queue) {
				addNumbers(t, q, 0, 1)
				time.Sleep(longAgo)
				synctest.Wait()
				down = false
				began := time.Now()
				require.NoError(t, q.Flush(t.Context()))
				assert.Equal(t, numbers(0, 1), v.lines())
				assert.Equal(t, began, time.Now())
			})
		})
	}
}

func TestServerThatAsksForTimeGetsIt(t *testing.T) {
	v := &vendor{retryAfter: "20", answer: func(n int, _ []string) int { return []int{503, 503, 503, 503, 503, 200}[n] }}
	simulated(t, Config{}, v, func(t *testing.T, q *Queue) {
		began := time.Now()
		addNumbers(t, q, 0, 1)
		require.NoError(t, q.Close(t.Context()))
		assert.Len(t, v.lines(), 1)
		assert.GreaterOrEqual(t, time.Since(began), 100*time.Second)
		assert.Less(t, time.Since(began), 120*time.Second)
	})
}

func TestPoisonIsFoundAndDroppedAlone(t *testing.T) {
	for name, poison := range map[string]string{
		"refused by the server": "bad", "refused by the encoder": "!", "a panic in the encoder": "!panic", "left out": "-",
	} {
		t.Run(name, func(t *testing.T) {
			v := &vendor{answer: func(_ int, body []string) int {
				if strings.Contains(strings.Join(body, "\n"), "bad") {
					return 400
				}
				return 200
			}}
			in := &inbox{}
			simulated(t, Config{Interval: time.Second, Report: in.add}, v, func(t *testing.T, q *Queue) {
				addNumbers(t, q, 0, 13)
				q.Add(0, []byte(poison))
				addNumbers(t, q, 13, 40)
				require.NoError(t, q.Flush(t.Context()))
				assert.Equal(t, numbers(0, 40), v.lines())
				assert.Equal(t, Stats{Accepted: 41, Sent: 40, Dropped: Drops{Refused: 1}}, q.Stats())
				synctest.Wait()
				require.Len(t, in.of(Dropped), 1)
				assert.Equal(t, uint64(1), in.of(Dropped)[0].Count)
				if poison == "bad" {
					assert.Equal(t, "1 events were dropped: 1 refused (http://vendor.test/events answered 400 Bad Request: "+
						"you said bad)", in.of(Dropped)[0].Message)
				}
			})
		})
	}
}

func TestRefusedBatchIsDroppedWhole(t *testing.T) {
	v := &vendor{answer: func(n int, _ []string) int { return []int{422, 200}[n] }}
	simulated(t, Config{BatchEvents: 5, Interval: time.Hour}, v, func(t *testing.T, q *Queue) {
		addNumbers(t, q, 0, 10)
		require.NoError(t, q.Flush(t.Context()))
		assert.Equal(t, numbers(5, 10), v.lines())
		assert.Equal(t, Stats{Accepted: 10, Sent: 5, Dropped: Drops{Refused: 5}}, q.Stats())
	})
}

func TestAttemptsAreCounted(t *testing.T) {
	for _, attempts := range []int{1, 2, 4, 5, 9} {
		v := &vendor{answer: func(_ int, body []string) int {
			if body[0] == "0" {
				return 503
			}
			return 200
		}}
		simulated(t, Config{BatchEvents: 5, Interval: time.Hour, Attempts: attempts}, v, func(t *testing.T, q *Queue) {
			addNumbers(t, q, 0, 10)
			require.NoError(t, q.Close(t.Context()))
			assert.Len(t, v.all(), attempts+1)
			assert.Equal(t, uint64(5), q.Stats().Dropped.GaveUp)
			assert.Equal(t, uint64(5), q.Stats().Sent)
			assert.Equal(t, uint64(attempts-1), q.Stats().Retried)
		})
	}
}

func TestOldRecordsAreDroppedAlsoBetweenRetries(t *testing.T) {
	v := &vendor{answer: func(int, []string) int { return 503 }}
	simulated(t, Config{Interval: time.Second, MaxAge: time.Hour}, v, func(t *testing.T, q *Queue) {
		require.True(t, q.Add(time.Now().Add(-2*time.Hour).UnixMilli(), []byte("ancient")))
		require.True(t, q.Add(time.Now().Add(-30*time.Minute).UnixMilli(), []byte("old")))
		require.True(t, q.Add(time.Now().UnixMilli(), []byte("new")))
		time.Sleep(40 * time.Minute)
		assert.Equal(t, []string{"old", "new"}, v.all()[0])
		assert.Equal(t, []string{"new"}, v.all()[len(v.all())-1])
		time.Sleep(40 * time.Minute)
		assert.Equal(t, Drops{Expired: 3}, q.Stats().Dropped)
		assert.Zero(t, q.Stats().Pending)
	})
}

func TestFullQueueDropsTheNewestAndSaysSoNowAndThen(t *testing.T) {
	up := make(chan struct{})
	v := &vendor{answer: func(int, []string) int { <-up; return 200 }}
	in := &inbox{}
	synctest.Test(t, func(t *testing.T) {
		up = make(chan struct{})
		q := start(t, Config{
			Client: inMemory(t, v), Events: 100, BatchEvents: 10, Report: in.add, ReportEvery: 10 * time.Second,
		})
		addNumbers(t, q, 0, 10)
		synctest.Wait() // under way
		addNumbers(t, q, 10, 110)
		for range 25 { // a server that is silent for longer is given up
			for range 7 {
				require.False(t, q.Add(0, []byte("too much")))
			}
			time.Sleep(time.Second)
		}
		require.False(t, q.Add(0, make([]byte, 2<<20)), "larger than a record may be")
		close(up)
		require.NoError(t, q.Close(t.Context()))
		assert.Equal(t, numbers(0, 110), v.lines())
		assert.Equal(t, Stats{Accepted: 110, Sent: 110, Dropped: Drops{Full: 176}}, q.Stats())
		total := uint64(0)
		for _, notice := range in.of(Dropped) {
			total += notice.Count
		}
		assert.Equal(t, uint64(176), total)
		assert.Contains(t, []int{3, 4}, len(in.of(Dropped)), "at once, after 10 and 20 seconds, at the end")
	})
}

func TestCloseDeliversWhatIsLeft(t *testing.T) {
	v := &vendor{}
	simulated(t, Config{BatchEvents: 10, Interval: time.Hour, Parallel: 2}, v, func(t *testing.T, q *Queue) {
		addNumbers(t, q, 0, 35)
		began := time.Now()
		require.NoError(t, q.Close(t.Context()))
		require.NoError(t, q.Close(t.Context()), "again")
		assert.Equal(t, began, time.Now())
		assert.ElementsMatch(t, numbers(0, 35), v.lines())
		assert.False(t, q.Add(0, []byte("late")))
		assert.ErrorIs(t, q.AddDurable(0, []byte("late")), ErrClosed)
		assert.Equal(t, Stats{Accepted: 35, Sent: 35, Dropped: Drops{Closed: 2}}, q.Stats())
		assert.NoError(t, q.Flush(t.Context()))
	})
}

func TestCloseEndsAtItsDeadline(t *testing.T) {
	for name, answer := range map[string]func(int, []string) int{
		"server that fails":        func(int, []string) int { return 503 },
		"server that says nothing": func(int, []string) int { time.Sleep(time.Hour); return 200 },
	} {
		t.Run(name, func(t *testing.T) {
			in := &inbox{}
			simulated(t, Config{BatchEvents: 10, Parallel: 2, Report: in.add}, &vendor{answer: answer}, func(t *testing.T, q *Queue) {
				addNumbers(t, q, 0, 35)
				began := time.Now()
				require.ErrorIs(t, q.Close(within(t, 3*time.Second)), context.DeadlineExceeded)
				assert.Equal(t, 3*time.Second, time.Since(began))
				assert.Equal(t, Drops{Closed: 35}, q.Stats().Dropped)
				require.Len(t, in.of(Dropped), 1)
				assert.Equal(t, "35 events were dropped: 35 because the queue was closed", in.of(Dropped)[0].Message)
			})
		})
	}
}

func TestIdleQueueSleeps(t *testing.T) {
	simulated(t, Config{Interval: time.Second}, &vendor{}, func(t *testing.T, q *Queue) {
		addNumbers(t, q, 0, 1)
		time.Sleep(1000 * time.Hour) // an endless loop of timers would make this test endless
		assert.Equal(t, uint64(1), q.Stats().Sent)
	})
}
