package jsonscan_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/jsonscan"
)

func TestStringReadsWhatTheStandardLibraryReads(t *testing.T) {
	for _, text := range valid {
		if text[0] != '"' {
			continue
		}
		var want string
		require.NoError(t, json.Unmarshal([]byte(text), &want))
		got, end, _, err := jsonscan.String([]byte(text+"x"), 0, nil)
		require.NoError(t, err)
		require.Equal(t, want, got, "%q", text)
		require.Equal(t, len(text), end)
	}
}

func TestStringWithoutEscapesAliasesTheText(t *testing.T) {
	b := []byte(`"täxt"`)
	s, _, scratch, err := jsonscan.String(b, 0, nil)
	require.NoError(t, err)
	require.Same(t, &b[1], unsafe.StringData(s))
	require.Empty(t, scratch)
}

func TestStringsWithEscapesShareTheScratch(t *testing.T) {
	scratch := make([]byte, 0, 64)
	b := []byte(`"a\nb""\u00e9\u00e9"`)
	first, end, scratch, err := jsonscan.String(b, 0, scratch)
	require.NoError(t, err)
	second, _, scratch, err := jsonscan.String(b, end, scratch)
	require.NoError(t, err)
	require.Equal(t, "a\nb", first)
	require.Equal(t, "éé", second)
	require.Len(t, scratch, 7)
}

func TestStringAllocatesNothing(t *testing.T) {
	b := []byte(`"some text without" "and some \"with\" escapes"`)
	scratch := make([]byte, 0, 64)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		_, end, kept, _ := jsonscan.String(b, 0, scratch[:0])
		_, _, _, _ = jsonscan.String(b, jsonscan.SkipSpace(b, end), kept)
	}))
}

func TestAppendStringWritesWhatCanBeReadBack(t *testing.T) {
	for _, s := range []string{
		"", "a", "plain ascii text of some length", `quote " backslash \ slash /`, "\b\f\n\r\t\x00\x01\x1f\x7f", "é日本😀", strings.Repeat("ä", 9),
		"12345678\"", "1234567\"8",
	} {
		got := jsonscan.AppendString(nil, s)
		var back string
		require.NoError(t, json.Unmarshal(got, &back), "%q", s)
		require.Equal(t, s, back)
	}
	require.Equal(t, `x"a\u0000\u001f\n"`, string(jsonscan.AppendString([]byte("x"), "a\x00\x1f\n")))
	require.Equal(t, `"a\ufffdb\ufffd\ufffd"`, string(jsonscan.AppendString(nil, "a\xffb\xed\xa0"[:5])))
}

func FuzzStringAgreesWithTheStandardLibrary(f *testing.F) {
	for _, text := range append(valid, invalid...) {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, end, _, err := jsonscan.String(b, 0, nil)
		if err != nil {
			require.True(t, len(b) == 0 || b[0] != '"' || check(b) != nil)
			return
		}
		var want string
		require.NoError(t, json.Unmarshal(b[:end], &want))
		require.Equal(t, want, got)
	})
}

func FuzzAppendStringIsValid(f *testing.F) {
	f.Add("a\xffb")
	f.Add("\"\\\x00é")
	f.Fuzz(func(t *testing.T, s string) {
		got := jsonscan.AppendString(nil, s)
		require.True(t, json.Valid(got))
		require.True(t, utf8.Valid(got))
		var back string
		require.NoError(t, json.Unmarshal(got, &back))
		require.Equal(t, string([]rune(s)), back, "each invalid byte is one replacement character")
		require.NoError(t, check(got))
	})
}
