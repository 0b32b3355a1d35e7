package event

import (
	"errors"
	"os"
	"syscall"
	"unsafe"
)

const (
	lockExclusive  = 2 // LOCKFILE_EXCLUSIVE_LOCK
	lockNow        = 1 // LOCKFILE_FAIL_IMMEDIATELY
	lockPlace      = 1 << 30
	lockViolation  = syscall.Errno(33)
	errorIOPending = syscall.Errno(997)
)

var (
	kernel32     = syscall.NewLazyDLL("kernel32.dll")
	lockFileEx   = kernel32.NewProc("LockFileEx")
	unlockFileEx = kernel32.NewProc("UnlockFileEx")
)

// tryLock takes the lock of a file: one byte far behind its end, because others must be able to read it. It ends with the
// process. The error is errLocked when somebody else has it.
func tryLock(file *os.File) error {
	place := syscall.Overlapped{OffsetHigh: lockPlace}
	ok, _, err := lockFileEx.Call(file.Fd(), lockExclusive|lockNow, 0, 1, 0,
		uintptr(unsafe.Pointer(&place)))
	switch {
	case ok != 0:
		return nil
	case errors.Is(err, lockViolation), errors.Is(err, errorIOPending):
		return errLocked
	default:
		return err
	}
}

func unlock(file *os.File) {
	place := syscall.Overlapped{OffsetHigh: lockPlace}
	_, _, _ = unlockFileEx.Call(file.Fd(), 0, 1, 0, uintptr(unsafe.Pointer(&place)))
}
