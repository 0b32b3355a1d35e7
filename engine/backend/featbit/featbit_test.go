package featbit

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
			{}, benchContext,
			{TargetingKey: "in-a", Attributes: []eval.Attribute{
				{Name: "attr", Value: eval.StringValue("FR")}, {Name: "x", Value: eval.Value{Kind: eval.Number, Text: "1"}},
			}},
			{TargetingKey: "überraschung", Attributes: []eval.Attribute{
				{Name: "name", Value: eval.StringValue("Ü")}, {Name: "x", Value: eval.BoolValue(true)},
				{Name: "plan", Value: eval.Value{Kind: eval.JSON, Text: `{"a":1}`}},
			}},
		},
	}
	for _, file := range evalFiles(t) {
		if file.Group == "operators-regex" {
			continue // backtracking allocates
		}
		suite.Full = append(suite.Full, source.Update{Body: file.Data, Origin: source.FromServer})
	}
	backendtest.Run(t, suite)
}

func flagText(key, updatedAt, value, rules string) string {
	return fmt.Sprintf(`{"id":"id-%s","name":"Flag %s","key":%q,"variationType":"string","variations":[{"id":"v","value":%q},`+
		`{"id":"w","value":"other"}],"targetUsers":[],"rules":[%s],"isEnabled":true,"disabledVariationId":"v","fallthrough":`+
		`{"dispatchKey":null,"includedInExpt":false,"variations":[{"id":"v","rollout":[0,1],"exptRollout":1}]},`+
		`"exptIncludeAllTargets":false,"updatedAt":%q,"isArchived":false}`, key, key, key, value, rules, updatedAt)
}

func message(event string, flags, segments []string) source.Update {
	return source.Update{Origin: source.FromStream, Body: []byte(fmt.Sprintf(
		`{"messageType":"data-sync","data":{"eventType":%q,"featureFlags":[%s],"segments":[%s]}}`,
		event, strings.Join(flags, ","), strings.Join(segments, ",")))}
}

func segmentRule(ids ...string) string {
	return fmt.Sprintf(`{"conditions":[{"property":"User is in segment","op":null,"value":%q}],`+
		`"variations":[{"id":"w","rollout":[0,1]}],"includedInExpt":false}`, `["`+strings.Join(ids, `","`)+`"]`)
}

