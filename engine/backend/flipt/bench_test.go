package flipt

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/source"
)

// manyFlags is a document of n variant flags with one rule of three constraints each.
func manyFlags(n int) []byte {
	var b strings.Builder
	b.WriteString(`{"namespace":{"key":"default"},"flags":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"key":"flag-%d","name":"Flag %d","description":"A flag of the benchmark","enabled":true,`+
			`"type":"VARIANT_FLAG_TYPE","createdAt":"2026-02-03T04:05:06.700Z","updatedAt":"2026-02-03T04:05:06.700Z","rules":[`+
			`{"id":"r%d","rank":1,"segmentOperator":"OR_SEGMENT_OPERATOR","segments":[{"key":"segment-%d","name":"","matchType":`+
			`"ALL_SEGMENT_MATCH_TYPE","constraints":[`+
			`{"type":"STRING_CONSTRAINT_COMPARISON_TYPE","property":"plan","operator":"eq","value":"pro"},`+
			`{"type":"NUMBER_CONSTRAINT_COMPARISON_TYPE","property":"age","operator":"gte","value":"18"},`+
			`{"type":"STRING_CONSTRAINT_COMPARISON_TYPE","property":"country","operator":"isoneof","value":"[\"de\",\"fr\",\"x%d\"]"}`+
			`]}],"distributions":[{"ruleId":"r%d","variantKey":"on","variantAttachment":"{\"color\":\"blue\"}","rollout":50},`+
			`{"ruleId":"r%d","variantKey":"off","variantAttachment":"","rollout":50}]}],"rollouts":[]}`, i, i, i, i, i, i, i)
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

var benchContext = eval.Context{TargetingKey: "user-123456", Attributes: []eval.Attribute{
	{Name: "plan", Value: eval.StringValue("pro")},
	{Name: "age", Value: eval.StringValue("42")},
	{Name: "country", Value: eval.StringValue("fr")},
	{Name: "device", Value: eval.StringValue("phone")},
	{Name: "version", Value: eval.StringValue("1.2.3")},
}}

func BenchmarkResolveNoAlloc(b *testing.B) {
	rules, _, err := (&compiler{}).Compile(source.Update{Body: manyFlags(1000)})
	require.NoError(b, err)
	keys := rules.Keys()
	var out eval.Outcome
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		rules.Resolve(keys[i], &benchContext, &out)
		if i++; i == len(keys) {
			i = 0
		}
	}
	require.Equal(b, eval.ReasonSplit, out.Reason)
}

func BenchmarkCompile10000(b *testing.B) {
	document := manyFlags(10_000)
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		_, _, err := (&compiler{}).Compile(source.Update{Body: document})
		require.NoError(b, err)
	}
}

func BenchmarkCompile10000OneChanged(b *testing.B) {
	document := manyFlags(10_000)
	changed := []byte(strings.Replace(string(document), "A flag of", "One flag of", 1))
	c := &compiler{}
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		_, _, err := c.Compile(source.Update{Body: document})
		require.NoError(b, err)
		document, changed = changed, document
	}
}
