package flagship

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/backendtest"
	"github.com/burgee-flags/burgee/engine/backend/datasync/datasynctest"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/source"
)

// conformanceContexts have what makes an evaluation leave the short way: ids to be packed for the hash, numbers to be
// written as text, texts to be lowered.
var conformanceContexts = []eval.Context{
	{},
	{TargetingKey: "visitor-123456", Attributes: benchAttributes},
	{TargetingKey: "überraschung 🎉", Attributes: []eval.Attribute{
		{Name: "x", Value: eval.StringValue("5")}, {Name: "x", Value: eval.BoolValue(true)},
		{Name: "sdk_country", Value: eval.StringValue("FR")}, {Name: "basketTotal", Value: eval.Value{Kind: eval.Number, Text: "50.0"}},
		{Name: "plan", Value: eval.Value{Kind: eval.JSON, Text: `{"a":1}`}}, {Name: "isVip", Value: eval.Value{}},
		{Name: "appVersion", Value: eval.StringValue("V2.0")}, {Name: "email", Value: eval.StringValue("X@EXAMPLE.TEST")},
		{Name: "n", Value: eval.Value{Kind: eval.Number, Text: "1e21"}},
	}},
}

// everyOperator is one campaign with all operators on texts, numbers, booleans and lists.
func everyOperator() []byte {
	var rules []string
	for operator := range operations {
		for _, value := range []string{`"5"`, `1.50`, `true`, `["a",1,true,"1.2.3"]`, `null`, `{}`, `"1.2.3-a"`} {
			rules = append(rules, `{"targetings":[{"operator":"`+operator+`","key":"n","value":`+value+`},`+
				`{"operator":"`+operator+`","key":"x","value":`+value+`}]}`)
		}
	}
	return []byte(`{"campaigns":[{"id":"c","variationGroups":[{"id":"gé","targeting":{"targetingGroups":[` + strings.Join(rules, ",") +
		`]},"variations":[{"id":"v","allocation":50,"modifications":{"value":{"f":1}}}]}]}]}`)
}

func TestConformance(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			suite := backendtest.Suite{
				New:      func() backend.Compiler { return &compiler{targeting: e.targeting, hashes: e.hashes} },
				Contexts: conformanceContexts,
				Full:     []source.Update{{Body: everyOperator()}, {Body: manyCampaigns(3)}},
			}
			for _, name := range []string{"example_environment", "groups", "multi_campaign", "variation_groups", "panic"} {
				var f evaluationFile
				datasynctest.Read(t, filepath.Join(vectorDir, name+".json"), &f)
				suite.Full = append(suite.Full, source.Update{Body: f.Bucketing})
			}
			backendtest.Run(t, suite)
		})
	}
}

func TestDecisionsDoNotAllocate(t *testing.T) {
	for _, e := range engines {
		for _, file := range [][]byte{everyOperator(), manyCampaigns(3)} {
			rules := compile(t, file, e.targeting)
			for _, ec := range conformanceContexts {
				visitor := Visitor{ID: ec.TargetingKey, Context: ec.Attributes, Hashes: e.hashes}
				var d Decision
				rules.Decide(&visitor, &d)
				require.Zero(t, testing.AllocsPerRun(5, func() { rules.Decide(&visitor, &d) }), "%s %v", e.name, ec)
			}
		}
	}
}

// A decision that was used for one rule set may be used for another.
func TestADecisionCanBeUsedAgain(t *testing.T) {
	var used Decision
	visitor := Visitor{ID: "visitor-123456", Context: benchAttributes}
	for _, n := range []int{5, 40, 0, 3} {
		rules := compile(t, manyCampaigns(n), ByJavaScript)
		rules.Decide(&visitor, &used)
		var fresh Decision
		rules.Decide(&visitor, &fresh)
		require.Len(t, used.Flags, 2*n)
		require.Equal(t, append([]Flag{}, fresh.Flags...), append([]Flag{}, used.Flags...))
	}
	panicking := compile(t, []byte(`{"panic":true}`), ByJavaScript)
	panicking.Decide(&visitor, &used)
	require.True(t, used.Panic)
	require.True(t, used.Unlisted)
	require.Empty(t, used.Flags)
	require.Empty(t, used.Allocations)
}

