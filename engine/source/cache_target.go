package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/burgee-flags/burgee/engine/source/regular"
)

// maxLinks is how many symbolic links may follow one another: as many as Linux allows.
const maxLinks = 40

// CheckCache says whether StoreCache can work with a path: nothing but a regular file is there or at the end of the
// symbolic link that is there, and its folder is one or can still be made. Errors: *regular.Error and those of the file
// system. Nothing is created or changed.
func CheckCache(path string) error {
	target, err := cacheTarget(path)
	if err != nil {
		return err
	}
	if err := checkOwn(target); err != nil {
		return err
	}
	dir := filepath.Dir(target)
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder: %w", dir, syscall.ENOTDIR)
	}
	return nil
}

// ErrNotCache says that a file at the cache's path is something else, which is not written over.
var ErrNotCache = errors.New("the file there is not a cache of Burgee and is left alone; name another one")

// checkOwn reports a file that did not begin its life as a cache. What is empty or missing is nobody's.
func checkOwn(path string) error {
	file, _, err := regular.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	const mark = "burgee-"
	start := make([]byte, len(mark))
	n, err := io.ReadFull(file, start)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	if string(start[:n]) != mark[:n] {
		return fmt.Errorf("%s: %w", path, ErrNotCache)
	}
	return nil
}

// cacheTarget follows symbolic links, also to what does not exist yet, and returns the path of the file to replace.
func cacheTarget(path string) (string, error) {
	for range maxLinks {
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return path, nil
		}
		if err != nil {
			return "", err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			return path, regular.Check(path, info)
		}
		next, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(next) {
			dir, err := filepath.EvalSymlinks(filepath.Dir(path)) // "..", in the link, is seen from there
			if err != nil {
				return "", err
			}
			next = filepath.Join(dir, next)
		}
		path = next
	}
	return "", &fs.PathError{Op: "follow", Path: path, Err: errors.New("too many symbolic links")}
}
