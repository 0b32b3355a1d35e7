package declarative

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const good = "- {key: good}\n"

func TestOneBadFlagHurtsOnlyItself(t *testing.T) {
	for _, c := range []struct{ name, flag, segments, want string }{
		{"unknown segment", `{key: bad, rules: [{segment: nobody}]}`, ``, `rule 1: segment: segment "nobody" is not in the file`},
		{"unknown variant", `{key: bad, rules: [{segment: a, distributions: [{variant: x, rollout: 100}]}]}`, `{key: a}`,
			`rule 1: distribution 1: variant "x" is not one of the flag's`},
		{"broken segment", `{key: bad, rules: [{segment: a}]}`, `{key: a, constraints: [{type: COLOUR, property: p, operator: eq}]}`,
			`rule 1: segment: segment "a": constraint 1: type "COLOUR" is not a comparison type`},
		{"bad match type", `{key: bad, rules: [{segment: a}]}`, `{key: a, match_type: SOME}`, `match_type is "SOME"`},
		{"enabled is text", `{key: bad, enabled: "true"}`, ``, `flag: enabled must be true or false, found text "true"`},
		{"enabled is a number", `{key: bad, enabled: 1}`, ``, `flag: enabled must be true or false, found a number "1"`},
		{"type", `{key: bad, type: STRING_FLAG_TYPE}`, ``, `flag: type is "STRING_FLAG_TYPE", want one of "VARIANT_FLAG_TYPE", "BOOLEAN_FLAG_TYPE"`},
		{"rules are no list", `{key: bad, rules: {segment: a}}`, ``, `flag: rules must be a list, found a mapping`},
		{"name is a list", `{key: bad, name: [a]}`, ``, `flag: name must be text, found a list`},
		{"rollout is text", `{key: bad, variants: [{key: v}], rules: [{segment: a, distributions: [{variant: v, rollout: "5"}]}]}`, `{key: a}`,
			`rule 1: distribution 1: rollout must be a number, found text "5"`},
		{"rollout is infinite", `{key: bad, rollouts: [{threshold: {percentage: .inf}}]}`, ``, `percentage must be a finite number`},
		{"attachment without JSON", `{key: bad, variants: [{key: v, attachment: {a: .nan}}]}`, ``, `attachment must be a finite number`},
		{"member twice", `{key: bad, enabled: true, enabled: false}`, ``, `flag has the member "enabled" twice`},
		{"rule without segment", `{key: bad, rules: [{rank: 1}]}`, ``, `rule 1 has no segment`},
		{"empty rollout", `{key: bad, rollouts: [{description: x}]}`, ``, `rollout 1 has neither a segment nor a threshold`},
		{"operator", `{key: bad, rules: [{segment: {keys: [a], operator: XOR}}]}`, `{key: a}`, `operator is "XOR"`},
		{"variant without key", `{key: bad, variants: [{name: x}]}`, ``, `variant 1 has no key`},
	} {
		t.Run(c.name, func(t *testing.T) {
			flags, problems := flagsOf(t, "flags:\n- "+c.flag+"\n"+good+"segments: ["+c.segments+"]")
			assert.Contains(t, flags, `[{"key":"good",`)
			assert.NotContains(t, flags, `"bad"`)
			dropped := Problem{}
			for _, p := range problems {
				if p.Dropped {
					dropped = p
				}
			}
			assert.Equal(t, "bad", dropped.FlagKey)
			assert.Contains(t, dropped.Message, c.want)
		})
	}
}

func TestOddThingsAreReportedAndTheFlagStays(t *testing.T) {
	for _, c := range []struct{ name, flag, want string }{
		{"unknown member", `{key: odd, enabld: true}`, `flag: unknown member "enabld" has no effect`},
		{"ranks", `{key: odd, rules: [{segment: a, rank: 2}, {segment: a, rank: 1}]}`, `rule 2: rank 1 comes after a higher one`},
		{"percentage", `{key: odd, type: BOOLEAN_FLAG_TYPE, rollouts: [{threshold: {percentage: 101}}]}`, `percentage is 101, want 0 to 100`},
		{"rules of a boolean flag", `{key: odd, type: BOOLEAN_FLAG_TYPE, rules: [{segment: a}]}`, `a boolean flag has no use for rules`},
		{"rollouts of a variant flag", `{key: odd, rollouts: [{threshold: {percentage: 1}}]}`, `a variant flag has no use for rollouts`},
		{"variant twice", `{key: odd, variants: [{key: v}, {key: v}]}`, `variant "v" is declared twice`},
		{"no segment chosen", `{key: odd, rules: [{segment: {operator: AND_SEGMENT_OPERATOR}}]}`, `rule 1: segment names no segment`},
	} {
		t.Run(c.name, func(t *testing.T) {
			flags, problems := flagsOf(t, "segments: [{key: a}]\nflags:\n- "+c.flag+"\n")
			assert.Contains(t, flags, `[{"key":"odd",`)
			require.Len(t, problems, 1)
			assert.Equal(t, "odd", problems[0].FlagKey)
			assert.False(t, problems[0].Dropped)
			assert.Contains(t, problems[0].Message, c.want)
		})
	}
}

