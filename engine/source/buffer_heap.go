//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package source

// reserve asks for no more than is needed, because on the Go heap it would be cleared and counted.
const reserve = 0

// mapMemory has nothing to offer here: the buffer uses the Go heap.
func mapMemory(int) []byte { return nil }

func unmapMemory([]byte) {}
