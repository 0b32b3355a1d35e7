package api

import (
	"sync"
	"sync/atomic"

	"github.com/burgee-flags/burgee/engine/eval"
)

const (
	// A handle is generation<<32 | slot number, counted from 1 so that no handle is 0. It stays below 2^53, because a
	// handle also travels as a JSON number.
	slotBits      = 32
	maxGeneration = 1<<21 - 1
	maxSlots      = 1 << 20
)

// table maps handles to entries. Reading takes no lock. A closed handle is never valid again: the generation of its slot
// counts on, and a slot that has used up its generations is retired.
type table struct {
	slots atomic.Pointer[[]*slot]

	mu          sync.Mutex // guards what follows, and writing slots
	generations []uint32   // by slot, of the last handle given out
	owners      []uint64   // by slot, the handle that is reserved or open; 0 if none is
	free        []uint32   // slots that are neither owned nor retired
}

type slot struct {
	entry atomic.Pointer[entry]
}

// get returns the open entry of handle, or nil.
func (t *table) get(handle uint64) *entry {
	slots := t.slots.Load()
	number := handle&(1<<slotBits-1) - 1
	if slots == nil || number >= uint64(len(*slots)) {
		return nil
	}
	e := (*slots)[number].entry.Load()
	if e == nil || e.handle != handle {
		return nil
	}
	return e
}

// reserve returns a new handle. It stands for nothing until publish.
func (t *table) reserve() (uint64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var number uint32
	if n := len(t.free); n > 0 {
		number, t.free = t.free[n-1], t.free[:n-1]
	} else {
		if len(t.generations) == maxSlots {
			return 0, &eval.Error{Code: eval.CodeGeneral, Msg: "too many open clients, 1048576 at most"}
		}
		number = uint32(len(t.generations)) //nolint:gosec // below maxSlots
		t.generations, t.owners = append(t.generations, 0), append(t.owners, 0)
		var grown []*slot
		if old := t.slots.Load(); old != nil {
			grown = append(grown, *old...)
		}
		grown = append(grown, &slot{})
		t.slots.Store(&grown)
	}
	t.generations[number]++
	t.owners[number] = uint64(t.generations[number])<<slotBits | uint64(number+1)
	return t.owners[number], nil
}

// publish makes e.handle stand for e.
func (t *table) publish(e *entry) {
	(*t.slots.Load())[slotNumber(e.handle)].entry.Store(e)
}

// take makes the handle invalid and returns what it stood for; nil if it was not open. Of several callers one gets it.
func (t *table) take(handle uint64) *entry {
	e := t.get(handle)
	if e == nil || !(*t.slots.Load())[slotNumber(handle)].entry.CompareAndSwap(e, nil) {
		return nil
	}
	return e
}

// release gives back the slot of a handle that was reserved and is not open, after last.
func (t *table) release(handle uint64, last func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	last()
	number := slotNumber(handle)
	t.owners[number] = 0
	if t.generations[number] < maxGeneration {
		t.free = append(t.free, number)
	}
}

// ifOwned runs f unless the handle was released. A client may still finish something when it is closed, and must not
// touch what belongs to the slot's next owner.
func (t *table) ifOwned(handle uint64, f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.owners[slotNumber(handle)] == handle {
		f()
	}
}

func slotNumber(handle uint64) uint32 {
	return uint32(handle) - 1 //nolint:gosec // the low half is the slot
}

// wasOpen reports whether the handle was given out at some time.
func (t *table) wasOpen(handle uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	number := handle&(1<<slotBits-1) - 1
	generation := handle >> slotBits
	return number < uint64(len(t.generations)) && generation > 0 && generation <= uint64(t.generations[number])
}
