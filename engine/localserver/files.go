package localserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"time"

	"github.com/burgee-flags/burgee/engine/backend/flipt/declarative"
)

// flagFile is one entry of Options.Files, with what it served last.
type flagFile struct {
	place   place // an empty namespace: those that the file names
	path    string
	content []byte
	seen    os.FileInfo
	serves  map[place]bool
}

var placed = regexp.MustCompile(`^(?:([-_,A-Za-z0-9]+)/)?([-_,A-Za-z0-9]*)=(.+)$`)

// parseFile reads an entry of Options.Files: "flags.yaml", "shop=flags.yaml" for the namespace shop, "staging/shop=flags.yaml"
// for that of the environment staging, "staging/=flags.yaml" for the namespaces that the file names.
func parseFile(entry string) *flagFile {
	found := placed.FindStringSubmatch(entry)
	if found == nil {
		return &flagFile{place: place{environment: defaultEnvironment}, path: entry}
	}
	if found[1] == "" {
		found[1] = defaultEnvironment
	}
	return &flagFile{place: place{found[1], found[2]}, path: found[3]}
}

func (s *Server) loadFiles() ([]*flagFile, error) {
	var files []*flagFile
	for _, entry := range s.options.Files {
		file := parseFile(entry)
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
	found, err := s.documentsOf(file, content)
	if err != nil {
		return fmt.Errorf("localserver: %s: %w", file.path, err)
	}
	file.content = content
	for where := range file.serves {
		if found[where] == nil {
			s.documents.remove(where)
		}
	}
	file.serves = map[place]bool{}
	for where, doc := range found {
		file.serves[where] = true
		s.documents.set(where, doc)
	}
	return nil
}

func (s *Server) documentsOf(file *flagFile, content []byte) (map[place]*document, error) {
	if !declarative.Recognize(content) {
		return wireDocuments(file.place, content)
	}
	namespaces := []string{file.place.namespace}
	if file.place.namespace == "" {
		var err error
		if namespaces, err = declarative.Namespaces(content); err != nil {
			return nil, err
		}
	}
	found := map[place]*document{}
	for _, namespace := range namespaces {
		body, problems, err := declarative.Convert(content, namespace)
		if err != nil {
			return nil, err
		}
		for _, p := range problems {
			s.options.Log(fmt.Sprintf("%s: namespace %q: flag %q: %s", file.path, namespace, p.FlagKey, p.Message))
		}
		found[place{file.place.environment, namespace}] = newDocument(body)
	}
	return found, nil
}

// wireDocuments takes a document as a server sends it; asked for under another namespace it is served there unchanged.
func wireDocuments(where place, content []byte) (map[place]*document, error) {
	var head struct {
		Namespace struct {
			Key string `json:"key"`
		} `json:"namespace"`
	}
	if err := json.Unmarshal(content, &head); err != nil {
		return nil, err
	}
	if where.namespace == "" {
		where.namespace = head.Namespace.Key
	}
	if where.namespace == "" {
		return nil, fmt.Errorf("the document has no namespace")
	}
	return map[place]*document{where: newDocument(content)}, nil
}
