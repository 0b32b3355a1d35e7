package source

import (
	"io"

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
	b.grow(len(p))
	b.mem = append(b.mem, p...)
	return len(p), nil
}

// ReadAll appends everything that r has. More than limit bytes are a *transport.TooLargeError about what.
func (b *Buffer) ReadAll(r io.Reader, limit int64, what string) error {
	for {
		if len(b.mem) == cap(b.mem) {
			b.grow(max(4096, cap(b.mem)))
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

// grow makes room for n more bytes.
func (b *Buffer) grow(n int) {
	need := len(b.mem) + n
	if need <= cap(b.mem) {
		return
	}
	size := max(need, 2*cap(b.mem))
	var mem []byte
	if size > maxHeap {
		mem = mapMemory(max(size, reserve))
	}
	mapped := mem != nil
	if !mapped {
		mem = make([]byte, 0, size)
	}
	mem = append(mem[:0], b.mem...)
	b.Release()
	b.mem, b.mapped = mem, mapped
}
