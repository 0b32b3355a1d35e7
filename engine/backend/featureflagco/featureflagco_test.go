package featureflagco

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/backendtest"
	"github.com/burgee-flags/burgee/engine/backend/datasync/datasynctest"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/option"
	"github.com/burgee-flags/burgee/engine/source"
)

func TestConformance(t *testing.T) {
	suite := backendtest.Suite{
		New: func() backend.Compiler { return newCompiler("") },
		Contexts: []eval.Context{
			{}, datasynctest.BenchContext, {TargetingKey: "t-off"},
			{TargetingKey: "in", Attributes: []eval.Attribute{{Name: "attr", Value: eval.StringValue("FR")}}},
			{TargetingKey: "überraschung", Attributes: []eval.Attribute{
				{Name: "email", Value: eval.StringValue("Ü")}, {Name: "x", Value: eval.Value{Kind: eval.Number, Text: "1"}},
				{Name: "plan", Value: eval.Value{Kind: eval.JSON, Text: `{"a":1}`}},
			}},
		},
	}
	for _, file := range evalFiles(t) {
		suite.Full = append(suite.Full, source.Update{Body: file.Data, Origin: source.FromServer})
	}
	backendtest.Run(t, suite)
}

// flagText is a flag whose members can be replaced by name.
func flagText(key string, timestamp int, value, rules, prerequisites string) string {
	return fmt.Sprintf(`{"id":"FF__1__2__3__%s","isArchived":false,"timestamp":%d,"ff":{"name":"Flag %s","keyName":"%s","status":"Enabled",`+
		`"isDefaultRulePercentageRolloutsIncludedInExpt":true,"defaultRulePercentageRollouts":[{"exptRollout":0,"rolloutPercentage":[0,1],`+
		`"valueOption":{"localId":1,"variationValue":%q}}],"variationOptionWhenDisabled":{"localId":2,"variationValue":"off"}},`+
		`"ffp":[%s],"fftuwmtr":[%s],"targetIndividuals":[],"exptIncludeAllRules":false}`,
		key, timestamp, key, key, value, prerequisites, rules)
}

func asks(key string, localID int) string {
	return fmt.Sprintf(`{"prerequisiteFeatureFlagId":"FF__1__2__3__%s","valueOptionsVariationValue":{"localId":%d}}`, key, localID)
}

func segmentRule(ids ...string) string {
	return fmt.Sprintf(`{"ruleName":"in","isIncludedInExpt":false,"ruleJsonContent":[{"property":"User is in segment","operation":null,"value":%q}],`+
		`"valueOptionsVariationRuleValues":[{"exptRollout":0,"rolloutPercentage":[0,1],"valueOption":{"localId":3,"variationValue":"other"}}]}`,
		`["`+strings.Join(ids, `","`)+`"]`)
}

func segmentText(id string, timestamp int, rules string, included ...string) string {
	users := ""
	if len(included) > 0 {
		users = `"` + strings.Join(included, `","`) + `"`
	}
	return fmt.Sprintf(`{"id":%q,"isArchived":false,"timestamp":%d,"included":[%s],"excluded":[],"rules":[%s]}`, id, timestamp, users, rules)
}

// As ffc-server-python-sdk 1.1.0 does; every other operator never matches without an operand.
func TestIsTrueAndIsFalseDoNotLookAtTheirOperand(t *testing.T) {
	for _, operand := range []string{`""`, `null`, `"false"`} {
		rule := `{"ruleJsonContent":[{"property":"a","operation":"IsFalse","value":` + operand + `}],` +
			`"valueOptionsVariationRuleValues":[{"exptRollout":0,"rolloutPercentage":[0,1],"valueOption":{"localId":3,"variationValue":"no"}}]}`
		rules := datasynctest.Compile(t, newCompiler(""), datasynctest.Message("full", []string{flagText("f", 1, "F", rule, "")}, nil))
		out := eval.Outcome{}
		rules.Resolve("f", &eval.Context{TargetingKey: "u", Attributes: []eval.Attribute{{Name: "a", Value: eval.StringValue("False")}}}, &out)
		require.Equal(t, "no", out.Value.Text, operand)
	}
}

