package api

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func nothing() {}

func TestAHandleIsNeverUsedAgain(t *testing.T) {
	var handles table
	seen := map[uint64]bool{}
	for range 1000 {
		handle, err := handles.reserve()
		require.NoError(t, err)
		require.False(t, seen[handle])
		require.Less(t, handle, uint64(1)<<53, "a handle is exact as a JSON number")
		seen[handle] = true
		require.Nil(t, handles.get(handle), "reserved is not open")
		e := &entry{handle: handle}
		handles.publish(e)
		require.Same(t, e, handles.get(handle))
		require.Same(t, e, handles.take(handle))
		require.Nil(t, handles.take(handle))
		require.Nil(t, handles.get(handle))
		handles.release(handle, nothing)
	}
	require.Len(t, *handles.slots.Load(), 1, "the slot is used again")
}

func TestASlotRetiresWhenItsGenerationsAreUsedUp(t *testing.T) {
	var handles table
	first, err := handles.reserve()
	require.NoError(t, err)
	handles.release(first, nothing)
	handles.generations[0] = maxGeneration - 1
	last, err := handles.reserve()
	require.NoError(t, err)
	require.Equal(t, uint64(maxGeneration), last>>slotBits)
	handles.release(last, nothing)
	next, err := handles.reserve()
	require.NoError(t, err)
	require.Equal(t, uint64(2), next&(1<<slotBits-1), "another slot")
}

func TestAReleasedHandleOwnsNothing(t *testing.T) {
	var handles table
	old, _ := handles.reserve()
	handles.release(old, nothing)
	handle, _ := handles.reserve()
	ran := false
	handles.ifOwned(old, func() { require.Fail(t, "late") })
	handles.ifOwned(handle, func() { ran = true })
	require.True(t, ran)
}

func TestReadersNeverSeeAnotherHandlesEntry(t *testing.T) {
	var handles table
	var writers, readers sync.WaitGroup
	stop := make(chan struct{})
	published := make(chan uint64, 1)
	for range 2 {
		writers.Go(func() {
			for range 2000 {
				handle, _ := handles.reserve()
				handles.publish(&entry{handle: handle})
				select {
				case published <- handle:
				default:
				}
				handles.take(handle)
				handles.release(handle, nothing)
			}
		})
		readers.Go(func() {
			for {
				select {
				case handle := <-published:
					if e := handles.get(handle); e != nil && e.handle != handle {
						t.Error("another handle's entry")
					}
				case <-stop:
					return
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
}

func TestEvaluationWhileEnginesAreDestroyed(t *testing.T) {
	l, _ := opened(t)
	var wait sync.WaitGroup
	request := []byte(`{"flag_key":"theme","entity_id":"u","context":{"plan":"pro"}}`)
	for range 4 {
		wait.Go(func() {
			for range 50 {
				handle := l.InitializeEngine([]byte(`{"url":"http://127.0.0.1:1","start_wait_ms":0}`))
				done := make(chan struct{})
				go func() {
					defer close(done)
					for range 100 {
						l.EvaluateVariant(handle, request, nil)
						l.ListFlags(handle, nil)
						l.Call(handle, []byte("status"), nil, nil)
					}
				}()
				l.DestroyEngine(handle)
				<-done
			}
		})
	}
	wait.Wait()
}
