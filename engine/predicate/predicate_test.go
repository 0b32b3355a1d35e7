package predicate_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/predicate"
)

// The expected values are what CPython 3.11 answers to float(text).
func TestFloatReadsWhatPythonReads(t *testing.T) {
	for text, want := range map[string]float64{
		"0": 0, "18": 18, "-7": -7, "+3.25": 3.25, ".5": 0.5, "5.": 5, "1e3": 1000, "1E-7": 1e-7, "1e+2": 100,
		" 12\n": 12, "\u00a012\u2003": 12, "1_9": 19, "1_0.0_1": 10.01, "1e1_0": 1e10,
		"٣٤": 34, "१२.५": 12.5, "１２": 12, "𝟗𝟖": 98, "1_٣": 13, "9007199254740993": 9007199254740992,
		"1e999": math.Inf(1), "-1e999": math.Inf(-1), "inf": math.Inf(1), "-Infinity": math.Inf(-1), "+INF": math.Inf(1),
		"1e-999": 0, "00012": 12,
	} {
		got, ok := predicate.Float(text)
		require.True(t, ok, "%q", text)
		require.Equal(t, want, got, "%q", text)
	}
	for _, text := range []string{"nan", "-NaN", " NAN "} {
		got, ok := predicate.Float(text)
		require.True(t, ok && math.IsNaN(got), "%q", text)
	}
	for _, text := range []string{
		"", " ", "abc", "0x10", "0x1p4", "1,000", "12a", "1__9", "_1", "1_", "1_.5", "1._5", "1e", "1e_5", "e5", ".", "+", "--1",
		"+ 1", "1 2", "True", "infinit", "nanx", "½", "²", "ⅷ", "1\x00", "\x1c12\x1f", "\u00a0\x1c12", "ınf", "\xff",
	} {
		_, ok := predicate.Float(text)
		require.False(t, ok, "%q", text)
	}
}

// The expected values are what CPython 3.11 answers to round(f, 5).
func TestRound5RoundsAsPythonDoes(t *testing.T) {
	for f, want := range map[float64]float64{
		18.000001: 18, 18.00001: 18.00001, 0.000005: 1e-05, 0.000015: 2e-05, 0.000025: 3e-05, 1.000005: 1.00001,
		2.675: 2.675, -18.000004: -18, 1e300: 1e300, 4503599627370497.5: 4503599627370497.5, 123456789.123456: 123456789.12346,
		0.1234549999: 0.12345, 0.123455: 0.12345, 5e-324: 0,
	} {
		require.Equal(t, want, predicate.Round5(f), "%v", f)
	}
	require.Equal(t, math.Inf(-1), predicate.Round5(math.Inf(-1)))
	require.True(t, math.IsNaN(predicate.Round5(math.NaN())))
}

func TestBlank(t *testing.T) {
	for _, text := range []string{"", " ", "\t\n", "\u00a0\u2003\u3000", "\x1c\x1f", "\u2028\u0085"} {
		require.True(t, predicate.Blank(text), "%q", text)
	}
	for _, text := range []string{"a", " a", "\u200b", "\x00", "\ufeff"} {
		require.False(t, predicate.Blank(text), "%q", text)
	}
}

