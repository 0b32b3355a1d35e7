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

// exposures is how many a queue of these tests takes, which sends none of them meanwhile.
const exposures = 8_000

// exposing returns what writes the record of the outcome and puts it into a queue, which is full after exposures calls.
func exposing(t testing.TB, open backend.Open, out *eval.Outcome) (expose func(), again func()) {
	t.Helper()
	opts, err := option.New([]byte(`{"offline":true}`))
	require.NoError(t, err)
	plan, err := open(opts, Env(&Log{}))
	require.NoError(t, err)
	config := plan.Events.Lanes[0].Queue
	config.Interval, config.BatchEvents, config.BatchBytes, config.Bytes = time.Hour, 2*exposures, 64<<20, 16<<20
	var queue *event.Queue
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
		if !queue.Add(at, plan.Events.Exposure(buffer, &BenchContext, out, at)) {
			panic("the queue is full")
		}
	}, again
}

// RequireExposureNoAlloc fails if telling the vendor of the outcome costs an allocation.
func RequireExposureNoAlloc(t *testing.T, open backend.Open, out *eval.Outcome) {
	expose, _ := exposing(t, open, out)
	require.Zero(t, testing.AllocsPerRun(exposures/2, expose))
}

// BenchmarkExposure writes the record of the outcome and puts it into a queue.
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