func TestInPanicEveryFlagIsDisabled(t *testing.T) {
	rules := compile(t, []byte(strings.Replace(string(manyCampaigns(1)), `{"campaigns"`, `{"panic":true,"campaigns"`, 1)), ByJavaScript)
	for _, key := range []string{"color-0", "a flag that the file does not name"} {
		var out eval.Outcome
		rules.Resolve(key, &eval.Context{TargetingKey: "v"}, &out)
		require.Equal(t, eval.ReasonDisabled, out.Reason)
		require.Empty(t, out.ErrorCode)
		require.Equal(t, eval.Null, out.Value.Kind)
	}
	calm := compile(t, manyCampaigns(1), ByJavaScript)
	require.Equal(t, calm.Keys(), eval.Changed(calm, rules))
}

func TestUnchangedCampaignsAreKept(t *testing.T) {
	c := &compiler{}
	one, _, err := c.Compile(source.Update{Body: manyCampaigns(3)})
	require.NoError(t, err)
	before := one.(*Ruleset)
	file := strings.Replace(string(manyCampaigns(3)), "Campaign 1", "Campagne 1", 1)
	two, _, err := c.Compile(source.Update{Body: []byte(file)})
	require.NoError(t, err)
	after := two.(*Ruleset)
	require.Same(t, before.campaigns[0].campaign, after.campaigns[0].campaign)
	require.NotSame(t, before.campaigns[1].campaign, after.campaigns[1].campaign)
	require.Equal(t, []string{"color-1", "size-1"}, eval.Changed(before, after))
}

// Warnings come with the first file that has the campaign, not with each one.
func TestACampaignThatMakesNoSenseIsNamedOnce(t *testing.T) {
	c := &compiler{}
	text := `{"campaigns":[5,{"id":"a"},{"id":"b","variationGroups":[{"id":"g","variations":[{"id":"v"}]}]},` +
		`{"id":"c","variationGroups":[{"id":"g","targeting":{"targetingGroups":[{"targetings":[{"operator":"LIKE","key":"k","value":1},` +
		`{"operator":"EQUALS","key":"k","value":[{}]}]},{}]},"variations":[{"id":"v","allocation":"5","modifications":{"value":{"f":1}}}]},` +
		`{"id":"h","variations":[]}]},{"id":"d","variationGroups":[{"id":"g","variations":{}}]},{"variationGroups":[]},` +
		`{"id":"e","variationGroups":[{"variations":[]}]},` +
		`{"id":"f","variationGroups":[{"id":"g","variations":[{"modifications":{}}]}]},` +
		`{"id":"x","variationGroups":[{"id":"g","variations":[{"id":"v","modifications":{"value":[]}}]}]}]}`
	rules, warnings, err := c.Compile(source.Update{Body: []byte(text)})
	require.NoError(t, err)
	require.Equal(t, []string{"f"}, rules.Keys())
	var messages []string
	for _, w := range warnings {
		messages = append(messages, w.Message)
	}
	require.Equal(t, []string{
		"a campaign is left out: it is not an object",
		"campaign a is left out: it has no list of variationGroups",
		"campaign b is left out: variationGroups[0].variations[0] has no modifications",
		`campaign c: variation group g, rule on "k": the operator "LIKE" is unknown, so that the rule never matches`,
		`campaign c: variation group g, rule on "k": its value holds an object or a list, which nothing can be compared with`,
		"campaign c: variation group g has a targeting group without targetings, which is for nobody",
		`campaign c: variation v has an allocation that is not a number, and counts as 0: "5"`,
		"campaign c: variation group h has no targetingGroups, so that it is for nobody",
		"campaign d is left out: variationGroups[0] has no list of variations",
		"a campaign is left out: it has no id",
		"campaign e is left out: variationGroups[0] has no id",
		"campaign f is left out: variationGroups[0].variations[0] has no id",
		"campaign x is left out: variationGroups[0].variations[0] has modifications whose value is not an object",
	}, messages)
	_, warnings, err = c.Compile(source.Update{Body: []byte(text)})
	require.NoError(t, err)
	require.Empty(t, warnings)
	for _, text := range []string{``, `[]`, `{`, `{"campaigns":{}}`, `{} {}`, "{\"a\":\"\xff\"}"} {
		_, _, err := c.Compile(source.Update{Body: []byte(text)})
		require.Error(t, err, text)
	}
}

