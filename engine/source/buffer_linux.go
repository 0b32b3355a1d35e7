package source

import "syscall"

// advise asks for large pages: filling 7.5 MB then takes 0.7 ms instead of 4, because 4 pages have to be provided and
// not 1,800.
func advise(mem []byte) { _ = syscall.Madvise(mem, syscall.MADV_HUGEPAGE) }
