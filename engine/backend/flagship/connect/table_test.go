package connect

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func opened(t testing.TB, in *table) uint64 {
	handle, err := in.reserve()
	require.NoError(t, err)
	require.Nil(t, in.find(handle), "it stands for nothing yet")
	in.publish(&held{handle: handle})
	return handle
}

// chunksOf counts the chunks that are in memory.
func (t *table) chunksOf() (count int) {
	for i := range t.chunks {
		if t.chunks[i].Load() != nil {
			count++
		}
	}
	return count
}

func TestMemoryOfClosedVisitorsIsGivenBack(t *testing.T) {
	var in table
	handles := make([]uint64, 5*chunkSlots)
	for i := range handles {
		handles[i] = opened(t, &in)
		require.Less(t, handles[i], uint64(1)<<53)
	}
	require.Equal(t, 5, in.chunksOf())
	for _, handle := range handles {
		require.Equal(t, handle, in.find(handle).handle)
	}
	for _, handle := range handles[:len(handles)-1] {
		require.True(t, in.close(handle))
		require.False(t, in.close(handle))
		require.Nil(t, in.find(handle))
	}
	require.Equal(t, 2, in.chunksOf(), "one is kept, one holds a visitor")
	again := opened(t, &in)
	require.NotContains(t, handles, again)
	require.Equal(t, 2, in.chunksOf())
	require.NotNil(t, in.find(handles[len(handles)-1]))
}

// A slot counts its generations also while its chunk is not in memory.
func TestNoHandleIsGivenOutTwice(t *testing.T) {
	var in table
	known := map[uint64]bool{}
	for range 4 {
		var handles []uint64
		for range 3*chunkSlots + 5 {
			handle := opened(t, &in)
			require.False(t, known[handle])
			known[handle] = true
			handles = append(handles, handle)
		}
		for _, handle := range handles {
			require.True(t, in.close(handle))
		}
		require.Equal(t, 1, in.chunksOf())
	}
	for handle := range known {
		require.Nil(t, in.find(handle))
	}
	require.Nil(t, in.find(0))
	require.Nil(t, in.find(1<<64-1))
}

func TestASlotWhoseGenerationsAreUsedUpIsLeftAlone(t *testing.T) {
	var in table
	first := opened(t, &in)
	at, slot := places(first)
	in.chunks[at].Load().generations[slot] = mostGeneration
	last := uint64(mostGeneration)<<slotBits | first&(1<<slotBits-1)
	in.publish(&held{handle: last})
	require.Less(t, last, uint64(1)<<53)
	require.True(t, in.close(last))
	next := opened(t, &in)
	require.NotEqual(t, first&(1<<slotBits-1), next&(1<<slotBits-1))
	for i := range in.past {
		in.past[i] = mostGeneration
	}
	in.room = 1
	_, err := in.reserve()
	require.ErrorContains(t, err, "too many open visitors")
}

func TestVisitorsComeAndGoWhileOthersAreRead(t *testing.T) {
	var in table
	stays := opened(t, &in)
	var done sync.WaitGroup
	for range 4 {
		done.Go(func() {
			for range 200 {
				var mine [100]uint64
				for i := range mine {
					mine[i] = opened(t, &in)
				}
				for _, handle := range mine {
					if in.find(handle) == nil || in.find(stays) == nil || !in.close(handle) || in.find(handle) != nil {
						t.Error("a visitor is not what its handle says")
						return
					}
				}
			}
		})
	}
	done.Wait()
	require.LessOrEqual(t, in.chunksOf(), 2)
}
