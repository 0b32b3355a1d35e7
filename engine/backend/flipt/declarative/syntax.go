package declarative

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// syntaxError says what the decoder stumbled over, and where. The library's own message names the line before the block
// that holds the mistake, which in a file of flags is that of "flags:", or no line at all. The place is known only to
// fields that the library does not export; should another version of it lack them, its message has to do.
func syntaxError(err error, text []byte, decoder *yaml.Decoder) error {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	state := field(reflect.ValueOf(decoder), "parser")
	parser := field(state, "parser")
	at, known := markOf(field(parser, "problem_mark"))
	problem, doing := textOf(field(parser, "problem")), textOf(field(parser, "context"))
	if name, ok := strings.CutPrefix(message, "unknown anchor '"); ok {
		problem = fmt.Sprintf(noAnchor, strings.TrimSuffix(name, "' referenced"))
		message = problem
		at, known = markOf(field(state, "event", "start_mark"))
	}
	if !known || problem == "" {
		return fmt.Errorf("declarative: %s", message)
	}
	if offset := field(parser, "problem_offset"); offset.CanInt() && offset.Int() > 0 {
		at = markOfOffset(text, int(offset.Int())) // of a character that YAML does not allow
	}
	// What is missing at the end is missing in a new line, as the library counts.
	if end := markOfOffset(text, len(text)); at.line > end.line {
		at = end
	}
	if strings.HasPrefix(problem, "exceeded max depth") {
		return tooDeep(at.line, at.column)
	}
	if from, ok := markOf(field(parser, "context_mark")); ok && doing != "" && from.before(at) {
		problem += fmt.Sprintf(" (%s from line %d, column %d)", doing, from.line, from.column)
	}
	return failure(at.line, at.column, "%s", problem)
}

// mark is a place in the file, both counted from 1.
type mark struct{ line, column int }

func (m mark) before(other mark) bool {
	return m.line < other.line || m.line == other.line && m.column < other.column
}

func markOf(v reflect.Value) (mark, bool) {
	line, column := field(v, "line"), field(v, "column")
	if !line.CanInt() || !column.CanInt() {
		return mark{}, false
	}
	return mark{int(line.Int()) + 1, int(column.Int()) + 1}, true
}

func markOfOffset(text []byte, offset int) mark {
	before := text[:min(offset, len(text))]
	return mark{
		line:   bytes.Count(before, []byte("\n")) + 1,
		column: utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1,
	}
}

func textOf(v reflect.Value) string {
	if v.Kind() != reflect.String {
		return ""
	}
	return v.String()
}

// field follows names through structs and pointers to them; it is not valid when one is missing.
func field(v reflect.Value, names ...string) reflect.Value {
	for _, name := range names {
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct {
			return reflect.Value{}
		}
		v = v.FieldByName(name)
	}
	return v
}
