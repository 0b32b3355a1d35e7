package event

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/transport"
)

// benchQueue sends to a server that takes everything.
func benchQueue(b *testing.B, spooled bool) *Queue {
	b.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	b.Cleanup(server.Close)
	client, err := transport.New(transport.Config{})
	require.NoError(b, err)
	cfg := Config{Client: client, Encoder: lines{server.URL}, Interval: time.Second}
	if spooled {
		cfg.Spool = &Spool{Path: b.TempDir(), MaxBytes: 4 << 30}
	}
	q, err := New(cfg)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, q.Close(context.Background())) })
	return q
}

// BenchmarkAddNoAlloc is what an evaluation pays for its event of 250 bytes.
func BenchmarkAddNoAlloc(b *testing.B) {
	for name, spooled := range map[string]bool{"memory": false, "spool": true} {
		b.Run(name, func(b *testing.B) {
			q := benchQueue(b, spooled)
			data := make([]byte, 250)
			b.ReportAllocs()
			for b.Loop() {
				if records, _ := q.ring.waiting(); records > DefaultEvents/2 {
					b.StopTimer()
					require.NoError(b, q.Flush(context.Background()))
					b.StartTimer()
				}
				if !q.Add(1, data) {
					b.Fatal("full")
				}
			}
		})
	}
}

// BenchmarkAddDurable is a system call, shared by those who call at the same time.
func BenchmarkAddDurable(b *testing.B) {
	q := benchQueue(b, true)
	data := make([]byte, 250)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if err := q.AddDurable(1, data); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkDelivery is the whole way, to the answer of the server.
func BenchmarkDelivery(b *testing.B) {
	for name, spooled := range map[string]bool{"memory": false, "spool": true} {
		b.Run(name, func(b *testing.B) {
			q := benchQueue(b, spooled)
			data := make([]byte, 250)
			began := time.Now() // the timer of b ends with the loop
			for b.Loop() {
				for !q.Add(1, data) {
					time.Sleep(100 * time.Microsecond)
				}
			}
			require.NoError(b, q.Flush(context.Background()))
			b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "events/s")
		})
	}
}
