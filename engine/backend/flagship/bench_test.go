package flagship

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/source"
)

// manyCampaigns is an environment of n campaigns that all match: four rules and two variations with two flags each.
func manyCampaigns(n int) []byte {
	var b strings.Builder
	b.WriteString(`{"campaigns":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"campaign-%d","name":"Campaign %[1]d","type":"ab","slug":null,"variationGroups":[{"id":"cq0v1f2g3h4i5j%[1]d",`+
			`"name":"Group","targeting":{"targetingGroups":[{"targetings":[`+
			`{"operator":"EQUALS","key":"country","value":["DE","FR","ES"]},{"operator":"GREATER_THAN","key":"age","value":18},`+
			`{"operator":"STARTS_WITH","key":"device","value":"ph"},{"operator":"EQUALS","key":"premium","value":true}]}]},"variations":[`+
			`{"id":"a%[1]d","name":"A","reference":true,"allocation":50,"modifications":{"type":"FLAG","value":{"color-%[1]d":"red","size-%[1]d":1}}},`+
			`{"id":"b%[1]d","name":"B","allocation":50,"modifications":{"type":"FLAG","value":{"color-%[1]d":"blue","size-%[1]d":2}}}]}]}`, i)
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

var benchAttributes = []eval.Attribute{
	{Name: "fs_client", Value: eval.StringValue("TypeScript")},
	{Name: "country", Value: eval.StringValue("FR")},
	{Name: "age", Value: eval.Value{Kind: eval.Number, Text: "31"}},
	{Name: "device", Value: eval.StringValue("phone")},
	{Name: "premium", Value: eval.BoolValue(true)},
	{Name: "plan", Value: eval.StringValue("gold")},
}

func BenchmarkDecide50NoAlloc(b *testing.B) {
	rules := compile(b, manyCampaigns(50), ByJavaScript)
	visitor := Visitor{ID: "visitor-123456", Context: benchAttributes}
	var d Decision
	rules.Decide(&visitor, &d)
	b.ReportAllocs()
	for b.Loop() {
		rules.Decide(&visitor, &d)
	}
	require.Len(b, d.Flags, 100)
}

func BenchmarkDecide50WithHistoryNoAlloc(b *testing.B) {
	rules := compile(b, manyCampaigns(50), ByJavaScript)
	visitor := Visitor{ID: "visitor-123456", Context: benchAttributes}
	var d Decision
	rules.Decide(&visitor, &d)
	visitor.History = d.Remember(nil)
	b.ReportAllocs()
	for b.Loop() {
		rules.Decide(&visitor, &d)
	}
	require.Len(b, d.Flags, 100)
}

func BenchmarkResolveNoAlloc(b *testing.B) {
	rules := compile(b, manyCampaigns(1000), ByJavaScript)
	ec := eval.Context{TargetingKey: "visitor-123456", Attributes: benchAttributes}
	var out eval.Outcome
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		rules.Resolve(rules.keys[i], &ec, &out)
		if i++; i == len(rules.keys) {
			i = 0
		}
	}
	require.Equal(b, eval.ReasonSplit, out.Reason)
}

func BenchmarkCompile1000(b *testing.B) {
	file := manyCampaigns(1000)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		_, _, err := (&compiler{}).Compile(source.Update{Body: file})
		require.NoError(b, err)
	}
}

func BenchmarkCompile1000OneChanged(b *testing.B) {
	file := manyCampaigns(1000)
	changed := []byte(strings.Replace(string(file), "Campaign 5", "Campagne 5", 1))
	c := &compiler{}
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		_, _, err := c.Compile(source.Update{Body: file})
		require.NoError(b, err)
		file, changed = changed, file
	}
}
