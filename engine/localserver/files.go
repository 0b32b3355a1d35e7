package localserver

import (
	"bytes"
	"fmt"
	"os"
	"time"
)

// flagFile is one entry of Options.Files, with what it held last.
type flagFile struct {
	path    string
	serve   func(content []byte) error // the vendor's way; on an error it goes on with what it had
	content []byte
	seen    os.FileInfo
}

func (s *Server) loadFiles() ([]*flagFile, error) {
	var files []*flagFile
	for _, entry := range s.options.Files {
		file := s.vendor.file(entry)
		if err := s.load(file); err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

// watch reloads files that change. A file that cannot be read, or makes no sense, leaves what it served before.
func (s *Server) watch(files []*flagFile) {
	if len(files) == 0 {
		return
	}
	tick := time.NewTicker(s.options.ReloadInterval)
	defer tick.Stop()
	for {
		select {
		case <-s.done:
			return
		case <-tick.C:
		}
		for _, file := range files {
			if !file.changed() {
				continue
			}
			if err := s.load(file); err != nil {
				s.options.Log(err.Error())
			}
		}
	}
}

func (f *flagFile) changed() bool {
	now, err := os.Stat(f.path)
	if err != nil {
		return false // being replaced, perhaps; it is looked at again soon
	}
	return f.seen == nil || !os.SameFile(now, f.seen) || now.Size() != f.seen.Size() || !now.ModTime().Equal(f.seen.ModTime())
}

func (s *Server) load(file *flagFile) error {
	// Looked at before it is read, so that a change in between is seen the next time.
	seen, err := os.Stat(file.path)
	if err != nil {
		return fmt.Errorf("localserver: %w", err)
	}
	content, err := os.ReadFile(file.path)
	if err != nil {
		return fmt.Errorf("localserver: %w", err)
	}
	file.seen = seen
	if file.content != nil && bytes.Equal(content, file.content) {
		return nil
	}
	if err := file.serve(content); err != nil {
		return fmt.Errorf("localserver: %s: %w", file.path, err)
	}
	file.content = content
	return nil
}