// The expected answers are those of CPython 3.11's re.search.
func TestPatternsAreFoundAsPythonFindsThem(t *testing.T) {
	for _, c := range []struct {
		pattern string
		yes, no []string
	}{
		{`b+c`, []string{"aabbbc"}, []string{"acb", ""}},
		{`^end$`, []string{"end", "end\n"}, []string{"end\n\n", "xend", "a\nend"}},
		{`end$\n`, []string{"end\n"}, []string{"end"}},
		{`(a$)|b`, []string{"a\n", "b!"}, []string{"a!"}},
		{`(?:a$|b)c`, []string{"bc"}, []string{"ac", "a\nc"}},
		{`(?m)^end$`, []string{"a\nend\nb"}, []string{"xend"}},
		{`\Aabc\Z`, []string{"abc"}, []string{"abc\n"}},
		{`^a.c$`, []string{"abc"}, []string{"a\nc"}},
		{`(?s)^a.c$`, []string{"a\nc"}, nil},
		{`^\d+$`, []string{"٣٤", "12"}, []string{"²", "a"}},
		{`(?a)^\d+$`, []string{"12"}, []string{"٣٤"}},
		{`^[\d-]+$`, []string{"1-2"}, []string{"a"}},
		{`^\w+$`, []string{"épée", "a_1", "½"}, []string{"a-b", "e\u0301"}},
		{`^\W$`, []string{"-", "\u0301"}, []string{"é"}},
		{`^\s$`, []string{" ", "\u00a0", "\x1d", "\u2028"}, []string{"\u200b"}},
		{`(?a)^[\D]$`, []string{"a", "٣", "\x00"}, []string{"3"}},
		{`^[\S]+$`, []string{"ab"}, []string{"a b"}},
		{`^(?!guest).+@x$`, []string{"bob@x"}, []string{"guest@x"}},
		{`(?<=a)b`, []string{"ab"}, []string{"cb"}},
		{`^(\w+)-\1$`, []string{"ab-ab"}, []string{"ab-ba"}},
		{`^(?P<x>a)(b)\2\1$`, []string{"abba"}, []string{"abab"}},
		{`^(?P<x>.)(?P=x)$`, []string{"aa"}, []string{"ab"}},
		{`^(<)?a(?(1)>|!)$`, []string{"<a>", "a!"}, []string{"<a!", "a>"}},
		{`\bcat\b`, []string{"a cat.", "cat"}, []string{"concat", "écat"}},
		{`/^abc$/i`, nil, []string{"abc", "/^abc$/i"}},
		{`(?i)^admin`, []string{"ADMIN"}, []string{"my-admin"}},
		{`^(?i:A)b$`, []string{"ab", "Ab"}, []string{"aB"}},
		{`a{2}`, []string{"aa"}, []string{"a"}},
		{`^a{,2}$`, []string{"", "aa"}, []string{"aaa", "a{,2}"}},
		{`a{x}`, []string{"a{x}"}, []string{"ax"}},
		{`a{}`, []string{"a{}"}, []string{"a"}},
		{`^a{1,2000}$`, []string{strings.Repeat("a", 1500)}, []string{strings.Repeat("a", 2001)}},
		{`[]a]`, []string{"]", "a"}, []string{"["}},
		{`[[:alpha:]]`, []string{":]", "a]"}, []string{"b", "a"}},
		{`^[^]]$`, []string{"a"}, []string{"]"}},
		{`[a&&b]`, []string{"&"}, []string{"c"}},
		{`\x41\u00e9\101\0`, []string{"AéA\x00"}, []string{"A"}},
		{`(?x) a b # c`, []string{"ab"}, []string{"a b"}},
		{`a(?#comment)b`, []string{"ab"}, nil},
		{`\.\-\/\ `, []string{".-/ "}, nil},
		{`(?>a+)b`, []string{"aab"}, nil},
		{`a+?b`, []string{"aab"}, nil},
		{``, []string{"", "x"}, nil},
		{`a|`, []string{"x"}, nil},
	} {
		p, err := predicate.CompilePattern(c.pattern, false)
		require.NoError(t, err, c.pattern)
		for text, want := range expectations(c.yes, c.no) {
			found, ok := p.Search(text)
			require.True(t, ok)
			require.Equal(t, want, found, "%q on %q", c.pattern, text)
		}
	}
}

func expectations(yes, no []string) map[string]bool {
	m := map[string]bool{}
	for _, s := range yes {
		m[s] = true
	}
	for _, s := range no {
		m[s] = false
	}
	return m
}

func TestPatternsThatPythonRefuses(t *testing.T) {
	for _, pattern := range []string{
		`(`, `)`, `(unclosed`, `[`, `[a`, `*a`, `a**`, `a|*`, `^*`, `\`, `\q`, `\z`, `(?<n>a)`, `(?P<1>a)`, `(?P<a>.)(?P<a>.)`, `\1`,
		`(?P=x)`, `a(?i)b`, `(?L)a`, `(?z)`, `[b-a]`, `[\d-z]`, `\x4`, `\ud800`, `(?P>a)`, `a{2,1}`, `(?#`, `(?`, "\xff",
	} {
		_, err := predicate.CompilePattern(pattern, false)
		require.Error(t, err, "%q", pattern)
	}
}

func TestIgnoringCase(t *testing.T) {
	for _, pattern := range []string{`^admin-\d+$`, `^(?=admin)admin-\d+$`, `^(adm)in-\d(?!x)`} {
		p, err := predicate.CompilePattern(pattern, true)
		require.NoError(t, err)
		found, _ := p.Search("ADMIN-1")
		require.True(t, found, pattern)
	}
}

// A pattern that would take years is given up.
func TestASearchIsBounded(t *testing.T) {
	p, err := predicate.CompilePattern(`^(?=a)(a+)+\1$`, false)
	require.NoError(t, err)
	_, ok := p.Search(strings.Repeat("a", 40) + "!")
	require.False(t, ok)
}

func FuzzPattern(f *testing.F) {
	for _, seed := range []string{`^(?P<x>a)[^\W\d-]{2,}(?(1)b|c)\b$`, `(?imsx-u:a)`, `(a$|b)+c`, `[\D]`} {
		f.Add(seed, "text")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		p, err := predicate.CompilePattern(pattern, len(text)%2 == 0)
		if err == nil {
			p.Search(text)
		}
	})
}
