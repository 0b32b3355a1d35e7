//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly || windows)

package event

import (
	"errors"
	"os"
)

func tryLock(*os.File) error { return errors.ErrUnsupported }

func unlock(*os.File) {}
