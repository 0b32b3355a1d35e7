package declarative

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSyntaxErrorsNameThePlace(t *testing.T) {
	for _, c := range []struct{ yaml, want string }{
		{"flags:\n- key: a\n  - b\n", "line 3, column 3: did not find expected key (while parsing a block mapping from line 2, column 3)"},
		{"flags:\n- key: a\nkey: b\nflags", "line 4, column 6: could not find expected ':' (while scanning a simple key from line 4, column 1)"},
		{"flags:\n- key: \"a\n- key: b\n", "line 4, column 1: found unexpected end of stream (while scanning a quoted scalar from line 2, column 8)"},
		{"flags:\n- {key: a\n- {key: b}\n", "line 3, column 3: did not find expected ',' or '}' (while parsing a flow mapping from line 2, column 3)"},
		{"flags: [\n", "line 2, column 1: did not find expected node content"},
		{"a: ]", "line 1, column 4: did not find expected node content"},
		{"a: b: c", "line 1, column 5: mapping values are not allowed in this context"},
		{"\ufeffflags:\n- key: @a", "line 2, column 8: found character that cannot start any token"},
		{"ü: 1\nü: ü\x01", "line 2, column 5: control characters are not allowed"},
		{"flags:\n- ü: *a", `line 2, column 6: alias "a" has no anchor before it`},
		{"- &a x\n--- \n- *a", `line 3, column 3: alias "a" has no anchor before it`},
		{"- &a\n  - *a", `line 2, column 5: alias "a" has no anchor before it`},
		{"flags:\n- <<: [a]", "line 2, column 7: << wants a mapping, found text"},
		{"flags:\n- ? [a]\n  : b", "line 2, column 5: a key must be text, found a list"},
	} {
		t.Run(c.yaml, func(t *testing.T) {
			_, _, err := Convert([]byte(c.yaml), "")
			require.ErrorContains(t, err, "declarative: "+c.want)
		})
	}
}

func TestWithoutAPlaceTheLibrarysMessageRemains(t *testing.T) {
	assert.EqualError(t, syntaxError(errors.New("yaml: line 3: no"), []byte("text"), nil), "declarative: line 3: no")
	assert.EqualError(t, syntaxError(errors.New("yaml: unknown anchor 'a' referenced"), nil, nil), `declarative: alias "a" has no anchor before it`)
}
