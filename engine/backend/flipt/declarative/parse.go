package declarative

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Limits of what is read. The YAML library works recursively, and a Go stack that overflows ends the process: these
// limits are checked on the tokens, before anything recursive runs.
const (
	maxBytes     = 16 << 20
	maxNesting   = 64
	maxColumn    = 2 * maxNesting // indentation that can be reached with maxNesting and two spaces a level
	maxHeight    = 4 * maxNesting
	maxKeys      = 4000     // in one block mapping ("? key" counts twice); the library recurses once per key
	maxDocuments = 1000     // the library's time grows with the square
	maxExpansion = 64 << 20 // bytes that aliases and repeated segments may grow to
)

var errTooDeep = errors.New("declarative: the file is nested too deeply")

var errExpansion = fmt.Errorf("declarative: the file grows beyond %d MiB when aliases and segments are expanded", maxExpansion>>20)

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
	tokens := lexer.Tokenize(string(bytes.TrimPrefix(text, []byte("\ufeff"))))
	if err := checkNesting(tokens); err != nil {
		return nil, err
	}
	// A repeated key is found later, where it concerns one flag and not the file.
	file, err := parser.Parse(withoutEmptyDocuments(tokens), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntaxError(err)
	}
	roots := make([]*value, 0, len(file.Docs))
	for _, doc := range file.Docs {
		b := builder{anchors: map[string]*value{}, budget: spent}
		root, err := b.build(doc.Body, 0)
		if err != nil {
			return nil, err
		}
		roots = append(roots, root)
	}
	return roots, nil
}

// syntaxError keeps message and position; the library's own text quotes whole lines of the file.
func syntaxError(err error) error {
	var located yaml.Error
	if !errors.As(err, &located) {
		return fmt.Errorf("declarative: %w", err)
	}
	if at := located.GetToken(); at != nil && at.Position != nil {
		return fmt.Errorf("declarative: line %d, column %d: %s", at.Position.Line, at.Position.Column, located.GetMessage())
	}
	return fmt.Errorf("declarative: %s", located.GetMessage())
}

// checkNesting rejects tokens that would make the parser recurse too deeply.
func checkNesting(tokens token.Tokens) error {
	flow, properties, documents := 0, 0, 0
	keys := [maxColumn + 1]int{} // keys met so far in the open block mapping of each column
	for i, tk := range tokens {
		switch tk.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow = max(flow-1, 0)
		case token.DocumentHeaderType, token.DocumentEndType, token.DirectiveType:
			flow, keys = 0, [maxColumn + 1]int{}
			documents++
		}
		if tk.Type == token.TagType || tk.Type == token.AnchorType {
			properties++
		}
		if tk.Type != token.TagType && tk.Type != token.AnchorType && !followsAnchor(tokens, i) {
			properties = 0
		}
		if documents > maxDocuments {
			return fmt.Errorf("declarative: more than %d YAML documents in one file", maxDocuments)
		}
		column := blockColumn(tokens, i)
		if flow > maxNesting || properties > maxNesting || column > maxColumn {
			return fmt.Errorf("declarative: line %d is nested deeper than %d levels", tk.Position.Line, maxNesting)
		}
		if column == 0 || flow > 0 {
			continue
		}
		clear(keys[column+1:])
		if tk.Type != token.SequenceEntryType {
			keys[column]++
		}
		if keys[column] > maxKeys {
			return fmt.Errorf("declarative: line %d: more than %d members in one mapping", tk.Position.Line, maxKeys)
		}
	}
	return nil
}

// withoutEmptyDocuments leaves out separators with nothing between them and the next one: at those the library drops the
// rest of the file without a word. Comments go too.
func withoutEmptyDocuments(tokens token.Tokens) token.Tokens {
	kept := make(token.Tokens, 0, len(tokens))
	for _, tk := range tokens {
		if tk.Type == token.CommentType {
			continue
		}
		separates := tk.Type == token.DocumentHeaderType || tk.Type == token.DocumentEndType
		if last := len(kept) - 1; separates && last >= 0 && kept[last].Type == token.DocumentHeaderType {
			kept = kept[:last]
		}
		kept = append(kept, tk)
	}
	return kept
}

// followsAnchor says whether the token is the name that belongs to the anchor before it.
func followsAnchor(tokens token.Tokens, i int) bool {
	return i > 0 && tokens[i-1].Type == token.AnchorType
}

// blockColumn returns the indentation at which the token opens or continues a block, counted from 1; 0 for other tokens.
func blockColumn(tokens token.Tokens, i int) int {
	switch tokens[i].Type {
	case token.SequenceEntryType, token.MappingKeyType:
		return tokens[i].Position.Column
	case token.MappingValueType:
		// The column of a mapping is that of its first key, which precedes the colon.
		if i > 0 && tokens[i-1].Position.Line == tokens[i].Position.Line {
			return tokens[i-1].Position.Column
		}
		return tokens[i].Position.Column
	}
	return 0
}

// builder turns the library's tree into values. An alias is the anchor's value itself, so that nothing is copied; an
// alias within its own anchor is unknown, so that there are no circles.
type builder struct {
	anchors map[string]*value
	budget  *budget
}

// build bounds both the depth of the file and the height of what aliases pile up: values are walked recursively.
func (b *builder) build(node ast.Node, depth int) (*value, error) {
	if node == nil {
		return &value{}, nil
	}
	// Keys may open a level without a column of their own, so this can be deeper than checkNesting allows.
	if depth > maxHeight {
		return nil, errTooDeep
	}
	built, err := b.node(node, depth)
	if err == nil && built.height > maxHeight {
		err = errTooDeep
	}
	return built, err
}

func (b *builder) node(node ast.Node, depth int) (*value, error) {
	switch n := node.(type) {
	case *ast.AnchorNode:
		anchored, err := b.build(n.Value, depth+1)
		if err == nil && n.Name != nil {
			b.anchors[n.Name.GetToken().Value] = anchored
		}
		return anchored, err
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		if anchored := b.anchors[name]; anchored != nil {
			return anchored, nil
		}
		return nil, fmt.Errorf("declarative: line %d: alias %q has no anchor before it", n.Start.Position.Line, name)
	case *ast.TagNode:
		tagged, err := b.build(n.Value, depth+1)
		if err != nil {
			return nil, err
		}
		return tagged.tagged(n.Start.Value), nil
	case *ast.MappingNode:
		return b.mapping(n.Values, line(n), depth)
	case *ast.DirectiveNode: // "%YAML 1.2" before a document
		return &value{}, nil
	case *ast.MappingValueNode:
		return b.mapping([]*ast.MappingValueNode{n}, line(n), depth)
	case *ast.SequenceNode:
		return b.list(n, depth)
	}
	return scalar(node)
}

func (b *builder) list(n *ast.SequenceNode, depth int) (*value, error) {
	list := &value{kind: listKind, line: line(n), items: make([]*value, 0, len(n.Values))}
	for _, item := range n.Values {
		built, err := b.build(item, depth+1)
		if err != nil {
			return nil, err
		}
		list.items = append(list.items, built)
		list.height = max(list.height, built.height+1)
	}
	return list, nil
}

func line(n ast.Node) int {
	if tk := n.GetToken(); tk != nil && tk.Position != nil {
		return tk.Position.Line
	}
	return 0
}