func TestWhatAFlagDependsOnChangesIt(t *testing.T) {
	c := newCompiler("")
	first := datasynctest.Compile(t, c, datasynctest.Message("full",
		[]string{
			flagText("a", 1, "A", "", asks("b", 1)), flagText("b", 1, "B", "", asks("c", 1)),
			flagText("c", 1, "C", segmentRule("s"), ""), flagText("d", 1, "D", "", ""),
		},
		[]string{segmentText("s", 1, "")}))
	require.Equal(t, "A", datasynctest.Value(first, "a", "u"))
	second := datasynctest.Compile(t, c, datasynctest.Message("patch", nil, []string{segmentText("s", 2, "", "u")}))
	require.Equal(t, []string{"a", "b", "c"}, c.Changed())
	require.Equal(t, []string{"a", "b", "c"}, eval.Changed(first, second))
	require.Equal(t, "off", datasynctest.Value(second, "a", "u"))
	third := datasynctest.Compile(t, c, datasynctest.Message("patch", []string{flagText("c", 3, "C2", "", "")}, nil))
	require.Equal(t, []string{"c", "a", "b"}, c.Changed())
	require.Equal(t, "A", datasynctest.Value(third, "a", "u"))
}

func TestCirclesEnd(t *testing.T) {
	var flags, segments []string
	names := []string{"n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7"}
	for _, name := range names { // each asks all others: without a bound 8^32 evaluations
		var all []string
		for _, other := range names {
			all = append(all, asks(other, 1))
		}
		flags = append(flags, flagText(name, 1, "on", "", strings.Join(all, ",")))
		segments = append(segments, segmentText(name, 1, segmentRule(names...)))
	}
	flags = append(flags, flagText("segments", 1, "miss", segmentRule("n0"), ""))
	c := newCompiler("")
	rules := datasynctest.Compile(t, c, datasynctest.Message("full", flags, segments))
	require.Equal(t, "the prerequisites lead in a circle, or too far", datasynctest.Value(rules, "n0", "u"))
	require.Equal(t, "miss", datasynctest.Value(rules, "segments", "u"))
	var out eval.Outcome
	rules.Resolve("n0", &eval.Context{TargetingKey: "u"}, &out)
	require.Equal(t, "error in evaluation", out.VendorReason)
	require.Empty(t, out.Prerequisites)
}

// A flag without prerequisites that names itself is no circle, and a chain may be long.
func TestAChainOfPrerequisites(t *testing.T) {
	var flags []string
	for i := range 33 {
		next := ""
		if i < 32 {
			next = asks("f"+strconv.Itoa(i+1), 1)
		}
		flags = append(flags, flagText("f"+strconv.Itoa(i), 1, "on", "", next))
	}
	rules := datasynctest.Compile(t, newCompiler(""), datasynctest.Message("full", flags, nil))
	var out eval.Outcome
	rules.Resolve("f0", &eval.Context{TargetingKey: "u"}, &out)
	require.Empty(t, out.ErrorMessage)
	require.Len(t, out.Prerequisites, 32)
	require.Equal(t, "f32", out.Prerequisites[0].FlagKey)
	out.Trace = &eval.Trace{}
	rules.Resolve("f0", &eval.Context{TargetingKey: "u"}, &out)
	require.Contains(t, out.Trace.Text(), "the flag f1 serves 1, wanted 1")
	require.Len(t, out.Trace.Steps, 2)
}

