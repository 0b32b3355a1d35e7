package api

import (
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// want is the type of value that a caller asks for. The numbers are burgee_want in include/burgee.h.
type want uint32

const (
	wantAny          want = 0
	wantBoolean      want = 1
	wantString       want = 2
	wantNumber       want = 3
	wantObject       want = 4
	wantFliptVariant want = 5
	wantFliptBoolean want = 6
	wantFliptAny     want = 7
	wantVendor       want = 8
	wants            want = 9
)

// flipt reports whether the rules of Flipt's own functions apply.
func (w want) flipt() bool { return w >= wantFliptVariant && w <= wantFliptAny }

var wantNames = [...]string{"any", "boolean", "string", "number", "object"}

func wantByName(name string) (want, bool) {
	for i, known := range wantNames {
		if known == name {
			return want(i), true //nolint:gosec // the list is short
		}
	}
	return 0, false
}

// convert makes out.Value the kind of value that w asks for, or the outcome an error. A flag that yields no value here
// stays without one: then the caller's default applies, and that is no error.
func convert(out *eval.Outcome, w want) {
	if out.ErrorCode != "" || w == wantAny {
		return
	}
	value := out.Value
	switch {
	case value.Kind == eval.Null:
		return
	case w == wantObject && out.Type == eval.TypeVariant:
		value = out.Attachment
		if isContainer(value.Text) {
			value.Kind = eval.JSON
		}
	case w == wantNumber && out.Type == eval.TypeVariant && isNumber(value.Text):
		value.Kind = eval.Number
	}
	if value.Kind != kinds[w] {
		out.Fail(eval.CodeTypeMismatch, "flag "+out.FlagKey+" of type "+out.Type.String()+" has no "+wantNames[w]+" value here")
		return
	}
	out.Value = value
}

var kinds = [...]eval.Kind{wantBoolean: eval.Bool, wantString: eval.String, wantNumber: eval.Number, wantObject: eval.JSON}

func isContainer(text string) bool {
	b := bytesOf(text)
	i := jsonscan.SkipSpace(b, 0)
	return i < len(b) && (b[i] == '{' || b[i] == '[') && isJSON(b)
}

func isNumber(text string) bool {
	if text == "" {
		return false
	}
	b := bytesOf(text)
	return (b[0] == '-' || b[0]-'0' <= 9) && b[len(b)-1]-'0' <= 9 && isJSON(b)
}

func isJSON(b []byte) bool {
	end, err := jsonscan.Skip(b, 0)
	return err == nil && jsonscan.End(b, end) == nil
}
