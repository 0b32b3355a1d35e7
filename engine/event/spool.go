package event

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	chunkBytes     = 256 << 10 // most that is written at once
	leastSegment   = 64 << 10
	mostSegment    = 4 << 20
	leastSpool     = 1 << 20
	spoolRetry     = time.Second // between attempts to write after a failure
	adoptEvery     = 10 * time.Second
	segmentShare   = 64 // a file may have this part of the limit, so that many processes find room
	segmentVersion = ".events1"
)

var errSpoolFull = errors.New("the spool has reached spool_max_bytes")

// spool moves records from the ring into files and hands them out again, oldest first. Its lock is never taken by Add.
type spool struct {
	folder      *folder
	ring        *ring
	maxBytes    int64
	segmentSize int64
	report      func(Notice)

	mu       sync.Mutex
	segments []*segment // by name, which begins with the time
	active   *segment   // the last of our own, not sealed
	chunk    []byte     // frames taken from the ring and not written
	records  int        // in chunk
	position uint64     // in the ring, of the beginning of chunk
	unread   struct{ records, bytes uint64 }
	unsynced []*segment
	retryAt  time.Time
	spared   struct{ from, to uint64 } // positions of records that were last sent from memory because of err
	closed   bool
	err      error

	written atomic.Uint64 // position in the ring up to which everything is in files
}

func openSpool(cfg Spool, r *ring, report func(Notice)) (*spool, error) {
	maxBytes := cmp.Or(cfg.MaxBytes, DefaultSpoolMaxBytes)
	if maxBytes < leastSpool {
		return nil, fmt.Errorf("spool_max_bytes is %d, want at least %d", maxBytes, leastSpool)
	}
	f, err := openFolder(cfg.Path, cfg.Identity)
	if err != nil {
		return nil, err
	}
	s := &spool{
		folder: f, ring: r, maxBytes: maxBytes, report: report,
		segmentSize: min(max(maxBytes/segmentShare, leastSegment), mostSegment) &^ 7,
	}
	s.adopt()
	return s, nil
}

// largest is the longest record that fits into a file.
func (s *spool) largest() int { return int(s.segmentSize) - fileHeader - frameHeader - 8 }

// drain writes everything in the ring to files. After a failure it does not try again for a while, but answers the failure.
func (s *spool) drain() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.drainLocked()
}

func (s *spool) drainLocked() error {
	if s.err != nil && time.Now().Before(s.retryAt) {
		return s.err
	}
	for {
		if len(s.chunk) == 0 && !s.fill() {
			return nil
		}
		if err := s.write(); err != nil {
			return s.fail(err)
		}
	}
}

// fill takes records from the ring until there is a good piece to write.
func (s *spool) fill() bool {
	if s.chunk == nil {
		s.chunk = make([]byte, 0, chunkBytes)
	}
	s.position = s.ring.head.Load()
	for {
		n, ok := s.ring.next()
		if !ok || len(s.chunk) > 0 && len(s.chunk)+int(ringSize(n)) > min(chunkBytes, int(s.segmentSize)-fileHeader) {
			return len(s.chunk) > 0
		}
		start := len(s.chunk)
		var at int64
		at, s.chunk = s.ring.take(startFrame(s.chunk), n)
		s.chunk = endFrame(s.chunk, start, at)
		s.records++
	}
}

func (s *spool) write() error {
	if s.active == nil || s.active.end+int64(len(s.chunk)) > s.segmentSize {
		if err := s.rotate(); err != nil {
			return err
		}
	}
	g := s.active
	if _, err := g.file.WriteAt(s.chunk, g.end); err != nil {
		// A part that was written would be found after a restart and sent, although it may be sent from memory before.
		_ = g.file.Truncate(g.end)
		_ = g.file.Truncate(s.segmentSize)
		return err
	}
	if g.end == fileHeader {
		g.shift = s.position - fileHeader
	}
	g.end += int64(len(s.chunk))
	if !g.dirty {
		g.dirty = true
		s.unsynced = append(s.unsynced, g)
	}
	s.unread.records += uint64(s.records)
	s.unread.bytes += uint64(len(s.chunk))
	s.position += uint64(len(s.chunk))
	s.written.Store(s.position)
	s.chunk, s.records = s.chunk[:0], 0
	if cap(s.chunk) > chunkBytes {
		s.chunk = nil
	}
	if s.err != nil {
		s.err = nil
		s.report(Notice{Kind: SpoolWorks, Message: "the spool takes events again"})
	}
	return nil
}