// Members that are not what they should be fail where they are needed and nowhere else.
func TestBrokenMembersFailWhereTheyAreNeeded(t *testing.T) {
	healthy := flagText("a", 1, "A", segmentRule("s"), "")
	for _, c := range []struct{ from, to, user, want string }{
		{`"status":"Enabled",`, ``, "u", "ff.status is missing"},
		{`"ffp":[]`, `"ffp":null`, "u", "ffp is not an array"},
		{`"ffp":[]`, `"ffp":[{"prerequisiteFeatureFlagId":5}]`, "u", "off"},
		{`"ffp":[]`, `"ffp":[{"prerequisiteFeatureFlagId":"FF__1__2__3__b"}]`, "u", "ffp[0] names no flag or no localId"},
		{`"targetIndividuals":[]`, `"x":[]`, "u", "targetIndividuals is not an array"},
		{`"targetIndividuals":[]`, `"targetIndividuals":[{"individuals":[{"keyId":"t"},5],"valueOption":{}},{}]`, "t",
			"targetIndividuals[0] has no option with a number as localId and a variationValue"},
		{`"targetIndividuals":[]`, `"targetIndividuals":[{"individuals":[]},{}]`, "u", "targetIndividuals[1].individuals is not an array"},
		{`"fftuwmtr":`, `"x":`, "u", "fftuwmtr is not an array"},
		{`"ruleJsonContent":`, `"x":`, "u", "fftuwmtr[0].ruleJsonContent is not an array"},
		{`"valueOptionsVariationRuleValues":`, `"x":`, "in", "fftuwmtr[0].valueOptionsVariationRuleValues is not an array"},
		{`"defaultRulePercentageRollouts":`, `"x":`, "u", "ff.defaultRulePercentageRollouts is not an array"},
		{`"exptRollout":0,"rolloutPercentage":[0,1],"valueOption":{"localId":1`, `"exptRollout":"x","rolloutPercentage":[0,1],"valueOption":{"localId":1`,
			"u", "ff.defaultRulePercentageRollouts[0].exptRollout is not a number"},
		{`"variationValue":"A"`, `"variationValue":true`, "u", "true"},
		{`"localId":1,`, `"localId":"1",`, "u", "ff.defaultRulePercentageRollouts[0] has no option with a number as localId and a variationValue"},
	} {
		require.Contains(t, healthy, c.from)
		rules := datasynctest.Compile(t, newCompiler(""), datasynctest.Message("full",
			[]string{strings.Replace(healthy, c.from, c.to, 1), flagText("b", 1, "B", "", "")},
			[]string{segmentText("s", 1, "", "in")}))
		require.Equal(t, c.want, datasynctest.Value(rules, "a", c.user), c.to)
	}
	for text, want := range map[string]string{
		`{"id":"a","isArchived":false}`:                   "lacks timestamp",
		`{"id":5,"isArchived":false,"timestamp":1}`:       "has an id that is not a string",
		`{"id":"a","isArchived":false,"timestamp":"now"}`: "has a timestamp that is not a number of milliseconds",
		`1`: "is not an object",
	} {
		_, err := readItem([]byte(text))
		require.EqualError(t, err, want)
	}
}

func TestReasonsInOpenFeaturesWords(t *testing.T) {
	half := `{"ruleName":"half","isIncludedInExpt":false,"ruleJsonContent":[{"property":"country","operation":"Equal","value":"fr"}],` +
		`"valueOptionsVariationRuleValues":[{"exptRollout":0,"rolloutPercentage":[0,0.5],"valueOption":{"localId":1,"variationValue":"x"}},` +
		`{"exptRollout":0,"rolloutPercentage":[0.5,1],"valueOption":{"localId":2,"variationValue":"y"}}]}`
	rules := datasynctest.Compile(t, newCompiler(""), datasynctest.Message("full", []string{flagText("a", 1, "A", half, asks("gone", 1)), flagText("b", 1, "B", half, "")}, nil))
	var out eval.Outcome
	rules.Resolve("b", &datasynctest.BenchContext, &out)
	require.Equal(t, eval.ReasonSplit, out.Reason)
	require.Equal(t, "half", out.RuleName)
	rules.Resolve("b", &eval.Context{TargetingKey: "u"}, &out)
	require.Equal(t, eval.ReasonDefault, out.Reason)
	rules.Resolve("a", &eval.Context{TargetingKey: "u"}, &out)
	require.Equal(t, eval.ReasonDisabled, out.Reason)
	require.Equal(t, "prerequisite failed", out.VendorReason)
}

func TestOutcomeIDsAreUnique(t *testing.T) {
	datasynctest.RequireUniqueIDs(t, evalFiles(t), 100, pythonUser, func(file datasynctest.EvalFile) eval.Ruleset {
		return compile(t, file.Data, file.EnvSecret)
	})
}

