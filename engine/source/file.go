package source

import (
	"context"
	"crypto/sha256"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/burgee-flags/burgee/engine/source/regular"
	"github.com/burgee-flags/burgee/engine/transport"
)

const (
	// fileInterval is how often a file is looked at, unless NewFile is told otherwise.
	fileInterval = 500 * time.Millisecond
	// fileSettles is for how long after its modification time a file is read again although that time and its size stay
	// the same: file systems count in steps of up to two seconds.
	fileSettles = 2 * time.Second
)

// File is a Source that reads a file and looks regularly whether it has changed. It follows symbolic links anew each
// time, so that a replaced link (as of a Kubernetes ConfigMap) counts as a change.
type File struct {
	path     string
	limit    int64
	interval time.Duration
	refresh  signal

	seen   fs.FileInfo       // of the file that was read last
	readAt time.Time         // when that was
	tried  [sha256.Size]byte // what was offered to the sink last
	taken  bool              // the sink took it, and nothing failed since
	reason string            // why the file cannot be read, as last reported
}

// NewFile returns a source for one file of at most limit bytes (0: transport.DefaultMaxBody). It looks for changes
// every interval (0: 500 ms). Update.Format is "json" or "yaml", by the name's extension, or empty.
func NewFile(path string, limit int64, interval time.Duration) *File {
	if limit <= 0 {
		limit = transport.DefaultMaxBody
	}
	if interval <= 0 {
		interval = fileInterval
	}
	return &File{path: path, limit: limit, interval: interval, refresh: newSignal()}
}

// Run watches the file until ctx ends.
func (f *File) Run(ctx context.Context, sink Sink) {
	for ctx.Err() == nil {
		if err := f.look(sink); err != nil {
			f.fail(err, sink)
		}
		f.refresh.wait(ctx, f.interval)
	}
}

// Refresh makes Run look at once.
func (f *File) Refresh() { f.refresh.raise() }

func (f *File) look(sink Sink) error {
	info, err := os.Stat(f.path)
	if err != nil {
		return err
	}
	if f.reason == "" && f.unchanged(info) {
		f.confirm(sink)
		return nil
	}
	return f.read(sink)
}

func (f *File) unchanged(info fs.FileInfo) bool {
	return f.seen != nil && os.SameFile(f.seen, info) && f.seen.Size() == info.Size() &&
		f.seen.ModTime().Equal(info.ModTime()) && f.readAt.Sub(info.ModTime()) > fileSettles
}

func (f *File) read(sink Sink) error {
	readAt := time.Now()
	file, info, err := regular.Open(f.path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	var body Buffer
	defer body.Release()
	if err := body.ReadAll(file, f.limit, "the file"); err != nil {
		return err
	}
	f.seen, f.readAt = info, readAt

	sum := sha256.Sum256(body.Bytes())
	recovered := f.reason != ""
	f.reason = ""
	if !recovered && sum == f.tried {
		f.confirm(sink)
		return nil
	}
	f.tried = sum
	// After a failure the data is applied even if it is what is held: that is what ends the failure.
	err = sink.Apply(Update{Body: body.Bytes(), Origin: FromFile, Format: formatOf(f.path)})
	f.taken = err == nil // a failure is recorded by the sink; the same bytes are not offered to it again
	return nil
}

func (f *File) confirm(sink Sink) {
	if f.taken {
		sink.Confirm()
	} else {
		sink.Unchanged()
	}
}

// fail reports a failure once, not every time that somebody looks.
func (f *File) fail(err error, sink Sink) {
	reason := err.Error()
	if reason == f.reason {
		sink.Unchanged()
		return
	}
	f.reason, f.taken = reason, false
	sink.Fail(err)
}

func formatOf(path string) string {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".json":
		return "json"
	case ".yaml", ".yml":
		return "yaml"
	}
	return ""
}