func TestTypesOfFlags(t *testing.T) {
	rules := compile(t, []byte(`{"campaigns":[{"id":"c","variationGroups":[{"id":"g","variations":[`+
		`{"id":"v","modifications":{"value":{"text":"a","mixed":1,"number":1,"null":null,"object":{},"later":null}}},`+
		`{"id":"w","modifications":{"value":{"text":null,"mixed":"1","number":2.5,"later":true,"text":"again"}}}]}]}]}`), ByJavaScript)
	for key, want := range map[string]eval.FlagType{
		"text": eval.TypeString, "mixed": eval.TypeUnknown, "number": eval.TypeNumber, "null": eval.TypeUnknown,
		"object": eval.TypeObject, "later": eval.TypeBoolean,
	} {
		f, ok := rules.Flag(key)
		require.True(t, ok)
		require.Equal(t, want, f.Type, key)
	}
}

func TestExplanation(t *testing.T) {
	var f evaluationFile
	datasynctest.Read(t, filepath.Join(vectorDir, "example_environment.json"), &f)
	explain := func(targeting Targeting, key string, ec *eval.Context) (*eval.Trace, *eval.Outcome) {
		out := &eval.Outcome{Trace: &eval.Trace{FlagKey: key, TargetingKey: ec.TargetingKey}}
		compile(t, f.Bucketing, targeting).Resolve(key, ec, out)
		require.Contains(t, out.Trace.Text(), key)
		return out.Trace, out
	}
	for i := range f.Cases {
		ec := eval.Context{TargetingKey: f.Cases[i].Visitor, Attributes: attributesOf(f.Cases[i].Context)}
		for _, key := range []string{"btn_color", "max_items", "vip_lounge", "banner", "search_engine"} {
			for _, targeting := range []Targeting{ByJavaScript, ByPython, ByDecisionAPI} {
				trace, out := explain(targeting, key, &ec)
				require.NotEmpty(t, trace.Steps)
				last := trace.Steps[len(trace.Steps)-1]
				switch out.Reason {
				case eval.ReasonSplit:
					require.Equal(t, out.Variant, last.Hash.Chosen)
				case eval.ReasonTargetingMatch:
					require.Contains(t, last.Note, ": everybody has "+out.Variant)
				default:
					require.True(t, !last.Matched || strings.HasSuffix(last.Note, ": the hash falls on no variation") ||
						strings.HasSuffix(last.Note, ", which does not give this flag"), last.Note)
				}
			}
		}
	}
	trace, _ := explain(ByJavaScript, "btn_color", &eval.Context{TargetingKey: "v", Attributes: []eval.Attribute{
		{Name: "sdk_country", Value: eval.StringValue("FR")}, {Name: "basketTotal", Value: eval.Value{Kind: eval.Number, Text: "80"}},
	}})
	require.Len(t, trace.Steps, 2)
	require.Equal(t, []eval.TraceSegment{{
		Key: "targeting group 1", MatchType: "ALL", Constraints: []eval.TraceConstraint{
			{Type: "attribute", Property: "email", Operator: "EXISTS", Operand: "true"},
			{Type: "attribute", Property: "email", Operator: "ENDS_WITH", Operand: "@example.test", Skipped: true},
		},
	}}, trace.Steps[0].Segments)
	require.True(t, trace.Steps[1].Matched)
	require.Equal(t, []eval.TraceSegment{
		{Key: "targeting group 1", MatchType: "ALL", Matched: true, Constraints: []eval.TraceConstraint{
			{
				Type: "attribute", Property: "sdk_country", Operator: "EQUALS", Operand: `["FR", "BE"]`, Seen: "FR", Present: true,
				Matched: true,
			},
			{
				Type: "attribute", Property: "basketTotal", Operator: "GREATER_THAN_OR_EQUALS", Operand: "50", Seen: "80", Present: true,
				Matched: true,
			},
		}},
		{Key: "targeting group 2", MatchType: "ALL", Constraints: []eval.TraceConstraint{
			{Type: "visitor", Property: "fs_users", Operator: "EQUALS", Operand: `["tester-1", "tester-2"]`, Skipped: true},
		}},
	}, trace.Steps[1].Segments)
	require.Equal(t, []eval.TraceBucket{
		{Variant: "var_checkout_ref0", From: 0, To: 40}, {Variant: "var_checkout_gre1", From: 40, To: 80},
	}, trace.Steps[1].Hash.Ranges)
}

