package source

import (
	"io"
	"math"

	"github.com/burgee-flags/burgee/engine/transport"
)

// maxHeap is the largest Buffer that lives on the Go heap. Above it the memory comes from the operating system and goes
// back to it on Release: a document of many megabytes on the heap would double the heap's target size for good.
const maxHeap = 256 << 10

// Buffer collects one document in memory. The zero value is ready. It belongs to one goroutine. Whoever uses the bytes
// after Release reads memory that is gone, which ends the process: keep copies, never slices or strings that share it.
type Buffer struct {
	mem    []byte // len is what is held
	mapped bool
}

// Bytes returns what is held, until the next change.
func (b *Buffer) Bytes() []byte { return b.mem }

// Len returns how many bytes are held.
func (b *Buffer) Len() int { return len(b.mem) }

// Write appends p. It never fails.
func (b *Buffer) Write(p []byte) (int, error) {
	b.grow(len(p), math.MaxInt)
	b.mem = append(b.mem, p...)
	return len(p), nil
}

// add is Write for a buffer that will not hold more than limit bytes.
func (b *Buffer) add(p []byte, limit int64) {
	b.grow(len(p), most(limit))
	b.mem = append(b.mem, p...)
}

// most is the memory for limit bytes: one more shows that something is too long.
func most(limit int64) int { return int(min(limit, math.MaxInt-1)) + 1 }

// ReadAll appends everything that r has. More than limit bytes are a *transport.TooLargeError about what.
func (b *Buffer) ReadAll(r io.Reader, limit int64, what string) error {
	for {
		if len(b.mem) == cap(b.mem) {
			b.grow(max(1, min(max(4096, cap(b.mem)), most(limit)-len(b.mem))), most(limit))
		}
		n, err := r.Read(b.mem[len(b.mem):cap(b.mem)])
		b.mem = b.mem[:len(b.mem)+n]
		if int64(len(b.mem)) > limit {
			return &transport.TooLargeError{What: what, Limit: limit}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Reset empties the buffer for the next document. Small memory is kept for it.
func (b *Buffer) Reset() {
	if b.mapped {
		b.Release()
		return
	}
	b.mem = b.mem[:0]
}

// Release empties the buffer and gives the memory back. The buffer can be used again.
func (b *Buffer) Release() {
	mem, mapped := b.mem, b.mapped
	b.mem, b.mapped = nil, false
	if mapped {
		unmapMemory(mem[:cap(mem)])
	}
}

// grow makes room for n more bytes, and for no more than most in all unless these need it.
func (b *Buffer) grow(n, most int) {
	need := len(b.mem) + n
	if need <= cap(b.mem) {
		return
	}
	most = max(need, most)
	size := min(max(need, 2*cap(b.mem)), most)
	var mem []byte
	if size > maxHeap {
		mem = mapMemory(min(max(size, reserve), most))
	}
	mapped := mem != nil
	if !mapped {
		mem = make([]byte, 0, size)
	}
	mem = append(mem[:0], b.mem...)
	b.Release()
	b.mem, b.mapped = mem, mapped
}