func segmentText(id, updatedAt, rules string, included ...string) string {
	users := ""
	if len(included) > 0 {
		users = `"` + strings.Join(included, `","`) + `"`
	}
	return fmt.Sprintf(`{"id":%q,"name":%q,"included":[%s],"excluded":[],"rules":[%s],"updatedAt":%q,"isArchived":false}`,
		id, id, users, rules, updatedAt)
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

func TestARuleSetDoesNotChangeWhenAPatchArrives(t *testing.T) {
	c := &compiler{}
	first := apply(t, c, message("full", []string{flagText("a", "2024-01-01T00:00:01Z", "A1", ""), flagText("b", "2024-01-01T00:00:02Z", "B1", "")}, nil))
	second := apply(t, c, message("patch", []string{flagText("a", "2024-01-01T00:00:03Z", "A2", "")}, nil))
	require.Equal(t, []string{"a"}, c.Changed())
	require.Equal(t, []string{"a"}, eval.Changed(first, second))
	require.Equal(t, "A1", value(first, "a", "u"))
	require.Equal(t, "A2", value(second, "a", "u"))
	require.Same(t, flagOf(first, "b"), flagOf(second, "b"), "what did not change is not compiled again")
}

func flagOf(r *ruleset, key string) *flag {
	f, _ := r.flags.Get(key)
	return f
}

func TestAChangedSegmentChangesTheFlagsThatUseIt(t *testing.T) {
	c := &compiler{}
	nested := strings.Replace(segmentRule("s"), `"variations":[{"id":"w","rollout":[0,1]}],`, "", 1)
	first := apply(t, c, message("full",
		[]string{flagText("a", "2024-01-01T00:00:01Z", "A", segmentRule("outer")), flagText("b", "2024-01-01T00:00:01Z", "B", "")},
		[]string{segmentText("outer", "2024-01-01T00:00:01Z", nested), segmentText("s", "2024-01-01T00:00:01Z", "")}))
	second := apply(t, c, message("patch", nil, []string{segmentText("s", "2024-01-01T00:00:02Z", "", "u")}))
	require.Equal(t, []string{"a"}, c.Changed())
	require.Equal(t, []string{"a"}, eval.Changed(first, second))
	require.Equal(t, "A", value(first, "a", "u"))
	require.Equal(t, "other", value(second, "a", "u"))
}

// The body of an update is written over after Compile has returned.
func TestNothingOfAMessageIsKept(t *testing.T) {
	c := &compiler{}
	u := message("full", []string{flagText("a", "2024-01-01T00:00:01Z", "A", segmentRule("s"))},
		[]string{segmentText("s", "2024-01-01T00:00:01Z", "", "in")})
	first := apply(t, c, u)
	changed := c.Changed()
	text := string(u.Body)
	for i := range u.Body {
		u.Body[i] = 'x'
	}
	require.Equal(t, []string{"a"}, changed)
	require.Equal(t, []string{"a"}, first.Keys())
	require.Equal(t, "A", value(first, "a", "u"))
	require.Equal(t, "other", value(first, "a", "in"))
	again := apply(t, c, source.Update{Body: []byte(text), Origin: source.FromFile})
	require.Empty(t, c.Changed())
	require.Same(t, flagOf(first, "a"), flagOf(again, "a"))
	require.Contains(t, string(c.Document()), `"key":"a"`)
}

// What is kept on disk, or for a forked process, has to be everything, not the last patch.
func TestTheDocumentHoldsEverything(t *testing.T) {
	c := &compiler{}
	apply(t, c, message("full", []string{flagText("b", "2024-01-01T00:00:01Z", "B1", ""), flagText("a", "2024-01-01T00:00:02Z", "A1", "")},
		[]string{segmentText("s", "2024-01-01T00:00:01Z", "")}))
	archived := strings.Replace(flagText("b", "2024-01-01T00:00:03Z", "B2", ""), `"isArchived":false`, `"isArchived":true`, 1)
	apply(t, c, message("patch", []string{archived, flagText("a", "2024-01-01T00:00:04Z", "A2", "")}, nil))

	again := &compiler{}
	rules := apply(t, again, source.Update{Body: c.Document(), Origin: source.FromCache})
	require.Equal(t, c.Version(), again.Version())
	require.Equal(t, []string{"a"}, rules.Keys())
	require.Equal(t, "A2", value(rules, "a", "u"))
	require.Equal(t, 1, rules.segments.Len())
	rules = apply(t, again, message("patch", []string{flagText("b", "2024-01-01T00:00:02Z", "old", "")}, nil))
	require.Equal(t, []string{"a"}, rules.Keys(), "older than the archived copy")
}

func TestAFileReplacesEverythingWhateverItsTimes(t *testing.T) {
	c := &compiler{}
	u := message("full", []string{flagText("a", "2024-01-01T00:00:09Z", "A1", "")}, nil)
	u.Origin = source.FromFile
	apply(t, c, u)
	for _, event := range []string{"full", "patch"} {
		u = message(event, []string{flagText("b", "2024-01-01T00:00:01Z", "B "+event, "")}, nil)
		u.Origin = source.FromFile
		rules := apply(t, c, u)
		require.Equal(t, []string{"b"}, rules.Keys())
		require.Equal(t, "B "+event, value(rules, "b", "u"))
	}
}

func TestSegmentsInACircleEnd(t *testing.T) {
	rule := func(ids ...string) string {
		return fmt.Sprintf(`{"conditions":[{"property":"User is in segment","op":null,"value":%q}]}`, `["`+strings.Join(ids, `","`)+`"]`)
	}
	names := []string{"s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"}
	var segments []string
	for _, name := range names { // each tests all, itself included: without a bound 8^32 tests
		segments = append(segments, segmentText(name, "2024-01-01T00:00:01Z", rule(names...)))
	}
	c := &compiler{}
	rules := apply(t, c, message("full", []string{flagText("a", "2024-01-01T00:00:01Z", "A", segmentRule("s0"))}, segments))
	require.Equal(t, "A", value(rules, "a", "u"))
	rules.Flag("a")
	require.Less(t, testing.AllocsPerRun(1, func() { value(rules, "a", "u") }), 10.0)
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	c := &compiler{}
	broken := strings.NewReplacer(`"disabledVariationId":"v"`, `"disabledVariationId":"gone"`, `"rollout":[0,1]`, `"rollout":"x"`).
		Replace(flagText("a", "2024-01-01T00:00:01Z", "A", `{"conditions":[{"property":"p","op":"MatchRegex","value":"("}],"variations":[]}`))
	rules, warnings, err := c.Compile(message("full", []string{broken}, nil))
	require.NoError(t, err)
	require.Equal(t, []backend.Warning{
		{FlagKey: "a", Message: `disabledVariationId names the variation "gone", which does not exist or has no value`},
		{FlagKey: "a", Message: `rules[0].conditions[0]: the pattern has an unclosed bracket`},
		{FlagKey: "a", Message: `fallthrough.variations[0].rollout is not a range of two numbers and serves nobody`},
	}, warnings)
	require.Equal(t, "no variation is served to this user", value(rules.(*ruleset), "a", "u"))

	for text, want := range map[string]string{
		`{"key":"a","id":1,"isArchived":false,"variations":[]}`:              "featureFlags[0] lacks updatedAt",
		`{"key":5,"id":1,"isArchived":false,"updatedAt":"","variations":[]}`: "featureFlags[0] has an identity that is not a string",
		`[]`: "featureFlags[0] is not an object",
	} {
		_, _, err := c.Compile(message("patch", []string{text}, nil))
		require.EqualError(t, err, want)
	}
}

// Members that are not what they should be fail where they are needed and nowhere else.
func TestBrokenMembersFailWhereTheyAreNeeded(t *testing.T) {
	healthy := flagText("a", "2024-01-01T00:00:01Z", "A", segmentRule("s"))
	for _, c := range []struct{ from, to, user, want string }{
		{`"targetUsers":[]`, `"targetUsers":null`, "u", "targetUsers is not an array"},
		{`"targetUsers":[]`, `"targetUsers":[{"keyIds":["t"],"variationId":"w"},{"variationId":"v"}]`, "t", "other"},
		{`"targetUsers":[]`, `"targetUsers":[{"keyIds":["t"],"variationId":"w"},{"variationId":"v"}]`, "u",
			"targetUsers[1].keyIds is not an array"},
		{`"exptIncludeAllTargets":false,`, ``, "u", "exptIncludeAllTargets is missing"},
		{`"isEnabled":true,`, ``, "u", "isEnabled is missing"},
		{`"isEnabled":true`, `"isEnabled":[]`, "u", "A"},
		{`"fallthrough":`, `"fallthru":`, "u", "fallthrough is not an object"},
		{`"fallthrough":`, `"fallthru":`, "in", "other"},
		{`"rules":[`, `"rules":{}, "x":[`, "u", "rules is not an array"},
		{`"conditions":[`, `"conditionz":[`, "u", "rules[0].conditions is not an array"},
		{`"includedInExpt":false}]`, `"x":0}]`, "in", "rules[0].variations[0]: includedInExpt is missing"},
		{`"variations":[{"id":"v"`, `"variations":[{"id":5}, {"id":"v"`, "u", "A"},
	} {
		require.Contains(t, healthy, c.from)
		rules := apply(t, &compiler{}, message("full", []string{strings.Replace(healthy, c.from, c.to, 1)},
			[]string{segmentText("s", "2024-01-01T00:00:01Z", "", "in")}))
		require.Equal(t, c.want, value(rules, "a", c.user), c.to)
	}
}

func TestAnAbsentNameIsNoError(t *testing.T) {
	rules := apply(t, &compiler{}, message("full", []string{flagText("a", "2024-01-01T00:00:01Z", "A", "")}, nil))
	for _, c := range []struct {
		name eval.Value
		code eval.Code
	}{
		{eval.StringValue("n"), ""}, {eval.StringValue(""), ""}, {eval.Value{}, ""},
		{eval.StringValue(" \u00a0"), eval.CodeInvalidContext}, {eval.BoolValue(true), eval.CodeInvalidContext},
	} {
		var out eval.Outcome
		ec := eval.Context{TargetingKey: "u", Attributes: []eval.Attribute{{Name: "name", Value: c.name}}}
		rules.Resolve("a", &ec, &out)
		require.Equal(t, c.code, out.ErrorCode)
		_, err := NewUser(&ec)
		require.Equal(t, c.code == "", err == nil)
	}
	var out eval.Outcome
	rules.Resolve("a", &eval.Context{TargetingKey: "\u2003"}, &out)
	require.Equal(t, eval.CodeTargetingKeyMissing, out.ErrorCode)
	require.Equal(t, "user not specified", out.VendorReason)
}

func TestReasonsInOpenFeaturesWords(t *testing.T) {
	percentage := `{"name":"half","conditions":[{"property":"country","op":"Equal","value":"fr"}],"includedInExpt":false,` +
		`"variations":[{"id":"v","rollout":[0,0.5]},{"id":"w","rollout":[0.5,1]}]}`
	rules := apply(t, &compiler{}, message("full", []string{flagText("a", "2024-01-01T00:00:01Z", "A", percentage)}, nil))
	var out eval.Outcome
	rules.Resolve("a", &benchContext, &out)
	require.Equal(t, eval.ReasonSplit, out.Reason)
	require.Equal(t, "half", out.RuleName)
	require.Equal(t, "Flag a", out.FlagName)
	out.Trace = &eval.Trace{}
	rules.Resolve("a", &eval.Context{TargetingKey: "u"}, &out)
	require.Equal(t, eval.ReasonDefault, out.Reason)
	require.Empty(t, out.RuleName)
	require.Len(t, out.Trace.Steps, 2)
	require.Contains(t, out.Trace.Text(), `country Equal "fr": absent`)
}

// An id may be kept by a caller for ever, so no two different outcomes may share one.
func TestOutcomeIDsAreUnique(t *testing.T) {
	type content struct {
		flag, value, variant, reason, words, rule string
		experiment                                bool
	}
	known := map[uint64]content{}
	for _, file := range evalFiles(t) {
		rules := compile(t, file.Data)
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
	require.Greater(t, len(known), 150)
}

func TestOpen(t *testing.T) {
	for options, want := range map[string]string{
		`{}`:                             "featbit: file or document is needed",
		`{"file":"f","document":{}}`:     "featbit: document is given together with file",
		`{"file":5}`:                     "featbit: file is 5, want a string; file or document is needed",
		`{"document":{"messageType":1}}`: "",
		`{"file":"flags.json"}`:          "",
	} {
		opts, err := option.New([]byte(options))
		require.NoError(t, err)
		plan, err := Open(opts, backend.Env{})
		require.NoError(t, err)
		require.NotNil(t, plan.Source)
		if want == "" {
			require.NoError(t, opts.Err("featbit"))
		} else {
			require.EqualError(t, opts.Err("featbit"), want)
		}
	}
}

func manyFlags(n int) []string {
	flags := make([]string, n)
	rule := `{"name":"r","dispatchKey":null,"includedInExpt":true,"conditions":[{"property":"plan","op":"Equal","value":"pro"},` +
		`{"property":"age","op":"BiggerEqualThan","value":"18"},{"property":"country","op":"IsOneOf","value":"[\"de\",\"fr\"]"}],` +
		`"variations":[{"id":"v","rollout":[0,0.5],"exptRollout":0},{"id":"w","rollout":[0.5,1],"exptRollout":0}]}`
	for i := range flags {
		flags[i] = flagText("flag-"+strconv.Itoa(i), "2024-01-01T00:00:01Z", "A", rule)
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

func BenchmarkSegmentNoAlloc(b *testing.B) {
	member := eval.Context{TargetingKey: "user-7"}
	for _, size := range []int{10, 100_000} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			users := make([]string, size)
			for i := range users {
				users[i] = "user-" + strconv.Itoa(i)
			}
			rules := apply(b, &compiler{}, message("full", []string{flagText("a", "2024-01-01T00:00:01Z", "A", segmentRule("s"))},
				[]string{segmentText("s", "2024-01-01T00:00:01Z", "", users...)}))
			var out eval.Outcome
			b.ReportAllocs()
			for b.Loop() {
				rules.Resolve("a", &member, &out)
			}
			require.Equal(b, "w", out.Variant)
		})
	}
}

func BenchmarkCompile10000(b *testing.B) {
	u := message("full", manyFlags(10_000), nil)
	b.SetBytes(int64(len(u.Body)))
	b.ReportAllocs()
	for b.Loop() {
		apply(b, &compiler{}, u)
	}
}

// One flag of ten thousand changes.
func BenchmarkPatch(b *testing.B) {
	c := &compiler{}
	rules := apply(b, c, message("full", manyFlags(10_000), nil))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		at := fmt.Sprintf("2024-01-02T%02d:%02d:%02d.%03dZ", i/3_600_000%24, i/60_000%60, i/1000%60, i%1000)
		after := apply(b, c, message("patch", []string{flagText("flag-77", at, at, "")}, nil))
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
		for range 2 {
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
			body = c.Document()
		}
		if again, _, err := (&compiler{}).Compile(source.Update{Body: body, Origin: source.FromFile}); err != nil {
			t.Fatalf("%v: %s", err, body)
		} else {
			require.Equal(t, c.rules.Keys(), again.Keys())
		}
	})
}