func TestConfigVectors(t *testing.T) { datasynctest.RunConfig(t, vectorDir, &vendor, Open) }

func TestWhatIsWrongWithTheOptionsIsNamed(t *testing.T) {
	for options, want := range map[string]string{
		`{}`:                                                  "options: env_secret is missing: env secret is invalid",
		`{"env_secret":"` + secret + `"}`:                     "",
		`{"env_secret":"a b","offline":true}`:                 "options: env_secret is not Base64: env secret is invalid",
		`{"env_secret":"a b","document":{}}`:                  "options: env_secret is not Base64: env secret is invalid",
		`{"env_secret":"YWJj","offline":true}`:                "",
		`{"offline":true}`:                                    "",
		`{"file":"f","document":{}}`:                          "options: document is given together with file",
		`{"document":{"messageType":1}}`:                      "",
		`{"file":"flags.json","env_secret":"` + secret + `"}`: "",
	} {
		require.Equal(t, want, datasynctest.Problems(t, Open, options), options)
	}
}

func TestASecretThatNamesNoEnvironmentIsReported(t *testing.T) {
	for given, want := range map[string][]string{
		"YWJj": {"env_secret names no account, project and environment"}, secret: nil,
	} {
		opts, err := option.New([]byte(`{"offline":true,"env_secret":"` + given + `"}`))
		require.NoError(t, err)
		var logged datasynctest.Log
		_, err = Open(opts, datasynctest.Env(&logged))
		require.NoError(t, err)
		require.Equal(t, want, logged.Messages)
	}
}

// secret is of the environment 63 of the account 41 and the project 52.
const secret = "azN5LTIwMjQwMzA1X180MV9fNTJfXzYzX19kZWZhdWx0XzljMQ=="

func manyFlags(n int) []string {
	rule := `{"ruleName":"r","isIncludedInExpt":true,"ruleJsonContent":[{"property":"plan","operation":"Equal","value":"pro"},` +
		`{"property":"age","operation":"BiggerEqualThan","value":"18"},{"property":"country","operation":"IsOneOf","value":"[\"de\",\"fr\"]"}],` +
		`"valueOptionsVariationRuleValues":[{"exptRollout":0,"rolloutPercentage":[0,0.5],"valueOption":{"localId":1,"variationValue":"x"}},` +
		`{"exptRollout":0,"rolloutPercentage":[0.5,1],"valueOption":{"localId":2,"variationValue":"y"}}]}`
	flags := make([]string, n)
	for i := range flags {
		flags[i] = flagText("flag-"+strconv.Itoa(i), 1, "A", rule, "")
	}
	return flags
}

func BenchmarkResolveNoAlloc(b *testing.B) {
	datasynctest.BenchmarkResolve(b, datasynctest.Compile(b, newCompiler(""), datasynctest.Message("full", manyFlags(1000), nil)))
}

// exposed is an outcome with a prerequisite.
func exposed(t testing.TB) *eval.Outcome {
	rules := datasynctest.Compile(t, newCompiler(""), datasynctest.Message("full",
		[]string{flagText("a", 1, "A", "", asks("b", 1)), flagText("b", 1, "B", "", "")}, nil))
	out := &eval.Outcome{}
	rules.Resolve("a", &datasynctest.BenchContext, out)
	require.Len(t, out.Prerequisites, 1)
	return out
}

func TestTellingOfAnEvaluationAllocatesNothing(t *testing.T) {
	datasynctest.RequireExposureNoAlloc(t, Open, exposed(t))
}

func BenchmarkExposureNoAlloc(b *testing.B) { datasynctest.BenchmarkExposure(b, Open, exposed(b)) }

// One flag of ten thousand changes.
func BenchmarkPatch(b *testing.B) {
	full := datasynctest.Message("full", manyFlags(10_000), nil)
	datasynctest.BenchmarkPatch(b, newCompiler(""), full, "flag-77", func(i int) source.Update {
		return datasynctest.Message("patch", []string{flagText("flag-77", i+1, strconv.Itoa(i), "", "")}, nil)
	})
}

func FuzzCompile(f *testing.F) {
	datasynctest.Fuzz(f, evalFiles(f), func() backend.Patching { return newCompiler("") })
}