func TestTheLastFlagOfAKeyCounts(t *testing.T) {
	flags, problems := flagsOf(t, "flags: [{key: f, name: one}, {key: g}, {key: f, name: two}]")
	assert.NotContains(t, flags, `"one"`)
	assert.Contains(t, flags, `"two"`)
	assert.Equal(t, []Problem{{FlagKey: "f", Message: "the flag is declared again further down; the last one counts"}}, problems)
}

func TestProblemsWithoutAFlag(t *testing.T) {
	_, problems := flagsOf(t, "version: '2.0'\nflgs: []\nsegments: [{name: x}, 5]\nflags: [5, {name: x}]")
	var messages []string
	for _, p := range problems {
		assert.Empty(t, p.FlagKey)
		messages = append(messages, p.Message)
	}
	assert.Equal(t, []string{
		`the document: unknown member "flgs" has no effect`,
		`version "2.0" is not known; it is read as version 1`,
		`segment 1: has no key`,
		`segment 2: segment 2 must be a mapping, found a number "5"`,
		`flag 1 must be a mapping, found a number "5"`,
		`flag 2 (line 4) has no key`,
	}, messages)
}

func TestFilesWithoutADocument(t *testing.T) {
	for _, c := range []struct{ name, yaml, want string }{
		{"empty", "", "the file is empty"},
		{"comment", "# nothing", "the file is empty"},
		{"text", "hello", `must be a mapping, found text "hello"`},
		{"list", "- a", "must be a mapping, found a list"},
		{"broken", "flags: [", "line 1, column 9"}, // where the rest is missing
		{"tab", "flags:\n\t- key: a", "line 2"},
		{"member twice", "flags: []\nsegments: []\nflags: []", `has the member "flags" twice`},
		{"flags are a mapping", "flags: {key: a}", "flags must be a list, found a mapping"},
		{"segments are text", "segments: a", `segments must be a list, found text "a"`},
		{"not UTF-8", "flags: \xff", "not UTF-8"},
		{"unknown alias", "flags: *a", `alias "a" has no anchor`},
		{"circle", "flags: &a [*a]", `alias "a" has no anchor before it`},
		{"namespace is a list", "namespace: [a]", "namespace must be text, found a list"},
		{"too long", strings.Repeat("#", maxBytes+1), "at most 16777216 are read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			document, _, err := Convert([]byte(c.yaml), "")
			require.ErrorContains(t, err, c.want)
			assert.Nil(t, document)
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

// A Go stack that overflows cannot be recovered from, so these would end the process if the limits did not hold.
func TestHostileFilesAreRefused(t *testing.T) {
	const many = 1 << 16
	pile := func(of int) string {
		var b strings.Builder
		b.WriteString("x0: &x0 [1]\n")
		for i := range of {
			b.WriteString("x" + strconv.Itoa(i+1) + ": &x" + strconv.Itoa(i+1) + " [[[[[[[[[[*x" + strconv.Itoa(i) + "]]]]]]]]]]\n")
		}
		return b.String()
	}
	bomb := "a0: &a0 [" + strings.Repeat(strings.Repeat("x", 10_000)+",", 10) + "]\n"
	for i := range 12 {
		bomb += "a" + strconv.Itoa(i+1) + ": &a" + strconv.Itoa(i+1) + " [" + strings.Repeat("*a"+strconv.Itoa(i)+",", 10) + "]\n"
	}
	bigSegment := "segments: [{key: s, description: " + strings.Repeat("x", 1<<16) + "}]\nflags:\n- &f {key: f, rules: [" +
		strings.Repeat("{segment: s},", 2000) + "]}\n"
	for name, yaml := range map[string]string{
		"open lists":    strings.Repeat("[", many),
		"open mappings": strings.Repeat("{a: ", many),
		"entries":       strings.Repeat("- ", many),
		"keys of keys":  strings.Repeat("? - ", many),
		"explicit keys": strings.Repeat("? ", many),
		"tags":          strings.Repeat("!!str ", many) + "x",
		"tags on lines": strings.Repeat("!!str\n", many) + "x",
		"anchors":       strings.Repeat("&a ", many) + "x",
		"indentation": func() string {
			var b strings.Builder
			for i := range 2000 {
				b.WriteString(strings.Repeat(" ", i) + "a:\n")
			}
			return b.String()
		}(),
		"aliases piled up": "flags: []\n" + pile(1000),
		"alias bomb":       bomb + "flags: [{key: f, variants: [{key: v, attachment: *a12}]}]",
		"large segment":    bigSegment + strings.Repeat("- *f\n", 10),
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Convert([]byte(yaml), "")
			require.Error(t, err)
			assert.Regexp(t, "nested deeper|grows beyond|did not find expected", err.Error())
		})
	}
}
