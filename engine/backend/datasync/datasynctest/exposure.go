package datasynctest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/event"
	"github.com/burgee-flags/burgee/engine/option"
)

// plan opens a client that sends nothing.
func plan(t testing.TB, open backend.Open) *backend.Plan {
	t.Helper()
	opts, err := option.New([]byte(`{"offline":true}`))
	require.NoError(t, err)
	plan, err := open(opts, Env(&Log{}))
	require.NoError(t, err)
	return plan
}

// Body returns the body of the request that carries records, which are JSON or drafts, of the time 0.
func Body(t testing.TB, open backend.Open, records ...[]byte) []byte {
	t.Helper()
	batch := make([]event.Record, len(records))
	for i, record := range records {
		batch[i].Data = record
	}
	request, err := plan(t, open).Events.Lanes[0].Queue.Encoder.Encode(batch)
	require.NoError(t, err)
	return request.Body
}

// RequireDrafts fails unless the draft of what a user was served becomes the same element of the same body as its record,
// also when whether it counts for an experiment is left open.
func RequireDrafts(t testing.TB, open backend.Open, rules eval.Ruleset, key string, ec *eval.Context) {
	t.Helper()
	events := plan(t, open).Events
	var decided eval.Outcome
	rules.Resolve(key, ec, &decided)
	record := events.Exposure(nil, ec, &decided, 0)
	late := eval.Outcome{LateDraw: true}
	rules.Resolve(key, ec, &late)
	require.Equal(t, string(Body(t, open, record, record, record)),
		string(Body(t, open, record, events.Draft(nil, ec, &decided), events.Draft(nil, ec, &late))))
}

// exposures is how many a queue of these tests takes, which sends none of them meanwhile.
const exposures = 8_000

// exposing returns what writes the draft of the outcome and puts it into a queue, which is full after exposures calls.
func exposing(t testing.TB, open backend.Open, out *eval.Outcome) (expose func(), again func()) {
	t.Helper()
	events := plan(t, open).Events
	config := events.Lanes[0].Queue
	config.Interval, config.BatchEvents, config.BatchBytes, config.Bytes = time.Hour, 2*exposures, 64<<20, 16<<20
	var queue *event.Queue
	var err error
	buffer := make([]byte, 0, 4<<10)
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	again = func() {
		if queue != nil {
			_ = queue.Close(stopped) // what it holds goes nowhere
		}
		queue, err = event.New(config)
		require.NoError(t, err)
	}
	again()
	t.Cleanup(func() { _ = queue.Close(stopped) })
	return func() {
		const at = 1709630000123
		if !queue.Add(at, events.Draft(buffer, &BenchContext, out)) {
			panic("the queue is full")
		}
	}, again
}

// RequireExposureNoAlloc fails if telling the vendor of the outcome costs an allocation.
func RequireExposureNoAlloc(t *testing.T, open backend.Open, out *eval.Outcome) {
	expose, _ := exposing(t, open, out)
	require.Zero(t, testing.AllocsPerRun(exposures/2, expose))
	events := plan(t, open).Events
	buffer := make([]byte, 0, 4<<10)
	require.Zero(t, testing.AllocsPerRun(100, func() { events.Exposure(buffer, &BenchContext, out, 1) }))
}

// BenchmarkExposure writes the draft of the outcome and puts it into a queue.
func BenchmarkExposure(b *testing.B, open backend.Open, out *eval.Outcome) {
	expose, again := exposing(b, open, out)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%exposures == exposures-1 {
			b.StopTimer()
			again()
			b.StartTimer()
		}
		expose()
	}
}