// An id may be kept by a caller for ever, so no two different outcomes may share one.
func TestOutcomeIDsAreUnique(t *testing.T) {
	type content struct{ flag, value, variant, reason, group string }
	known := map[uint64]content{}
	c := &compiler{}
	for n := range 4 {
		rules, _, err := c.Compile(source.Update{Body: manyCampaigns(n + 1)})
		require.NoError(t, err)
		for _, key := range rules.Keys() {
			for _, visitor := range strings.Split("abcdefghijklmnopqrst", "") {
				for _, attributes := range [][]eval.Attribute{nil, benchAttributes} {
					var out eval.Outcome
					rules.Resolve(key, &eval.Context{TargetingKey: visitor, Attributes: attributes}, &out)
					now := content{out.FlagKey, out.Value.String(), out.Variant, out.Reason.String(), out.RuleName}
					if out.Reason == eval.ReasonDefault {
						now.flag = ""
					}
					before, seen := known[out.ID]
					require.True(t, !seen || before == now, "%v and %v", before, now)
					known[out.ID] = now
				}
			}
		}
	}
	require.Len(t, known, 4*2*2+1)
}

func TestNumbersInPythonAreComparedExactly(t *testing.T) {
	for _, c := range []struct {
		a, operator, b string
		want           bool
	}{
		{"9007199254740993", "EQUALS", "9007199254740992", false}, {"9007199254740993", "GREATER_THAN", "9007199254740992", true},
		{"-9007199254740993", "LOWER_THAN", "-9007199254740992", true}, {"-5", "LOWER_THAN", "3", true}, {"-0", "EQUALS", "0", true},
		{"10", "EQUALS", "10.0", true}, {"-10", "LOWER_THAN", "-9", true}, {"10", "GREATER_THAN", "9", true},
	} {
		seen := eval.Attribute{Name: "k", Value: eval.Value{Kind: eval.Number, Text: c.a}}
		requireMatch(t, c.want, ByPython, oneRule(c.operator, c.b), seen)
	}
}

// JavaScript orders texts by UTF-16 code units, where a character above U+FFFF comes before U+E000.
func TestTextsInJavaScriptAreOrderedByUnits(t *testing.T) {
	ordered := []string{"", "a", "a\u00e9", "a\u4e00", "a🎉", "a🎉b", "a\ue000", "a\uffff", "b"}
	for i, a := range ordered {
		for j, b := range ordered {
			require.Equal(t, i > j, compareUnits(a, b) > 0, "%q %q", a, b)
			require.Equal(t, i == j, compareUnits(a, b) == 0, "%q %q", a, b)
		}
	}
}

// oneRule is a file whose flag f is for those who match one rule on the key k.
func oneRule(operator, value string) []byte {
	return []byte(`{"campaigns":[{"id":"c","variationGroups":[{"id":"g","targeting":{"targetingGroups":[{"targetings":[{"operator":"` +
		operator + `","key":"k","value":` + value + `}]}]},"variations":[{"id":"v","allocation":100,"modifications":{"value":{"f":1}}}]}]}]}`)
}

func requireMatch(t *testing.T, want bool, targeting Targeting, file []byte, context ...eval.Attribute) {
	t.Helper()
	var d Decision
	rules := compile(t, file, targeting)
	visitor := Visitor{ID: "v", Context: context}
	rules.Decide(&visitor, &d)
	require.Equal(t, want, len(d.Flags) == 1, "%s %v", file, context)
	requireSameOneByOne(t, rules, &visitor, &d)
}

// The two SDKs disagree on campaigns without a slug; both pass on one that is null.
func TestSlugOfAnEnvironmentFile(t *testing.T) {
	for _, c := range []struct{ member, javaScript, python string }{
		{``, `"slug":null`, `"slug":""`},
		{`"slug":null,`, `"slug":null`, `"slug":null`},
		{`"slug":"s",`, `"slug":"s"`, `"slug":"s"`},
	} {
		file := strings.Replace(string(oneRule("NOT_EXISTS", "1")), `{"id":"c",`, `{"id":"c",`+c.member, 1)
		var d Decision
		compile(t, []byte(file), ByJavaScript).Decide(&Visitor{ID: "v"}, &d)
		require.Len(t, d.Flags, 1)
		require.Contains(t, string(d.Flags[0].From.AppendMetadata(nil, sdk.JavaScript)), c.javaScript)
		require.Contains(t, string(d.Flags[0].AppendSerialized(nil)), c.javaScript)
		require.Contains(t, string(d.Flags[0].From.AppendMetadata(nil, sdk.Python)), c.python)
	}
}

