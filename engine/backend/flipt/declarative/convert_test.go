package declarative

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDocumentIsThatOfTheServer(t *testing.T) {
	source, err := os.ReadFile("testdata/shop.features.yaml")
	require.NoError(t, err)
	want, err := os.ReadFile("testdata/shop.json")
	require.NoError(t, err)

	document, problems, err := Convert(source, "shop")
	require.NoError(t, err)
	assert.Empty(t, problems)
	assert.JSONEq(t, string(want), string(document))
}

// flagsOf converts a file whose namespace is default and returns the flags as JSON text.
func flagsOf(t *testing.T, yaml string) (string, []Problem) {
	t.Helper()
	document, problems, err := Convert([]byte(yaml), "")
	require.NoError(t, err, "file: %s", yaml)
	text := string(document)
	start, end := strings.Index(text, `"flags":`), strings.LastIndex(text, `,"digest":`)
	require.Positive(t, start)
	require.Positive(t, end)
	return text[start+len(`"flags":`) : end], problems
}

func TestDefaultsOfMissingMembers(t *testing.T) {
	flags, problems := flagsOf(t, `
flags:
- key: bare
  rules:
  - segment: everybody
segments:
- key: everybody
  constraints:
  - {type: STRING_COMPARISON_TYPE, property: plan, operator: notempty}
`)
	assert.Empty(t, problems)
	assert.JSONEq(t, `[{"key":"bare","name":"","description":"","enabled":false,"type":"VARIANT_FLAG_TYPE",
		"rules":[{"id":"bare-1","rank":1,"segmentOperator":"OR_SEGMENT_OPERATOR","distributions":[],"segments":[
			{"key":"everybody","name":"","description":"","matchType":"ALL_SEGMENT_MATCH_TYPE","constraints":[
				{"type":"STRING_CONSTRAINT_COMPARISON_TYPE","property":"plan","operator":"notempty","value":""}]}]}],
		"rollouts":[]}]`, flags)
}

func TestSegmentForms(t *testing.T) {
	for _, form := range []struct{ name, rule, operator string }{
		{"a key", `segment: a`, "OR"},
		{"a mapping with a key", `segment: {key: a}`, "OR"},
		{"a mapping with keys", `segment: {keys: [a], operator: AND_SEGMENT_OPERATOR}`, "AND"},
		{"a list", `segment: [a]`, "OR"},
		{"segments and segmentOperator", `segment: {segments: [a], segmentOperator: AND_SEGMENT_OPERATOR}`, "AND"},
		{"null operator", `segment: {keys: [a], operator: null}`, "OR"},
	} {
		t.Run(form.name, func(t *testing.T) {
			flags, problems := flagsOf(t, "segments: [{key: a}]\nflags:\n- key: f\n  rules:\n  - "+form.rule+"\n")
			assert.Empty(t, problems)
			assert.Contains(t, flags, `"segments":[{"key":"a","name":"","description":"","matchType":"ALL_SEGMENT_MATCH_TYPE","constraints":[]}]`)
			assert.Contains(t, flags, `"segmentOperator":"`+form.operator+`_SEGMENT_OPERATOR"`)
		})
	}
}

func TestRollouts(t *testing.T) {
	flags, problems := flagsOf(t, `
segments: [{key: a, match_type: ANY_MATCH_TYPE}]
flags:
- key: f
  type: BOOLEAN_FLAG_TYPE
  rollouts:
  - {description: people, segment: {key: a, value: true, operator: AND_SEGMENT_OPERATOR}}
  - threshold: {percentage: 33.30}
  - {threshold: {percentage: 5, value: on}, segment: {key: a}}
`)
	assert.Empty(t, problems)
	assert.Contains(t, flags, `"rollouts":[`+
		`{"type":"SEGMENT_ROLLOUT_TYPE","rank":1,"segment":{"value":true,"segmentOperator":"AND_SEGMENT_OPERATOR","segments":[`+
		`{"key":"a","name":"","description":"","matchType":"ANY_SEGMENT_MATCH_TYPE","constraints":[]}]}},`+
		`{"type":"THRESHOLD_ROLLOUT_TYPE","rank":2,"threshold":{"percentage":33.30,"value":false}},`+
		`{"type":"THRESHOLD_ROLLOUT_TYPE","rank":3,"threshold":{"percentage":5,"value":true}}]`)
}

func TestConstraintValues(t *testing.T) {
	for _, c := range []struct{ yaml, want string }{
		{`text`, `text`}, {`"10"`, `10`}, {`10`, `10`}, {`1.50`, `1.50`}, {`true`, `true`}, {`null`, ``}, {`""`, ``},
		{`2024-06-01`, `2024-06-01`}, {`2024-06-01T00:00:00Z`, `2024-06-01T00:00:00Z`}, {`'["a", "b"]'`, `[\"a\", \"b\"]`},
		{`[a, "b c", 'ü']`, `[\"a\",\"b c\",\"ü\"]`}, {`[1, 2.5]`, `[1,2.5]`}, {`["1", true, null]`, `[\"1\",\"true\",\"\"]`}, {`[]`, `[]`},
	} {
		t.Run(c.yaml, func(t *testing.T) {
			flags, problems := flagsOf(t, "segments: [{key: a, constraints: [{type: NUMBER_COMPARISON_TYPE, property: p, operator: eq, value: "+
				c.yaml+"}]}]\nflags: [{key: f, rules: [{segment: a}]}]")
			assert.Empty(t, problems)
			assert.Contains(t, flags, `"operator":"eq","value":"`+c.want+`"}`)
		})
	}
}

