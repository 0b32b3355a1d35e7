// Package regular opens files that an option names, and nothing that only looks like one: reading a pipe or a device
// could wait for ever, and replacing one would break whatever uses it.
package regular

import (
	"fmt"
	"io/fs"
	"os"
)

// Error says that there is something other than a regular file at a path.
type Error struct {
	Path string
	Mode fs.FileMode
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s is %s and not a regular file", e.Path, Kind(e.Mode))
}

// Check returns an *Error unless info is that of a regular file.
func Check(path string, info fs.FileInfo) error {
	if info.Mode().IsRegular() {
		return nil
	}
	return &Error{Path: path, Mode: info.Mode()}
}

// Open opens a regular file for reading. It never waits. Errors: *Error and those of the file system.
func Open(path string) (*os.File, fs.FileInfo, error) {
	info, err := os.Stat(path) // opening some devices has effects, so that they are not even opened
	if err != nil {
		return nil, nil, err
	}
	if err := Check(path, info); err != nil {
		return nil, nil, err
	}
	return open(path)
}

// open looks at what it has opened, because the path may lead elsewhere by now.
func open(path string) (*os.File, fs.FileInfo, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|doNotWait, 0) //nolint:gosec // the path is the option
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err == nil {
		err = Check(path, info)
	}
	if err != nil {
		_ = file.Close()
		return nil, nil, err
	}
	return file, info, nil
}

// Kind names what a path leads to.
func Kind(mode fs.FileMode) string {
	switch {
	case mode.IsRegular():
		return "a regular file"
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	case mode&fs.ModeSymlink != 0:
		return "a symbolic link"
	}
	return "something special"
}
