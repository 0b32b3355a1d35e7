package event

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

var errLocked = errors.New("the spool is locked by another process")

const (
	lockName   = "lock"
	ownerEnd   = ".owner"
	lockWait   = time.Second
	lockPause  = time.Millisecond
	ownerBytes = 512
	nameParts  = 3
)

// folder is the place of one identity's files. In it are:
//
//	lock                                    held for moments while files are created or change their owner
//	<owner>.owner                           held by its owner while it lives; says which process that is
//	<nanoseconds>-<random>-<owner>.events1  records
type folder struct {
	path  string
	lock  *os.File
	owner string   // empty until there is something to own
	held  *os.File // our owner file
	last  int64    // the time in the name of our last file
}

func openFolder(path, identity string) (*folder, error) {
	sum := sha256.Sum256([]byte(identity))
	path = filepath.Join(path, hex.EncodeToString(sum[:8]))
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(path, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return &folder{path: path, lock: lock}, nil
}

// locked runs work while no other process, and no other queue of this one, is in here.
func (f *folder) locked(work func() error) error {
	for giveUp := time.Now().Add(lockWait); ; time.Sleep(lockPause) {
		err := tryLock(f.lock)
		if err == nil {
			break
		}
		if !errors.Is(err, errLocked) || !time.Now().Before(giveUp) {
			return err
		}
	}
	defer unlock(f.lock)
	return work()
}

// own creates our owner file, if there is none. Only under the lock: unlocked it would look abandoned.
func (f *folder) own() error {
	if f.held != nil {
		return nil
	}
	var random [8]byte
	_, _ = rand.Read(random[:])
	owner := hex.EncodeToString(random[:])
	file, err := os.OpenFile(filepath.Join(f.path, owner+ownerEnd), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, _ = file.WriteString(processID()) // a full disk may refuse it; the lock is enough, except after a fork
	if err = tryLock(file); err != nil {
		_ = file.Close()
		_ = os.Remove(file.Name())
		return err
	}
	f.owner, f.held = owner, file
	return nil
}

// create makes a new file of ours, whose name is behind all its predecessors'.
func (f *folder) create() (*os.File, error) {
	f.last = max(time.Now().UnixNano(), f.last+1)
	var random [4]byte
	_, _ = rand.Read(random[:])
	name := fmt.Sprintf("%020d-%x-%s%s", f.last, random, f.owner, segmentVersion)
	return os.OpenFile(filepath.Join(f.path, name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

// size is what all files of records may take.
func (f *folder) size() (int64, error) {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return 0, err
	}
	total := int64(0)
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), segmentVersion) {
			continue
		}
		if info, err := entry.Info(); err == nil {
			total += info.Size()
		}
	}
	return total, nil
}

// adopt gives us the files of owners that have ended, and returns their new paths. Only under the lock.
func (f *folder) adopt() ([]string, error) {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return nil, err
	}
	files := map[string][][]string{} // by owner: the parts of the names
	for _, entry := range entries {
		name := entry.Name()
		if owner, found := strings.CutSuffix(name, ownerEnd); found && files[owner] == nil {
			files[owner] = [][]string{}
		}
		parts := strings.Split(strings.TrimSuffix(name, segmentVersion), "-")
		if strings.HasSuffix(name, segmentVersion) && len(parts) == nameParts {
			files[parts[2]] = append(files[parts[2]], parts)
		}
	}
	var taken []string
	for owner, parts := range files {
		if owner == f.owner || f.alive(owner) {
			continue
		}
		if len(parts) > 0 {
			if err := f.own(); err != nil {
				return taken, err
			}
		}
		for _, part := range parts {
			from := filepath.Join(f.path, strings.Join(part, "-")+segmentVersion)
			part[2] = f.owner
			to := filepath.Join(f.path, strings.Join(part, "-")+segmentVersion)
			if err := os.Rename(from, to); err != nil {
				return taken, err
			}
			taken = append(taken, to)
		}
		_ = os.Remove(filepath.Join(f.path, owner+ownerEnd))
	}
	return taken, nil
}

// alive says that the owner has not ended, or that nobody can know.
func (f *folder) alive(owner string) bool {
	file, err := os.OpenFile(filepath.Join(f.path, owner+ownerEnd), os.O_RDWR, 0)
	if err != nil {
		return !errors.Is(err, os.ErrNotExist)
	}
	defer func() { _ = file.Close() }()
	if err := tryLock(file); err == nil {
		unlock(file)
		return false
	} else if !errors.Is(err, errLocked) {
		return true
	}
	id := make([]byte, ownerBytes)
	n, _ := file.ReadAt(id, 0)
	return !processGone(string(id[:n]))
}

// sync makes new names last through a power cut, where the system can.
func (f *folder) sync() {
	if handle, err := os.Open(f.path); err == nil {
		_ = handle.Sync()
		_ = handle.Close()
	}
}

// close gives everything that is left to whoever comes next.
func (f *folder) close(left bool) {
	if f.held != nil {
		if !left {
			_ = os.Remove(f.held.Name())
		}
		unlock(f.held)
		_ = f.held.Close()
		if !left {
			_ = os.Remove(f.held.Name()) // where an open file cannot be removed
		}
	}
	_ = f.lock.Close()
}