func TestAttachments(t *testing.T) {
	for _, c := range []struct{ yaml, want string }{
		{`{b: 1, a: [x, 2.50, null, true]}`, `{\"a\":[\"x\",2.50,null,true],\"b\":1}`},
		{`12345678901234567890123`, `12345678901234567890123`}, {`0x1F`, `31`}, {`1_000`, `1000`}, {`"5"`, `\"5\"`}, {`<b>`, `\"<b>\"`},
		{`{1: x}`, `{\"1\":\"x\"}`}, {`[]`, `[]`}, {`!!str 5`, `\"5\"`}, {`2024-06-01`, `\"2024-06-01\"`}, {`1e3`, `1e3`}, {`False`, `false`},
	} {
		t.Run(c.yaml, func(t *testing.T) {
			flags, problems := flagsOf(t, "flags: [{key: f, variants: [{key: v, default: true, attachment: "+c.yaml+"}]}]")
			assert.Empty(t, problems)
			assert.Contains(t, flags, `"defaultVariant":{"id":"f/v","key":"v","attachment":"`+c.want+`"}`)
		})
	}
	for _, none := range []string{"", ", attachment: null", ", attachment: ~"} {
		flags, _ := flagsOf(t, "flags: [{key: f, variants: [{key: v, default: true"+none+"}]}]")
		assert.Contains(t, flags, `"defaultVariant":{"id":"f/v","key":"v"}`, "attachment %q", none)
	}
}

func TestNamespaces(t *testing.T) {
	const file = `
# a comment before everything
flags: [{key: first}]
---
namespace: {key: shop, name: Shop, description: what we sell}
flags: [{key: second, rules: [{segment: late}]}]
---
---
namespace: shop
segments: [{key: late}]
flags: [{key: third}]
`
	names, err := Namespaces([]byte(file))
	require.NoError(t, err)
	assert.Equal(t, []string{"default", "shop"}, names)

	document, problems, err := Convert([]byte(file), "shop")
	require.NoError(t, err)
	assert.Empty(t, problems)
	assert.Contains(t, string(document), `{"namespace":{"key":"shop"},"flags":[{"key":"second"`)
	assert.Contains(t, string(document), `{"key":"third"`)
	assert.NotContains(t, string(document), `first`)

	_, _, err = Convert([]byte(file), "other")
	require.ErrorContains(t, err, `namespace "other" is not in the file, which has "default", "shop"`)
}

func TestNoDocumentIsLostBetweenSeparators(t *testing.T) {
	for _, between := range []string{"---\n", "---\n---\n", "---\n# a comment\n---\n", "...\n---\n", "---\n...\n---\n", "...\n...\n", "...\n%YAML 1.2\n---\n"} {
		t.Run(between, func(t *testing.T) {
			flags, problems := flagsOf(t, "---\n---\nflags: [{key: f}]\n"+between+"flags: [{key: g}]\n---\n")
			assert.Empty(t, problems)
			assert.Contains(t, flags, `"key":"f"`)
			assert.Contains(t, flags, `"key":"g"`)
		})
	}
}

func TestTextThatLooksLikeAMarkerStaysAsItIs(t *testing.T) {
	flags, problems := flagsOf(t, "%YAML 1.2\n---\nflags:\n- key: f\n  name: |\n    %YAML 1.2\n    ...\n    end...\n...\n# end\n")
	assert.Empty(t, problems)
	assert.Contains(t, flags, `"name":"%YAML 1.2\n...\nend...\n"`)

	flags, problems = flagsOf(t, "flags: [{key: f, name: \"quoted\n%YAML 1.2\"}]")
	assert.Empty(t, problems)
	assert.Contains(t, flags, `"name":"quoted %YAML 1.2"`)
}

func TestManyMembersAndDocumentsAreRead(t *testing.T) {
	const many = 1 << 14
	var file strings.Builder
	for range many {
		file.WriteString("--- {flags: []}\n")
	}
	file.WriteString("---\nflags:\n- key: f\n  variants:\n  - key: v\n    default: true\n    attachment:\n")
	for i := range many {
		file.WriteString("      k" + strconv.Itoa(i) + ":\n")
	}
	flags, problems := flagsOf(t, file.String())
	assert.Empty(t, problems)
	assert.Equal(t, many, strings.Count(flags, ":null"))
}

func TestJSONIsRead(t *testing.T) {
	flags, problems := flagsOf(t, `{"version":"1.4","namespace":"default","flags":[{"key":"f","name":"F","enabled":true}],"segments":[]}`)
	assert.Empty(t, problems)
	assert.JSONEq(t, `[{"key":"f","name":"F","description":"","enabled":true,"type":"VARIANT_FLAG_TYPE","rules":[],"rollouts":[]}]`, flags)
}

func TestAnchorsAndMergeKeys(t *testing.T) {
	flags, problems := flagsOf(t, `
segments:
- &plan {key: plan, match_type: ANY_MATCH_TYPE}
- {<<: *plan, key: copy}
flags:
- key: f
  variants:
  - {key: v, default: true, attachment: &a {x: 1}}
  rules:
  - segment: {keys: [plan, copy]}
`)
	assert.Empty(t, problems)
	assert.Contains(t, flags, `{"key":"plan","name":"","description":"","matchType":"ANY_SEGMENT_MATCH_TYPE"`)
	assert.Contains(t, flags, `{"key":"copy","name":"","description":"","matchType":"ANY_SEGMENT_MATCH_TYPE"`)
}
