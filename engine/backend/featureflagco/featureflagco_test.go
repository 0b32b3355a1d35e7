package featureflagco

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/backendtest"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/option"
	"github.com/burgee-flags/burgee/engine/source"
)

var benchContext = eval.Context{TargetingKey: "user-123456", Attributes: []eval.Attribute{
	{Name: "name", Value: eval.StringValue("Ada")},
	{Name: "plan", Value: eval.StringValue("pro")},
	{Name: "age", Value: eval.Value{Kind: eval.Number, Text: "42"}},
	{Name: "country", Value: eval.StringValue("fr")},
	{Name: "vip", Value: eval.BoolValue(true)},
}}

func TestConformance(t *testing.T) {
	suite := backendtest.Suite{
		New: func() backend.Compiler { return &compiler{} },
		Contexts: []eval.Context{
			{}, benchContext, {TargetingKey: "t-off"},
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

func message(event string, flags, segments []string) source.Update {
	return source.Update{Origin: source.FromStream, Body: []byte(fmt.Sprintf(
		`{"messageType":"data-sync","data":{"eventType":%q,"featureFlags":[%s],"segments":[%s]}}`,
		event, strings.Join(flags, ","), strings.Join(segments, ",")))}
}

func apply(t testing.TB, c *compiler, u source.Update) *ruleset {
	t.Helper()
	rules, _, err := c.Compile(u)
	require.NoError(t, err)
	return rules.(*ruleset)
}

func value(rules *ruleset, key, user string) string {
	var out eval.Outcome
	rules.Resolve(key, &eval.Context{TargetingKey: user}, &out)
	return out.Value.String() + out.ErrorMessage
}

func flagOf(r *ruleset, key string) *flag {
	f, _ := r.flags.Get(key)
	return f
}

func TestARuleSetDoesNotChangeWhenAPatchArrives(t *testing.T) {
	c := &compiler{}
	first := apply(t, c, message("full", []string{flagText("a", 1, "A1", "", ""), flagText("b", 2, "B1", "", "")}, nil))
	second := apply(t, c, message("patch", []string{flagText("a", 3, "A2", "", "")}, nil))
	require.Equal(t, []string{"a"}, c.Changed())
	require.Equal(t, []string{"a"}, eval.Changed(first, second))
	require.Equal(t, "A1", value(first, "a", "u"))
	require.Equal(t, "A2", value(second, "a", "u"))
	require.Same(t, flagOf(first, "b"), flagOf(second, "b"), "what did not change is not compiled again")
}

func TestWhatAFlagDependsOnChangesIt(t *testing.T) {
	c := &compiler{}
	first := apply(t, c, message("full",
		[]string{
			flagText("a", 1, "A", "", asks("b", 1)), flagText("b", 1, "B", "", asks("c", 1)),
			flagText("c", 1, "C", segmentRule("s"), ""), flagText("d", 1, "D", "", ""),
		},
		[]string{segmentText("s", 1, "")}))
	require.Equal(t, "A", value(first, "a", "u"))
	second := apply(t, c, message("patch", nil, []string{segmentText("s", 2, "", "u")}))
	require.Equal(t, []string{"a", "b", "c"}, c.Changed())
	require.Equal(t, []string{"a", "b", "c"}, eval.Changed(first, second))
	require.Equal(t, "off", value(second, "a", "u"))
	third := apply(t, c, message("patch", []string{flagText("c", 3, "C2", "", "")}, nil))
	require.Equal(t, []string{"c", "a", "b"}, c.Changed())
	require.Equal(t, "A", value(third, "a", "u"))
}

// The body of an update is written over after Compile has returned.
func TestNothingOfAMessageIsKept(t *testing.T) {
	c := &compiler{}
	u := message("full", []string{flagText("a", 1, "A", segmentRule("s"), asks("b", 1)), flagText("b", 1, "B", "", "")},
		[]string{segmentText("s", 1, "", "in")})
	first := apply(t, c, u)
	for i := range u.Body {
		u.Body[i] = 'x'
	}
	require.Equal(t, []string{"a", "b"}, c.Changed())
	require.Equal(t, []string{"a", "b"}, first.Keys())
	require.Equal(t, "A", value(first, "a", "u"))
	require.Equal(t, "other", value(first, "a", "in"))
}

func TestTheDocumentHoldsEverything(t *testing.T) {
	c := &compiler{}
	apply(t, c, message("full", []string{flagText("b", 1, "B1", "", ""), flagText("a", 2, "A1", "", "")}, []string{segmentText("s", 1, "")}))
	archived := strings.Replace(flagText("b", 3, "B2", "", ""), `"isArchived":false`, `"isArchived":true`, 1)
	apply(t, c, message("patch", []string{archived, flagText("a", 4, "A2", "", "")}, nil))

	again := &compiler{}
	rules := apply(t, again, source.Update{Body: c.Document(), Origin: source.FromCache})
	require.Equal(t, int64(4), again.Version())
	require.Equal(t, []string{"a"}, rules.Keys())
	require.Equal(t, "A2", value(rules, "a", "u"))
	require.Equal(t, 1, rules.segments.Len())
	rules = apply(t, again, message("patch", []string{flagText("b", 2, "old", "", "")}, nil))
	require.Equal(t, []string{"a"}, rules.Keys(), "older than the archived copy")
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
	c := &compiler{}
	rules := apply(t, c, message("full", flags, segments))
	require.Equal(t, "the prerequisites lead in a circle, or too far", value(rules, "n0", "u"))
	require.Equal(t, "miss", value(rules, "segments", "u"))
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
	rules := apply(t, &compiler{}, message("full", flags, nil))
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
		rules := apply(t, &compiler{}, message("full",
			[]string{strings.Replace(healthy, c.from, c.to, 1), flagText("b", 1, "B", "", "")},
			[]string{segmentText("s", 1, "", "in")}))
		require.Equal(t, c.want, value(rules, "a", c.user), c.to)
	}
	for text, want := range map[string]string{
		`{"id":"a","isArchived":false}`:                   "featureFlags[0] lacks timestamp",
		`{"id":5,"isArchived":false,"timestamp":1}`:       "featureFlags[0] has an id that is not a string",
		`{"id":"a","isArchived":false,"timestamp":"now"}`: "featureFlags[0] has a timestamp that is not a number of milliseconds",
		`1`: "featureFlags[0] is not an object",
	} {
		_, _, err := (&compiler{}).Compile(message("patch", []string{text}, nil))
		require.EqualError(t, err, want)
	}
}

func TestReasonsInOpenFeaturesWords(t *testing.T) {
	half := `{"ruleName":"half","isIncludedInExpt":false,"ruleJsonContent":[{"property":"country","operation":"Equal","value":"fr"}],` +
		`"valueOptionsVariationRuleValues":[{"exptRollout":0,"rolloutPercentage":[0,0.5],"valueOption":{"localId":1,"variationValue":"x"}},` +
		`{"exptRollout":0,"rolloutPercentage":[0.5,1],"valueOption":{"localId":2,"variationValue":"y"}}]}`
	rules := apply(t, &compiler{}, message("full", []string{flagText("a", 1, "A", half, asks("gone", 1)), flagText("b", 1, "B", half, "")}, nil))
	var out eval.Outcome
	rules.Resolve("b", &benchContext, &out)
	require.Equal(t, eval.ReasonSplit, out.Reason)
	require.Equal(t, "half", out.RuleName)
	rules.Resolve("b", &eval.Context{TargetingKey: "u"}, &out)
	require.Equal(t, eval.ReasonDefault, out.Reason)
	rules.Resolve("a", &eval.Context{TargetingKey: "u"}, &out)
	require.Equal(t, eval.ReasonDisabled, out.Reason)
	require.Equal(t, "prerequisite failed", out.VendorReason)
}

func TestOutcomeIDsAreUnique(t *testing.T) {
	type content struct {
		flag, value, variant, reason, words, rule string
		experiment                                bool
	}
	known := map[uint64]content{}
	for _, file := range evalFiles(t) {
		rules := compile(t, file.Data, file.EnvSecret)
		for _, c := range file.Cases {
			ec, problem := pythonUser(c.User)
			if problem != "" {
				continue
			}
			for _, key := range rules.Keys() {
				var out eval.Outcome
				rules.Resolve(key, &ec, &out)
				if out.ID == 0 {
					require.NotEmpty(t, out.ErrorCode)
					continue
				}
				now := content{out.FlagKey, out.Value.String(), out.Variant, out.Reason.String(), out.VendorReason, out.RuleName, out.InExperiment}
				before, ok := known[out.ID]
				require.True(t, !ok || before == now, "%v and %v", before, now)
				known[out.ID] = now
			}
		}
	}
	require.Greater(t, len(known), 100)
}

func TestOpen(t *testing.T) {
	for options, want := range map[string]string{
		`{}`:                                  "ffc: file or document is needed",
		`{"file":"f","document":{}}`:          "ffc: document is given together with file",
		`{"document":{},"env_secret":"a b"}`:  "ffc: env_secret is not Base64",
		`{"document":{},"env_secret":"YWJj"}`: "ffc: env_secret names no account, project and environment",
		`{"document":{"messageType":1}}`:      "",
		`{"file":"flags.json"}`:               "",
		`{"document":{},"env_secret":"azN5LTIwMjQwMzA1X180MV9fNTJfXzYzX19kZWZhdWx0XzljMQ=="}`: "",
	} {
		opts, err := option.New([]byte(options))
		require.NoError(t, err)
		plan, err := Open(opts, backend.Env{})
		require.NoError(t, err)
		require.NotNil(t, plan.Source)
		if want == "" {
			require.NoError(t, opts.Err("ffc"))
		} else {
			require.EqualError(t, opts.Err("ffc"), want)
		}
	}
}

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
	rules := apply(b, &compiler{}, message("full", manyFlags(1000), nil))
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

// One flag of ten thousand changes.
func BenchmarkPatch(b *testing.B) {
	c := &compiler{}
	rules := apply(b, c, message("full", manyFlags(10_000), nil))
	b.ReportAllocs()
	i := 1
	for b.Loop() {
		i++
		after := apply(b, c, message("patch", []string{flagText("flag-77", i, strconv.Itoa(i), "", "")}, nil))
		require.Equal(b, []string{"flag-77"}, eval.Changed(rules, after))
		rules = after
	}
}

func FuzzCompile(f *testing.F) {
	for _, file := range evalFiles(f) {
		f.Add([]byte(file.Data), true)
	}
	f.Fuzz(func(t *testing.T, body []byte, stream bool) {
		c := &compiler{}
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
			rules.Resolve(key, &benchContext, &out)
			_ = out.Trace.Text()
		}
		again, _, err := (&compiler{}).Compile(source.Update{Body: c.Document(), Origin: source.FromFile})
		require.NoError(t, err)
		require.Equal(t, rules.Keys(), again.Keys())
	})
}