// As @flagship.io/js-sdk 5.1.6 answers: it looks for an attribute before it knows that a rule is for everybody.
func TestWhetherEverybodyExists(t *testing.T) {
	for operator, want := range map[string]bool{"EXISTS": false, "NOT_EXISTS": true, "CONTAINS": true} {
		file := []byte(strings.Replace(string(oneRule(operator, "true")), `"key":"k"`, `"key":"fs_all_users"`, 1))
		requireMatch(t, want, ByJavaScript, file)
		requireMatch(t, true, ByDecisionAPI, file)
		requireMatch(t, false, ByPython, file)
	}
}

func TestLongListsOfTexts(t *testing.T) {
	const list = `["a","b","c","d","e","f","g","h","i","Jay"]`
	attribute := func(v eval.Value) eval.Attribute { return eval.Attribute{Name: "k", Value: v} }
	for _, e := range engines {
		for text, in := range map[string]bool{"a": true, "Jay": true, "jay": e.targeting == ByDecisionAPI, "A": e.targeting == ByDecisionAPI, "x": false} {
			requireMatch(t, in, e.targeting, oneRule("EQUALS", list), attribute(eval.StringValue(text)))
			requireMatch(t, !in, e.targeting, oneRule("NOT_EQUALS", list), attribute(eval.StringValue(text)))
		}
		number := attribute(eval.Value{Kind: eval.Number, Text: "5"})
		requireMatch(t, false, e.targeting, oneRule("EQUALS", list), number)
		requireMatch(t, e.targeting != ByDecisionAPI, e.targeting, oneRule("NOT_EQUALS", list), number)
	}
}

// Of repeated attributes the last one counts, also if it is of a kind that counts as absent.
func TestRepeatedAndUnusableAttributes(t *testing.T) {
	one := eval.Attribute{Name: "k", Value: eval.StringValue("1")}
	two := eval.Attribute{Name: "k", Value: eval.StringValue("2")}
	list := eval.Attribute{Name: "k", Value: eval.Value{Kind: eval.JSON, Text: "[]"}}
	requireMatch(t, false, ByJavaScript, oneRule("EQUALS", `"1"`), one, two)
	requireMatch(t, true, ByJavaScript, oneRule("EQUALS", `"1"`), two, one)
	requireMatch(t, true, ByJavaScript, oneRule("EQUALS", `"1"`), list, one)
	requireMatch(t, false, ByJavaScript, oneRule("EXISTS", `true`), one, list)
	requireMatch(t, false, ByJavaScript, oneRule("EXISTS", `true`), eval.Attribute{Name: "k"})
}

// The precedence is the example of the specification of semantic versions, with its rules on what is no version.
func TestVersions(t *testing.T) {
	ordered := []string{
		"1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
		"1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2", "v1.10.0", "2", "10.0.0", "99999999999999999999.0.0",
	}
	for i, text := range ordered {
		for j, other := range ordered {
			a, ok := parseVersion(text)
			require.True(t, ok, text)
			b, ok := parseVersion(other + map[bool]string{true: "+build.05"}[strings.Count(other, ".") > 1])
			require.True(t, ok, other)
			require.Equal(t, i > j, a.compare(&b) > 0, "%s %s", text, other)
			require.Equal(t, i == j, a.compare(&b) == 0, "%s %s", text, other)
		}
	}
	for _, text := range []string{
		"", "v", "vv1", "V1", "1.", "1.2.", "1.2.3.4", "01.2.3", "1.02.3", "1.2.03", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3-é", "1.2.3+",
		"1.2.3+a+b", "1.2.3 ", "1-a", "1.2-a", "1.2+b", "a.b.c", "-1.2.3", "1.2.3-a_b",
	} {
		_, ok := parseVersion(text)
		require.False(t, ok, text)
	}
}

func FuzzCompile(f *testing.F) {
	f.Add(everyOperator(), "visitor")
	f.Add(manyCampaigns(1), "überraschung")
	f.Fuzz(func(t *testing.T, body []byte, id string) {
		for _, e := range engines {
			rules, _, err := (&compiler{targeting: e.targeting}).Compile(source.Update{Body: body})
			if err != nil {
				return
			}
			var d Decision
			visitor := Visitor{ID: id, Context: conformanceContexts[2].Attributes, Hashes: e.hashes}
			rules.(*Ruleset).Decide(&visitor, &d)
			for _, key := range rules.Keys() {
				out := eval.Outcome{Trace: &eval.Trace{}}
				rules.Resolve(key, &eval.Context{TargetingKey: id, Attributes: visitor.Context}, &out)
				_ = out.Trace.Text()
			}
		}
	})
}
