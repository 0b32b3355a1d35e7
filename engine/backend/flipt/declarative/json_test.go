package declarative

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestJSONThatIsNotQuiteYAMLIsRead(t *testing.T) {
	flags, problems := flagsOf(t, "{\"flags\"\n:[{\"key\":\"f\",\"name\":\"\\ud83d\\ude00 \\/ \u0085\x7f\",\"description\":\"<<\"}]}")
	assert.Empty(t, problems)
	assert.JSONEq(t, `[{"key":"f","name":"😀 / `+"\u0085\x7f"+`","description":"<<","enabled":false,"type":"VARIANT_FLAG_TYPE","rules":[],"rollouts":[]}]`, flags)
}

func TestProblemsInJSONNameTheLine(t *testing.T) {
	flags, problems := flagsOf(t, "{\n\"flags\": [\n{\"key\": \"f\",\n\"rules\": [{}], \"enabled\": 1},\n"+
		"{\"name\": [\n]},\n{\"key\":\"g\",\"enabled\":true,\"enabled\":false}, {\"key\": \"good\"}\n]}")
	assert.Contains(t, flags, `[{"key":"good"`)
	assert.Equal(t, []Problem{
		{FlagKey: "f", Message: `flag: enabled must be true or false, found a number "1"`, Dropped: true},
		{Message: "flag 2 (line 5) has no key", Dropped: true},
		{FlagKey: "g", Message: `flag has the member "enabled" twice (line 7)`, Dropped: true},
	}, problems)
}

func TestAttachmentsInJSON(t *testing.T) {
	flags, problems := flagsOf(t, `{"flags":[{"key":"f","variants":[{"key":"v","default":true,"attachment":`+
		`{"b":[1.50,1e3,-0,12345678901234567890123,null,true,"x",{},[]],"a":"false"}}]}]}`)
	assert.Empty(t, problems)
	assert.Contains(t, flags, `"attachment":"{\"a\":\"false\",\"b\":[1.50,1e3,-0,12345678901234567890123,null,true,\"x\",{},[]]}"`)
}

func TestNestingIsBoundedAlikeInJSONAndYAML(t *testing.T) {
	const outside = 5 // the file, its flags, the flag, its variants, the variant
	nested := func(levels int) string {
		return strings.Repeat("[", levels) + "1" + strings.Repeat("]", levels)
	}
	for _, open := range []string{
		`{"flags":[{"key":"f","variants":[{"key":"v","attachment":`,
		`{flags: [{key: f, variants: [{key: v, attachment: `,
	} {
		flags, problems := flagsOf(t, open+nested(maxNesting-outside)+"}]}]}")
		assert.Empty(t, problems)
		assert.Contains(t, flags, `"key":"f"`)
		_, _, err := Convert([]byte("\n"+open+nested(maxNesting-outside+1)+"}]}]}"), "")
		require.ErrorContains(t, err, "line 2, column ")
		require.ErrorContains(t, err, "nested deeper than 64 levels")
	}
}
