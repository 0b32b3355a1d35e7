// Package background starts goroutines that cannot take the host process down: a panic in a goroutine that nobody
// recovers ends the whole process, and this process is somebody else's.
package background

import (
	"fmt"
	"runtime/debug"
)

// Go runs work in a goroutine of its own. A panic in it ends only that goroutine; onPanic, if not nil, receives what
// was panicked with and where.
func Go(onPanic func(string), work func()) {
	go func() {
		defer func() {
			if cause := recover(); cause != nil && onPanic != nil {
				onPanic(fmt.Sprintf("%v\n%s", cause, debug.Stack()))
			}
		}()
		work()
	}()
}