func (s *spool) fail(err error) error {
	s.retryAt = time.Now().Add(spoolRetry)
	s.err = fmt.Errorf("spool %s: %w", s.folder.path, err)
	s.report(Notice{Kind: SpoolFailed, Message: s.err.Error()})
	return s.err
}

// rotate begins a new file. It has its full size at once, without using the disk, so that the limit holds whatever other
// processes write.
func (s *spool) rotate() error {
	s.seal()
	return s.folder.locked(func() error {
		if err := s.folder.own(); err != nil {
			return err
		}
		used, err := s.folder.size()
		if err != nil {
			return err
		}
		if used+s.segmentSize > s.maxBytes {
			return errSpoolFull
		}
		file, err := s.folder.create()
		if err != nil {
			return err
		}
		if err = file.Truncate(s.segmentSize); err == nil {
			_, err = file.WriteAt(encodeHeader(fileHeader), 0)
		}
		if err != nil {
			_ = file.Close()
			_ = os.Remove(file.Name())
			return err
		}
		g := &segment{path: file.Name(), file: file, own: true, end: fileHeader, next: fileHeader, settled: fileHeader}
		s.active = g
		s.segments = append(s.segments, g)
		s.sort()
		return nil
	})
}

func (s *spool) sort() {
	slices.SortFunc(s.segments, func(a, b *segment) int { return cmp.Compare(filepath.Base(a.path), filepath.Base(b.path)) })
}

// seal ends the file that is written to and gives back what it did not need.
func (s *spool) seal() {
	if g := s.active; g != nil {
		s.active = nil
		g.sealed = true
		_ = g.file.Truncate(g.end)
		s.tidy()
	}
}

// tidy removes files that are not needed any more. Room in the folder is a reason to try to write again.
func (s *spool) tidy() {
	s.segments = slices.DeleteFunc(s.segments, func(g *segment) bool {
		if !g.finished() {
			return false
		}
		g.remove()
		s.retryAt = time.Time{}
		return true
	})
}

// sync forces to the disk what was written since the last time, and closes files that will be read much later.
func (s *spool) sync() {
	s.mu.Lock()
	dirty := s.unsynced
	s.unsynced = nil
	files := make([]*os.File, 0, len(dirty))
	for _, g := range dirty {
		g.dirty = false
		if !g.gone && g.file != nil {
			files = append(files, g.file)
		}
	}
	s.mu.Unlock()
	if len(dirty) == 0 {
		return
	}
	for _, file := range files {
		_ = file.Sync() // when it was closed meanwhile, its records are sent
	}
	s.folder.sync()

	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range dirty {
		if g.sealed && !g.dirty && g.next == fileHeader {
			g.close()
		}
	}
}

// adopt takes over the files of processes that have ended.
func (s *spool) adopt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	var taken []string
	err := s.folder.locked(func() error {
		var err error
		taken, err = s.folder.adopt()
		return err
	})
	if err != nil && !errors.Is(err, errLocked) {
		s.report(Notice{Kind: SpoolFailed, Message: "events of ended processes cannot be taken over: " + err.Error()})
	}
	for _, path := range taken {
		s.segments = append(s.segments, &segment{path: path, sealed: true, end: fileHeader})
	}
	if len(taken) > 0 {
		s.sort()
		s.report(Notice{
			Kind: Adopted, Count: uint64(len(taken)),
			Message: fmt.Sprintf("%d files with events of an ended process were taken over", len(taken)),
		})
	}
}
