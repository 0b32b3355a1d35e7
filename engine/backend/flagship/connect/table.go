package connect

import (
	"sync"
	"sync/atomic"

	"github.com/burgee-flags/burgee/engine/backend/flagship/visitor"
	"github.com/burgee-flags/burgee/engine/eval"
)

// A handle is generation<<slotBits | slot. A slot counts its generations, also over the times when its chunk is not in
// memory, so that no handle is ever given out twice; generations begin with 1, so that no handle is 0. Handles stay below
// 2^53, because they travel as JSON numbers.
const (
	slotBits       = 24
	mostGeneration = 1<<29 - 1
	chunkSlots     = 1 << 12
	mostChunks     = 1 << slotBits / chunkSlots
)

// table holds the open visitors by their handles. Reading takes no lock. Slots come in chunks, which are made when they are
// needed and given back when they are empty, so that neither opening nor closing touches other visitors.
type table struct {
	chunks [mostChunks]atomic.Pointer[chunk]

	mu    sync.Mutex         // guards what follows, and all of a chunk but its visitors
	past  [mostChunks]uint32 // generations that a chunk had used up when it was given back
	room  int                // all chunks before it are full
	spare int                // 1 + an empty chunk that is kept; 0: none is
}

type chunk struct {
	visitors    [chunkSlots]atomic.Pointer[held]
	generations [chunkSlots]uint32
	free        []uint16 // slots that may be taken
	used        int
}

// held is an open visitor.
type held struct {
	handle uint64
	*visitor.Visitor
}

var errTooMany = &eval.Error{Code: eval.CodeGeneral, Msg: "too many open visitors, 16777216 at most"}

// reserve returns a new handle, which stands for nothing until publish.
func (t *table) reserve() (uint64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for ; t.room < mostChunks; t.room++ {
		if t.past[t.room] >= mostGeneration {
			continue
		}
		c := t.chunks[t.room].Load()
		if c == nil {
			c = newChunk(t.past[t.room])
			t.chunks[t.room].Store(c)
		}
		last := len(c.free) - 1
		if last < 0 {
			continue
		}
		if t.spare == t.room+1 {
			t.spare = 0
		}
		slot := c.free[last]
		c.free = c.free[:last]
		c.used++
		c.generations[slot]++
		return uint64(c.generations[slot])<<slotBits | uint64(t.room)*chunkSlots | uint64(slot), nil
	}
	return 0, errTooMany
}

// newChunk returns a chunk whose slots have used up so many generations.
func newChunk(past uint32) *chunk {
	c := &chunk{free: make([]uint16, chunkSlots)}
	for i := range c.free {
		c.free[i] = uint16(chunkSlots - 1 - i) //nolint:gosec // below chunkSlots
		c.generations[i] = past
	}
	return c
}

// places returns the chunk of a handle, and the slot in it.
func places(handle uint64) (at, slot uint64) {
	return handle & (1<<slotBits - 1) / chunkSlots, handle % chunkSlots
}

// publish makes the handle of a visitor stand for it.
func (t *table) publish(v *held) {
	at, slot := places(v.handle)
	t.chunks[at].Load().visitors[slot].Store(v)
}

// find returns the open visitor of a handle, or nil.
func (t *table) find(handle uint64) *held {
	at, slot := places(handle)
	c := t.chunks[at].Load()
	if c == nil {
		return nil
	}
	if h := c.visitors[slot].Load(); h != nil && h.handle == handle {
		return h
	}
	return nil
}

// close makes a handle invalid. Of several callers one gets true.
func (t *table) close(handle uint64) bool {
	at, slot := places(handle)
	h := t.find(handle)
	if h == nil {
		return false
	}
	c := t.chunks[at].Load()
	if c == nil || !c.visitors[slot].CompareAndSwap(h, nil) {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.giveBack(int(at), c, uint16(slot)) //nolint:gosec // below chunkSlots
	return true
}

// giveBack lets a slot be used again, unless it has used up its generations. One empty chunk is kept, so that visitors that
// come and go do not make one each time. The lock is held.
func (t *table) giveBack(at int, c *chunk, slot uint16) {
	if c.generations[slot] < mostGeneration {
		c.free = append(c.free, slot)
	}
	t.room = min(t.room, at)
	if c.used--; c.used > 0 {
		return
	}
	if t.spare == 0 {
		t.spare = at + 1
		return
	}
	for _, generation := range c.generations {
		t.past[at] = max(t.past[at], generation)
	}
	t.chunks[at].Store(nil)
}
