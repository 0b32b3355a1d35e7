package declarative

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Limits of what is read. The YAML library recurses at most 10,000 levels and refuses what is deeper; what it has read is
// walked recursively here.
const (
	maxBytes     = 16 << 20
	maxNesting   = 64
	maxHeight    = 4 * maxNesting // what aliases may pile up
	maxExpansion = 64 << 20       // bytes that aliases and repeated segments may grow to
)

var errExpansion = fmt.Errorf(
	"declarative: the file grows beyond %d MiB when aliases and segments are expanded", maxExpansion>>20)

// budget bounds the work and memory that a small file can cause by repeating itself.
type budget struct{ left int }

func (b *budget) spend(n int) error {
	b.left -= n + 1
	if b.left < 0 {
		return errExpansion
	}
	return nil
}

// contain turns a panic of the YAML library into an error.
func contain(err *error) {
	if cause := recover(); cause != nil {
		*err = fmt.Errorf("declarative: the YAML reader failed: %v", cause)
	}
}

// parse returns the root value of every YAML document of the text.
func parse(text []byte, spent *budget) ([]*value, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("declarative: the file has %d bytes, at most %d are read", len(text), maxBytes)
	}
	if !utf8.Valid(text) {
		return nil, errors.New("declarative: the file is not UTF-8")
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if isJSON(text) {
		root, err := parseJSON(text)
		return []*value{root}, err
	}
	text = separated(text)
	var roots []*value
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return roots, nil
		}
		if err != nil {
			return nil, syntaxError(err, text, decoder)
		}
		b := builder{anchors: map[*yaml.Node]*value{}, budget: spent}
		root, err := b.build(document.Content[0], 0)
		if err != nil {
			return nil, err
		}
		roots = append(roots, root)
	}
}

// failure is an error about what stands at a line and a column, both counted from 1.
func failure(line, column int, format string, args ...any) error {
	return fmt.Errorf("declarative: line %d, column %d: %s", line, column, fmt.Sprintf(format, args...))
}

const noAnchor = "alias %q has no anchor before it"

func tooDeep(line, column int) error {
	return failure(line, column, "nested deeper than %d levels", maxNesting)
}

// builder turns the nodes of one YAML document into values. An alias is the anchor's value itself, so that nothing is
// copied; an alias within its own anchor is unknown, so that there are no circles.
type builder struct {
	anchors map[*yaml.Node]*value
	budget  *budget
}

// build bounds the depth of the file and the height of what aliases pile up: values are walked recursively.
func (b *builder) build(node *yaml.Node, depth int) (*value, error) {
	if depth > maxNesting {
		return nil, tooDeep(node.Line, node.Column)
	}
	var built *value
	var err error
	switch node.Kind {
	case yaml.AliasNode:
		if built = b.anchors[node.Alias]; built == nil {
			err = failure(node.Line, node.Column, noAnchor, node.Value)
		}
		return built, err
	case yaml.MappingNode:
		built, err = b.mapping(node, depth)
	case yaml.SequenceNode:
		built, err = b.list(node, depth)
	default:
		built = scalar(node)
	}
	if err == nil && built.height > maxHeight {
		err = tooDeep(node.Line, node.Column)
	}
	if node.Anchor != "" {
		b.anchors[node] = built
	}
	return built, err
}

func (b *builder) list(node *yaml.Node, depth int) (*value, error) {
	list := &value{kind: listKind, line: node.Line, items: make([]*value, 0, len(node.Content))}
	for _, item := range node.Content {
		built, err := b.build(item, depth+1)
		if err != nil {
			return nil, err
		}
		list.items = append(list.items, built)
		list.height = max(list.height, built.height+1)
	}
	return list, nil
}
