package declarative

import (
	"bytes"
	"strings"

	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// isJSON says whether the text is one JSON object. It would be YAML too, but for what YAML's readers do not take: pairs
// of \u escapes, as many programs write characters beyond U+FFFF, and a line break before a colon.
func isJSON(text []byte) bool {
	start := jsonscan.SkipSpace(text, 0)
	if start == len(text) || text[start] != '{' {
		return false
	}
	end, err := jsonscan.Skip(text, start)
	return err == nil && jsonscan.End(text, end) == nil
}

// parseJSON returns the root value of a text that isJSON.
func parseJSON(text []byte) (*value, error) {
	b := jsonBuilder{text: text, line: 1}
	root, _, err := b.build(jsonscan.SkipSpace(text, 0), 0)
	return root, err
}

type jsonBuilder struct {
	text      []byte
	line      int // of lineStart, counted from 1
	lineStart int
}

// build returns the value that starts at an index of the text, and the index after it.
func (b *jsonBuilder) build(at, depth int) (v *value, end int, err error) {
	passed := b.text[b.lineStart:at]
	b.line += bytes.Count(passed, []byte("\n"))
	b.lineStart += bytes.LastIndexByte(passed, '\n') + 1
	if depth > maxNesting {
		return nil, at, tooDeep(b.line, at-b.lineStart+1)
	}
	v = &value{line: b.line}
	switch b.text[at] {
	case '{':
		v.kind, v.index = mappingKind, map[string]int{}
		end, err = jsonscan.Object(b.text, at, nil, func(name string, at int) (int, error) {
			name = strings.Clone(name)
			member, end, err := b.build(at, depth+1)
			if err != nil {
				return end, err
			}
			if _, again := v.index[name]; again {
				v.repeated = name
				return end, nil
			}
			v.add(name, member)
			return end, nil
		})
	case '[':
		v.kind = listKind
		end, err = jsonscan.Array(b.text, at, func(at int) (int, error) {
			item, end, err := b.build(at, depth+1)
			v.items = append(v.items, item)
			return end, err
		})
	case '"':
		v.kind = textKind
		v.text, end, _, err = jsonscan.String(b.text, at, nil)
		v.text = strings.Clone(v.text)
	default:
		v.plain = true
		end, err = jsonscan.Skip(b.text, at)
		v.text = string(b.text[at:end])
		switch b.text[at] {
		case 'n':
			v.kind = nullKind
		case 't', 'f':
			v.kind = boolKind
		default:
			v.kind = numberKind
		}
	}
	return v, end, err
}
