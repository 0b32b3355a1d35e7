//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package source

import "syscall"

// reserve is the size of the first mapping: addresses only. The operating system provides a page when it is touched, so
// a large reservation costs nothing and saves copying while the document arrives. It is a page more than the usual limit,
// so that a document of just that length is not copied for the byte that shows its end.
const reserve = 64<<20 + 4096

// mapMemory returns size bytes from outside the Go heap, or nil when the operating system refuses.
func mapMemory(size int) []byte {
	mem, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return nil
	}
	advise(mem)
	return mem
}

func unmapMemory(mem []byte) { _ = syscall.Munmap(mem) }
