package flipt

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/backendtest"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/source"
)

func TestConformance(t *testing.T) {
	suite := backendtest.Suite{
		New: func() backend.Compiler { return &compiler{} },
		Contexts: []eval.Context{
			{},
			benchContext,
			{TargetingKey: "überraschung", Attributes: []eval.Attribute{
				{Name: "x", Value: eval.StringValue("5")}, {Name: "x", Value: eval.BoolValue(true)},
				{Name: "plan", Value: eval.Value{Kind: eval.JSON, Text: `{"a":1}`}},
			}},
		},
	}
	seen := map[string]bool{}
	for _, c := range backendtest.FliptCases(t, "../../../testdata/vectors/flipt") {
		if c.Document == nil || seen[string(c.Document)] {
			continue
		}
		seen[string(c.Document)] = true
		u := source.Update{Body: c.Document}
		if _, _, err := (&compiler{}).Compile(u); err == nil {
			suite.Full = append(suite.Full, u)
		}
	}
	require.Greater(t, len(suite.Full), 8)
	backendtest.Run(t, suite)
}

// A document large enough to be compiled by two goroutines gives the same rule set as its flags one by one.
func TestParallelCompilationLosesNothing(t *testing.T) {
	rules, warnings, err := (&compiler{}).Compile(source.Update{Body: manyFlags(2*parallelFrom + 1)})
	require.NoError(t, err)
	require.Empty(t, warnings)
	require.Len(t, rules.Keys(), 2*parallelFrom+1)
	require.NotZero(t, rules.(*ruleset).flags["flag-0"].ids)
}

// An id may be kept by a caller for ever, so no two different outcomes may share one.
func TestOutcomeIDsAreUnique(t *testing.T) {
	type content struct{ flag, value, variant, attachment, reason, segments string }
	known := map[uint64]content{}
	for _, c := range backendtest.FliptCases(t, "../../../testdata/vectors/flipt") {
		if c.Document == nil || (c.Op != "variant" && c.Op != "boolean") || c.Request[0] != '{' {
			continue
		}
		rules, _, err := (&compiler{namespace: c.Namespace}).Compile(source.Update{Body: c.Document})
		if err != nil {
			continue
		}
		for _, key := range rules.Keys() {
			for _, entity := range []string{"u", "v", "w", "user-7", "x"} {
				var out eval.Outcome
				rules.Resolve(key, &eval.Context{TargetingKey: entity, Attributes: benchContext.Attributes}, &out)
				if out.ID == 0 {
					continue
				}
				now := content{out.FlagKey, out.Value.String(), out.Variant, out.Attachment.Text, out.Reason.String(), ""}
				for _, s := range out.Segments {
					now.segments += s + ","
				}
				before, ok := known[out.ID]
				require.True(t, !ok || before == now, "id %d: %v and %v", out.ID, before, now)
				known[out.ID] = now
			}
		}
	}
	require.Greater(t, len(known), 100)
}

func TestRepeatedRulesOfV1ServersCountOnce(t *testing.T) {
	body, err := os.ReadFile("../../../testdata/flipt/v1_repeated_rule.json")
	require.NoError(t, err)
	rules, _, err := (&compiler{}).Compile(source.Update{Body: body})
	require.NoError(t, err)
	compiled := rules.(*ruleset).flags["split"].rules
	require.Len(t, compiled, 1)
	require.Len(t, compiled[0].segments, 2)
	// 70/30 as the v1 server means it, not 35/15/35/15.
	require.Equal(t, uint32(700), compiled[0].distributions[0].upper)
	require.Equal(t, uint32(1000), compiled[0].distributions[1].upper)
}

func FuzzCompile(f *testing.F) {
	for _, c := range backendtest.FliptCases(f, "../../../testdata/vectors/flipt") {
		if c.Document != nil {
			f.Add([]byte(c.Document), "")
		} else {
			f.Add([]byte(c.Snapshot), formatSnapshot)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, format string) {
		if format != formatSnapshot {
			format = ""
		}
		rules, _, err := (&compiler{}).Compile(source.Update{Body: body, Format: format})
		if err != nil {
			return
		}
		var out eval.Outcome
		for _, key := range rules.Keys() {
			out.Trace = &eval.Trace{}
			rules.Resolve(key, &benchContext, &out)
			_ = out.Trace.Text()
		}
		_, err = exportMethod("")(t.Context(), &backend.Call{Rules: rules})
		require.NoError(t, err)
	})
}

func TestAFlagThatADeclarativeFileGetsWrongAnswersWhy(t *testing.T) {
	text := "namespace: default\nflags:\n- key: bad\n  name: Bad\n  enabled: true\n  rules:\n  - segment: nowhere\n" +
		"- key: good\n  name: Good\n  type: BOOLEAN_FLAG_TYPE\n  enabled: true\n"
	for _, format := range []string{formatYAML, formatJSON} {
		rules, warnings, err := (&compiler{}).Compile(source.Update{Body: []byte(text), Format: format})
		require.NoError(t, err)
		require.NotEmpty(t, warnings)
		var out eval.Outcome
		rules.Resolve("bad", &eval.Context{}, &out)
		require.Equal(t, eval.CodeParse, out.ErrorCode)
		require.Contains(t, out.ErrorMessage, "nowhere")
		rules.Resolve("good", &eval.Context{}, &out)
		require.True(t, out.Value.Bool)
	}
}
