package jsonscan_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/jsonscan"
)

var valid = []string{
	`null`, `true`, `false`, `0`, `-0`, `12`, `-1.5`, `1e9`, `1E+9`, `2.50e-10`, `123456789012345678901234567890`, `""`, `"a"`,
	`"a string that is longer than eight bytes"`, `"\"\\\/\b\f\n\r\t\u00e9"`, `"é"`, `"日本語 text"`, `"12345678\n"`, `"\ud83d\ude00"`,
	`"\ud83d"`, `"\ude00x"`, `[]`, `{}`, `[ ]`, `{ }`, `[1,2,3]`, `[[],{},[{}]]`, `{"a":1,"b":[true,false,null],"c":{"d":"e"}}`,
	" \n\t\r{ \"a\" : [ 1 , 2 ] , \"b\" : null } \n", `{"":{"":{"":[]}}}`, `{"a":1,"a":2}`, `["\u0000"]`, "\"\x7f\"",
}

var invalid = []string{
	``, ` `, `nul`, `nulls`, `True`, `tru`, `falsy`, `01`, `-`, `+1`, `1.`, `.5`, `1e`, `1e+`, `0x1`, `--1`, `1.e2`, `NaN`, `Infinity`,
	`"`, `"a`, `"\`, `"\x"`, `"\u12"`, `"\u12g4"`, `"\u"`, "\"a\nb\"", "\"\x00\"", "\"\x1f2345678\"", `'a'`, `[`, `]`, `[1`, `[1,`, `[1,]`, `[,1]`, `[1 2]`,
	`{`, `}`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{,}`, `{a:1}`, `{1:2}`, `{"a" 1}`, `{"a":1 "b":2}`, `[}`, `{]`, `[1}`, `{"a":1]`,
	`[{]}`, `1 2`, `{}{}`, `[] x`, "\ufeff{}", "\v1", "/*c*/1", "\"\xff\"", "\"\xc3\"", "\"abcdefgh\xed\xa0\x80\"", "\"\xc0\xaf\"", "\"\xf4\x90\x80\x80\"",
	"[\x00]", "null\x00",
}

func check(b []byte) error {
	end, err := jsonscan.Skip(b, 0)
	if err != nil {
		return err
	}
	return jsonscan.End(b, end)
}

func TestSkipAcceptsValidValues(t *testing.T) {
	for _, text := range valid {
		require.NoError(t, check([]byte(text)), "%q", text)
		require.True(t, json.Valid([]byte(text)), "%q", text)
	}
}

func TestSkipRejectsInvalidValues(t *testing.T) {
	for _, text := range invalid {
		err := check([]byte(text))
		require.Error(t, err, "%q", text)
		var syntax *jsonscan.SyntaxError
		require.ErrorAs(t, err, &syntax)
		require.LessOrEqual(t, syntax.Offset, len(text))
		require.GreaterOrEqual(t, syntax.Offset, 0)
	}
}

func TestSkipStopsAfterTheValue(t *testing.T) {
	for _, text := range valid {
		padded := []byte(`x,` + text + `,"rest"`)
		end, err := jsonscan.Skip(padded, 2)
		require.NoError(t, err, "%q", text)
		require.Equal(t, len(strings.TrimRight(text, " \n"))+2, end, "%q", text)
	}
}

func TestNestingIsBounded(t *testing.T) {
	arrays := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	objects := func(n int) []byte {
		return []byte(strings.Repeat(`{"a":`, n-1) + "{}" + strings.Repeat("}", n-1))
	}
	require.NoError(t, check(arrays(jsonscan.MaxDepth)))
	require.NoError(t, check(objects(jsonscan.MaxDepth)))
	require.ErrorContains(t, check(arrays(jsonscan.MaxDepth+1)), "nested deeper")
	require.ErrorContains(t, check(objects(jsonscan.MaxDepth+1)), "nested deeper")
	require.Error(t, check(bytes.Repeat([]byte("["), 1<<20)))
	side := []byte("[" + strings.Repeat("[[]],", 1000) + "{}]")
	require.NoError(t, check(side), "breadth is not depth")
}

func TestEveryByteIsClassifiedInsideAString(t *testing.T) {
	// Each position within and around the words of eight bytes that are scanned at once.
	for pad := range 17 {
		for c := range 256 {
			text := []byte(`"` + strings.Repeat("a", pad) + string([]byte{byte(c)}) + strings.Repeat("b", 16-pad) + `"`)
			want := json.Valid(text) && utf8.Valid(text)
			require.Equal(t, want, check(text) == nil, "byte %#x after %d", c, pad)
		}
	}
}

func TestErrorNamesTheOffset(t *testing.T) {
	err := check([]byte(`{"a": tru}`))
	require.EqualError(t, err, "want a value at offset 6")
	require.EqualError(t, check([]byte(`{"a": 1`)), "unexpected end of text, want ',' or the end of an array or object at offset 7")
}

func FuzzSkipAgreesWithTheStandardLibrary(f *testing.F) {
	for _, text := range append(valid, invalid...) {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if depth(b) > jsonscan.MaxDepth {
			t.Skip("deeper than we read")
		}
		require.Equal(t, json.Valid(b) && utf8.Valid(b), check(b) == nil, "%q", b)
	})
}

// depth counts nesting as a reader of valid text would see it.
func depth(b []byte) int {
	deepest, now, quoted := 0, 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			now++
			deepest = max(deepest, now)
		case c == ']' || c == '}':
			now--
		}
	}
	return deepest
}
