package declarative

import (
	"crypto/sha1" //nolint:gosec // the digest is Flipt's change marker, not a protection
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-json"
)

const defaultNamespace = "default"

// Problem is one thing in the file that does not work as written.
type Problem struct {
	FlagKey string // empty when no single flag is concerned
	Message string // what was found and where; one line
	Dropped bool   // the flag FlagKey is not in the document because of this
}

// Convert returns the document of one namespace of a declarative flag file, as JSON in the form of a v2 server. An empty
// namespace means "default". Problems come in the order in which they were met. The error is for what leaves no document
// at all: no YAML, too large or too deep, a file without the namespace. Convert is safe for concurrent use.
func Convert(yaml []byte, namespace string) (document []byte, problems []Problem, err error) {
	defer contain(&err)
	if namespace == "" {
		namespace = defaultNamespace
	}
	spent := &budget{left: maxExpansion}
	files, problems, err := readFiles(yaml, spent)
	if err != nil {
		return nil, nil, err
	}
	c := converter{budget: spent, problems: problems, segments: map[string]segment{}}
	sum := sha1.Sum(yaml) //nolint:gosec // see the import
	out := wireDocument{
		Namespace: wireNamespace{Key: namespace}, Flags: []json.RawMessage{}, Digest: hex.EncodeToString(sum[:]),
	}
	wanted := files.of(namespace)
	if len(wanted) == 0 {
		return nil, c.problems, fmt.Errorf("declarative: namespace %q is not in the file, which has %s",
			namespace, quoted(files.namespaces()))
	}
	for _, file := range wanted {
		if err := c.readSegments(file.root); err != nil {
			return nil, c.problems, err
		}
	}
	for _, file := range wanted {
		if err := c.readFlags(file.root, &out); err != nil {
			return nil, c.problems, err
		}
	}
	c.dropRepeated(&out)
	document, err = encode(out)
	if err != nil {
		return nil, c.problems, fmt.Errorf("declarative: %w", err)
	}
	return document, c.problems, nil
}

// Namespaces lists the namespaces of a declarative flag file, each once, in the order of the file.
func Namespaces(yaml []byte) (namespaces []string, err error) {
	defer contain(&err)
	files, _, err := readFiles(yaml, &budget{left: maxExpansion})
	if err != nil {
		return nil, err
	}
	return files.namespaces(), nil
}

// converter holds what is known of one namespace while its flags are read.
type converter struct {
	budget   *budget
	problems []Problem
	segments map[string]segment
	flagKey  string   // the flag being read, for problems
	keys     []string // of the flags in the document, in its order
}

func (c *converter) report(format string, args ...any) {
	c.problems = append(c.problems, Problem{FlagKey: c.flagKey, Message: fmt.Sprintf(format, args...)})
}

func (c *converter) drop(err error) {
	c.problems = append(c.problems, Problem{FlagKey: c.flagKey, Message: err.Error(), Dropped: true})
}

// dropRepeated keeps the last flag of each key, which is the one that clients would use.
func (c *converter) dropRepeated(out *wireDocument) {
	last := make(map[string]int, len(c.keys))
	for i, key := range c.keys {
		last[key] = i
	}
	if len(last) == len(c.keys) {
		return
	}
	kept := out.Flags[:0]
	for i, key := range c.keys {
		if last[key] == i {
			kept = append(kept, out.Flags[i])
			continue
		}
		c.problems = append(c.problems, Problem{FlagKey: key, Message: "the flag is declared again further down; the last one counts"})
	}
	out.Flags = kept
}

// flagFile is one YAML document of the file.
type flagFile struct {
	namespace string
	root      *value
}

type flagFiles []flagFile

func (f flagFiles) of(namespace string) flagFiles {
	var found flagFiles
	for _, file := range f {
		if file.namespace == namespace {
			found = append(found, file)
		}
	}
	return found
}

func (f flagFiles) namespaces() []string {
	var names []string
	seen := map[string]bool{}
	for _, file := range f {
		if !seen[file.namespace] {
			seen[file.namespace] = true
			names = append(names, file.namespace)
		}
	}
	return names
}

func readFiles(yaml []byte, spent *budget) (flagFiles, []Problem, error) {
	roots, err := parse(yaml, spent)
	if err != nil {
		return nil, nil, err
	}
	c := converter{budget: spent}
	var files flagFiles
	for i, root := range roots {
		if root.kind == nullKind {
			continue // an empty document between two separators
		}
		namespace, err := c.readHead(root)
		if err != nil {
			c.report("document %d: %s", i+1, err)
			continue
		}
		files = append(files, flagFile{namespace: namespace, root: root})
	}
	if len(files) == 0 {
		reason := "the file is empty"
		if len(c.problems) > 0 {
			reason = c.problems[0].Message
		}
		return nil, nil, fmt.Errorf("declarative: no flags to read: %s", reason)
	}
	return files, c.problems, nil
}

// readHead returns the namespace of one YAML document.
func (c *converter) readHead(root *value) (string, error) {
	head, err := c.object(root, "the document", "version", "namespace", "flags", "segments")
	if err != nil {
		return "", err
	}
	version, err := head.text("version")
	if err != nil {
		return "", err
	}
	if major, _, _ := strings.Cut(version, "."); version != "" && major != "1" {
		c.report("version %q is not known; it is read as version 1", version)
	}
	namespace := head.get("namespace")
	if namespace == nil {
		return defaultNamespace, nil
	}
	if namespace.kind != mappingKind {
		return namespace.asText("namespace")
	}
	named, err := c.object(namespace, "namespace", "key", "name", "description")
	if err != nil {
		return "", err
	}
	key, err := named.text("key")
	if err == nil && key == "" {
		key = defaultNamespace
	}
	return key, err
}

func quoted(names []string) string {
	for i, name := range names {
		names[i] = strconv.Quote(name)
	}
	return strings.Join(names, ", ")
}
