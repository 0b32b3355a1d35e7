package datasynctest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/source"
)

// BenchContext is a user with a few attributes.
var BenchContext = eval.Context{TargetingKey: "user-123456", Attributes: []eval.Attribute{
	{Name: "name", Value: eval.StringValue("Ada")},
	{Name: "plan", Value: eval.StringValue("pro")},
	{Name: "age", Value: eval.Value{Kind: eval.Number, Text: "42"}},
	{Name: "country", Value: eval.StringValue("fr")},
	{Name: "vip", Value: eval.BoolValue(true)},
}}

// BenchmarkResolve evaluates all flags in turn, which serve a part of all users.
func BenchmarkResolve(b *testing.B, rules eval.Ruleset) {
	keys := rules.Keys()
	var out eval.Outcome
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		rules.Resolve(keys[i], &BenchContext, &out)
		if i++; i == len(keys) {
			i = 0
		}
	}
	require.Equal(b, eval.ReasonSplit, out.Reason)
}

// BenchmarkPatch applies patches, each of which changes the one flag.
func BenchmarkPatch(b *testing.B, c backend.Patching, full source.Update, flag string, patch func(i int) source.Update) {
	Compile(b, c, full)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		b.StopTimer()
		u := patch(i)
		b.StartTimer()
		Compile(b, c, u)
	}
	require.Equal(b, []string{flag}, c.Changed())
}

// Fuzz compiles whatever arrives, evaluates it, and reads back what the compiler says that it holds.
func Fuzz(f *testing.F, seeds []EvalFile, newCompiler func() backend.Patching) {
	for _, file := range seeds {
		f.Add([]byte(file.Data), true)
	}
	f.Fuzz(func(t *testing.T, body []byte, stream bool) {
		c := newCompiler()
		origin := source.FromFile
		if stream {
			origin = source.FromStream
		}
		rules, _, err := c.Compile(source.Update{Body: body, Origin: origin})
		if err != nil {
			return
		}
		var out eval.Outcome
		for _, key := range rules.Keys() {
			out.Trace = &eval.Trace{}
			rules.Resolve(key, &BenchContext, &out)
			_ = out.Trace.Text()
		}
		again := Compile(t, newCompiler(), source.Update{Body: c.Document(), Origin: source.FromFile})
		require.Equal(t, rules.Keys(), again.Keys())
	})
}
