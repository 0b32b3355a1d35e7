//go:build unix

package regular

import "syscall"

// doNotWait keeps the opening of a pipe from waiting for whoever writes to it. Regular files are read as ever.
const doNotWait = syscall.O_NONBLOCK
