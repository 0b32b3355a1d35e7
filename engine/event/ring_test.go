package event

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRingKeepsOrderAcrossItsEnd(t *testing.T) {
	r := newRing(100, 4096)
	next := 0
	for i := range 10_000 {
		text := []byte(fmt.Sprintf("%d%s", i, bytes.Repeat([]byte("x"), i%700)))
		_, ok := r.put(int64(i), text)
		require.True(t, ok, i)
		if i%4 != 3 {
			continue
		}
		for n, ok := r.next(); ok; n, ok = r.next() {
			time, data := r.take(nil, n)
			require.Equal(t, int64(next), time)
			require.Equal(t, fmt.Sprintf("%d%s", next, bytes.Repeat([]byte("x"), next%700)), string(data))
			next++
		}
	}
	require.Equal(t, 10_000, next)
}

func TestRingRefusesWhatDoesNotFit(t *testing.T) {
	r := newRing(3, 4096)
	for range 3 {
		_, ok := r.put(0, nil)
		require.True(t, ok)
	}
	_, ok := r.put(0, nil)
	require.False(t, ok, "three records are the limit")

	r = newRing(100, 4096)
	_, ok = r.put(0, make([]byte, 4096-ringHeader))
	require.True(t, ok, "exactly full")
	_, ok = r.put(0, nil)
	require.False(t, ok)
	n, _ := r.next()
	r.take(nil, n)
	records, size := r.waiting()
	require.Zero(t, records)
	require.Zero(t, size)
	_, ok = r.put(0, make([]byte, 4097-ringHeader))
	require.False(t, ok, "larger than the ring")
	_, ok = r.put(0, nil)
	require.True(t, ok)
}

func TestRingUnderManyProducers(t *testing.T) {
	const producers, each = 8, 20_000
	r := newRing(500, 16<<10)
	var wait sync.WaitGroup
	for p := range producers {
		wait.Go(func() {
			for i := range each {
				data := binary.LittleEndian.AppendUint32(nil, uint32(p))
				data = binary.LittleEndian.AppendUint32(data, uint32(i))
				data = append(data, bytes.Repeat([]byte{byte(i)}, i%50)...)
				for {
					if _, ok := r.put(int64(p), data); ok {
						break
					}
					runtime.Gosched()
				}
			}
		})
	}
	var seen [producers]uint32
	for total := 0; total < producers*each; {
		n, ok := r.next()
		if !ok {
			runtime.Gosched()
			continue
		}
		time, data := r.take(nil, n)
		p, i := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint32(data[4:])
		require.Equal(t, int64(p), time)
		require.Equal(t, seen[p], i, "each producer's own order is kept")
		require.Equal(t, bytes.Repeat([]byte{byte(i)}, int(i%50)), append([]byte{}, data[8:]...))
		seen[p]++
		total++
	}
	wait.Wait()
	records, size := r.waiting()
	require.Zero(t, records)
	require.Zero(t, size)
	for _, word := range r.words {
		require.Zero(t, word, "what is free is zero")
	}
}

func BenchmarkRingPut(b *testing.B) {
	r := newRing(1<<20, 64<<20)
	data := make([]byte, 250)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := r.put(1, data); !ok {
			b.StopTimer()
			for n, ok := r.next(); ok; n, ok = r.next() {
				_, _ = r.take(nil, n)
			}
			b.StartTimer()
		}
	}
}
