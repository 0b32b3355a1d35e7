//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package event

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the lock of a file, which belongs to the open file: it ends with the process, and a child that was forked
// has a share in it. The error is errLocked when somebody else has it.
func tryLock(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errLocked
	}
	return err
}

// unlock gives the lock back, for children that were forked too.
func unlock(file *os.File) { _ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN) }
