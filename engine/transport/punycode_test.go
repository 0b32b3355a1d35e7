package transport

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/idna"
)

func TestNamesInPunycode(t *testing.T) {
	for _, name := range []string{
		"bücher.test", "straße", "例え.test", "ünï.例え.test", "他们为什么不说中文", "почемужеонинеговорятпорусски", "porquénopuedensimplementehablarenespañol",
		"ひとつ屋根の下2", "3年b組金八先生", "-ü", "a-ü-b", "üüüüü", "😀", "\U0010ffff",
	} {
		want, err := idna.Punycode.ToASCII(name)
		require.NoError(t, err)
		assert.Equal(t, want, asciiHost(name), name)
	}
	assert.Equal(t, "flags.test", asciiHost("flags.test"))
	assert.Equal(t, "\xff.test", asciiHost("\xff.test"), "not UTF-8")
	long := strings.Repeat("ü", longestName)
	assert.Equal(t, long, asciiHost(long), "the work grows with the square of the length")
}

func FuzzPunycodeAgreesWithTheLibrary(f *testing.F) {
	f.Add("bücher")
	f.Add("例え-a")
	f.Fuzz(func(t *testing.T, label string) {
		if strings.ContainsAny(label, ".。") || strings.HasPrefix(label, "xn--") || len(label) > longestName || !utf8.ValidString(label) {
			t.Skip("not one label, or written in Punycode already")
		}
		want, err := idna.Punycode.ToASCII(label)
		require.NoError(t, err)
		assert.Equal(t, want, asciiHost(label))
	})
}
