package event

import (
	"math/bits"
	"sync/atomic"
	"unsafe"
)

// ring is a bounded queue of byte records for many producers and one consumer at a time, without locks. A record is a
// header word (length and committed bit), a word with its time, and its bytes rounded up to words. A producer first counts
// its record in, so that two counters are all that producers share; what it then reserves is free for certain. Everything
// free is zero, so that a header that is not committed reads 0.
type ring struct {
	words []uint64
	mask  uint64 // bytes - 1
	most  uint64 // records

	_    [64]byte      // producers and consumer do not share cache lines
	load atomic.Uint64 // records << countShift | bytes
	_    [56]byte
	tail atomic.Uint64 // bytes ever reserved
	_    [56]byte
	head atomic.Uint64 // bytes ever taken; only the consumer writes it and the next one
	done atomic.Uint64 // records ever taken
}

const (
	countShift  = 40
	bytesMask   = 1<<countShift - 1
	ringHeader  = 16
	closedBit   = 1 << 63 // in load: makes every record one too many
	mostRecords = 4 << 20 // leaves room in load for as many producers that are about to be refused
	leastRing   = 4 << 10
	mostRing    = 1 << 30
)

func newRing(records, size int) *ring {
	size = 1 << bits.Len(uint(max(size, leastRing)-1))
	size = min(size, mostRing)
	return &ring{
		words: make([]uint64, size/8), mask: uint64(size) - 1, most: uint64(min(records, mostRecords)),
	}
}

// ringSize is what a record of n bytes takes.
func ringSize(n int) uint64 { return ringHeader + (uint64(n)+7)&^7 }

// size is the capacity in bytes.
func (r *ring) size() uint64 { return r.mask + 1 }

// put adds a record and returns the position behind it, or false when there is no room.
func (r *ring) put(time int64, data []byte) (uint64, bool) {
	size := ringSize(len(data))
	cost := 1<<countShift | size
	if !r.fits(r.load.Load() + cost) { // a full ring costs a read only
		return 0, false
	}
	if !r.fits(r.load.Add(cost)) {
		r.load.Add(-cost)
		return 0, false
	}
	start := r.tail.Add(size) - size
	r.words[(start+8)&r.mask/8] = uint64(time)
	at := (start + ringHeader) & r.mask
	n := copy(r.bytes()[at:], data)
	copy(r.bytes(), data[n:])
	atomic.StoreUint64(&r.words[start&r.mask/8], uint64(len(data))<<1|1)
	return start + size, true
}

func (r *ring) fits(load uint64) bool {
	return load>>countShift <= r.most && load&bytesMask <= r.size()
}

func (r *ring) bytes() []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(r.words))), len(r.words)*8)
}

// waiting returns how many records and bytes are in the ring, those included that are being written.
func (r *ring) waiting() (records, bytes uint64) {
	load := r.load.Load() &^ closedBit
	return load >> countShift, load & bytesMask
}

// close refuses every further record. Those that were counted in before are still completed. Call it once.
func (r *ring) close() { r.load.Add(closedBit) }

// next returns the length of the first record, or false when there is none or its producer has not finished.
func (r *ring) next() (int, bool) {
	header := atomic.LoadUint64(&r.words[r.head.Load()&r.mask/8])
	return int(header >> 1), header != 0
}

// take appends the first record, of n bytes, to data and frees its place.
func (r *ring) take(data []byte, n int) (time int64, _ []byte) {
	head := r.head.Load()
	time = int64(r.words[(head+8)&r.mask/8])
	at := (head + ringHeader) & r.mask
	whole := r.bytes()
	first := min(uint64(n), r.size()-at)
	data = append(data, whole[at:at+first]...)
	data = append(data, whole[:uint64(n)-first]...)

	size := ringSize(n)
	from := head & r.mask / 8
	first = min(size/8, uint64(len(r.words))-from)
	clear(r.words[from : from+first])
	clear(r.words[:size/8-first])
	r.head.Store(head + size)
	r.done.Add(1)
	r.load.Add(-(1<<countShift | size))
	return time, data
}
