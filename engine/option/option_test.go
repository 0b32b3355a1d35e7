package option

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/eval"
)

func reader(t *testing.T, text string) *Reader {
	t.Helper()
	r, err := New([]byte(text))
	require.NoError(t, err)
	return r
}

func TestAbsentAndNullMembersYieldTheDefault(t *testing.T) {
	for _, text := range []string{`{}`, `{"s":null,"b":null,"n":null,"d":null,"o":null,"e":null}`} {
		r := reader(t, text)
		require.Equal(t, "x", r.String("s", "x"))
		require.True(t, r.Bool("b", true))
		require.Equal(t, int64(7), r.Whole("n", 7, 0, 9))
		require.Equal(t, time.Second, r.Seconds("d", time.Second))
		require.Nil(t, r.Object("o"))
		require.Equal(t, "a", r.OneOf("e", "a", "a", "b"))
		require.NoError(t, r.Err(""))
		require.Empty(t, r.Unknown())
	}
}

func TestMembersAreRead(t *testing.T) {
	r := reader(t, `{"s":"\u00e9","b":false,"n":5.0,"d":0.25,"ms":1500,"e":"STREAMING","o":{"x":"y"}}`)
	require.Equal(t, "é", r.String("s", ""))
	require.False(t, r.Bool("b", true))
	require.Equal(t, int64(5), r.Whole("n", 0, 0, 9))
	require.Equal(t, 250*time.Millisecond, r.Seconds("d", 0))
	require.Equal(t, 1500*time.Millisecond, r.Milliseconds("ms", 0))
	require.Equal(t, "streaming", r.OneOf("e", "polling", "polling", "streaming"))
	require.Equal(t, "y", r.Object("o").String("x", ""))
	require.NoError(t, r.Err(""))
}

func TestEveryProblemIsNamedInOneError(t *testing.T) {
	r := reader(t, `{"s":5,"b":"true","n":1.5,"big":99,"d":-1,"e":"x","o":[],"in":{"deep":1},"more":1}`)
	r.String("s", "")
	r.Bool("b", false)
	r.Whole("n", 0, 0, 9)
	r.Whole("big", 0, 0, 9)
	r.Seconds("d", 0)
	r.OneOf("e", "a", "a", "b")
	r.Object("o")
	r.Object("in").String("deep", "")
	err := r.Err("test")
	var known *eval.Error
	require.ErrorAs(t, err, &known)
	require.Equal(t, eval.CodeInvalidConfig, known.Code)
	require.Equal(t, `test: s is 5, want a string; b is "true", want true or false; n is 1.5, want a whole number; `+
		`big is 99, want 0 to 9; d is -1, want seconds from 0 to 31622400; e is "x", want one of a, b; `+
		`o is not an object; in.deep is 1, want a string`, err.Error())
	require.Equal(t, []Unknown{{Name: "more"}}, r.Unknown())
}

func TestUnknownMembersOfObjectsInsideAreNamed(t *testing.T) {
	r := reader(t, `{"o":{"known":1,"x":2},"y":3}`)
	r.Object("o").Raw("known")
	require.Equal(t, []Unknown{{Name: "o.x"}, {Name: "y"}}, r.Unknown())
}

func TestAMemberThatIsGivenTwiceIsNamed(t *testing.T) {
	r := reader(t, `{"a":1,"in":{"b":1,"\u0062":2},"a":null}`)
	r.Raw("a")
	r.Object("in").Raw("b")
	require.EqualError(t, r.Err("test"), "test: a is given twice; in.b is given twice")
	require.Empty(t, r.Unknown())
}

func TestAProblemIsReportedOnce(t *testing.T) {
	r := reader(t, `{"n":-1}`)
	r.Whole("n", 0, 1, 9)
	r.Whole("n", 0, 1, 9)
	require.EqualError(t, r.Err("test"), "test: n is -1, want 1 to 9")
}

func TestEmptyTextIsNotAnAbsentMember(t *testing.T) {
	r := reader(t, `{"empty":"","null":null,"number":5,"full":"x"}`)
	require.Empty(t, r.NonEmpty("absent"))
	require.Empty(t, r.NonEmpty("null"))
	require.Equal(t, "x", r.NonEmpty("full"))
	require.NoError(t, r.Err(""))
	r.NonEmpty("empty")
	r.NonEmpty("number")
	require.EqualError(t, r.Err("test"), "test: empty is empty; number is 5, want a string")
}

func TestIgnoredMembersAreUnknownWithTheReason(t *testing.T) {
	r := reader(t, `{"read":1,"unread":2,"null":null,"used":3}`)
	r.Raw("read")
	r.Raw("null")
	r.Raw("used")
	r.Ignored("does nothing here", "read", "unread", "null", "absent")
	unknown := r.Unknown()
	require.Equal(t, []Unknown{{"read", "does nothing here"}, {"unread", "does nothing here"}}, unknown)
	require.Equal(t, "read (does nothing here)", unknown[0].String())
	require.Equal(t, "a", Unknown{Name: "a"}.String())
}

func TestTheTextMayChangeAfterwards(t *testing.T) {
	text := []byte(`{"plain":"a","raw":[1],"s":"\u0062"}`)
	r, err := New(text)
	require.NoError(t, err)
	clear(text)
	require.Equal(t, "a", r.String("plain", ""))
	require.Equal(t, "b", r.String("s", ""))
	require.Equal(t, "[1]", string(r.Raw("raw")))
}

func TestASecretIsNeverShown(t *testing.T) {
	r := reader(t, `{"token":["s3cret"],"authentication":"s3cret"}`)
	r.Secret("token")
	r.Object("authentication")
	require.NotContains(t, r.Err("").Error(), "s3cret")
}

func TestWhatIsNotAnObjectIsRefused(t *testing.T) {
	for _, text := range []string{"", " ", "[]", "null", `"x"`, "{", `{"a":1}x`, "\xff", `{"a":}`, `{"a":01}`, `{"a":1.}`, `{"a":+1}`, `{"a":.5}`, `{"a":NaN}`, `{"a":{"b":00}}`} {
		_, err := New([]byte(text))
		var known *eval.Error
		require.ErrorAs(t, err, &known, "%q", text)
		require.Equal(t, eval.CodeInvalidConfig, known.Code)
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(`{"s":5,"o":{"x":1}}`))
	f.Fuzz(func(_ *testing.T, text []byte) {
		r, err := New(text)
		if err != nil {
			return
		}
		r.String("s", "")
		r.Seconds("d", 0)
		r.Whole("n", 0, 0, 9)
		if o := r.Object("o"); o != nil {
			o.OneOf("e", "a", "a")
		}
		_ = r.Unknown()
		_ = r.Err("")
	})
}
