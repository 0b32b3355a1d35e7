package localserver

import (
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/burgee-flags/burgee/engine/backend/flipt/declarative"
)

var placed = regexp.MustCompile(`^(?:([-_,A-Za-z0-9]+)/)?([-_,A-Za-z0-9]*)=(.+)$`)

// fliptFile is a file, and where what it holds is served.
type fliptFile struct {
	flipt  *flipt
	place  place // an empty namespace: those that the file names
	path   string
	serves map[place]bool
}

// file implements vendor: "flags.yaml", "shop=flags.yaml" for the namespace shop, "staging/shop=flags.yaml" for that of the
// environment staging, "staging/=flags.yaml" for the namespaces that the file names.
func (f *flipt) file(entry string) *flagFile {
	file := &fliptFile{flipt: f, place: place{environment: defaultEnvironment}, path: entry}
	if found := placed.FindStringSubmatch(entry); found != nil {
		if found[1] != "" {
			file.place.environment = found[1]
		}
		file.place.namespace, file.path = found[2], found[3]
	}
	return &flagFile{path: file.path, serve: file.serve}
}

func (f *fliptFile) serve(content []byte) error {
	found, err := f.documents(content)
	if err != nil {
		return err
	}
	for where := range f.serves {
		if found[where] == nil {
			f.flipt.documents.remove(where)
		}
	}
	f.serves = map[place]bool{}
	for where, doc := range found {
		f.serves[where] = true
		f.flipt.documents.set(where, doc)
	}
	return nil
}

func (f *fliptFile) documents(content []byte) (map[place]*document, error) {
	if !declarative.Recognize(content) {
		return wireDocuments(f.place, content)
	}
	namespaces := []string{f.place.namespace}
	if f.place.namespace == "" {
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
			f.flipt.log(fmt.Sprintf("%s: namespace %q: flag %q: %s", f.path, namespace, p.FlagKey, p.Message))
		}
		found[place{f.place.environment, namespace}] = newDocument(body)
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
