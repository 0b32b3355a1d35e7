package featbit

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
	"github.com/burgee-flags/burgee/engine/source"
)

func TestConformance(t *testing.T) {
	suite := backendtest.Suite{
		New: func() backend.Compiler { return newCompiler() },
		Contexts: []eval.Context{
			{}, datasynctest.BenchContext,
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

func TestAChangedSegmentChangesTheFlagsThatUseIt(t *testing.T) {
	c := newCompiler()
	nested := strings.Replace(segmentRule("s"), `"variations":[{"id":"w","rollout":[0,1]}],`, "", 1)
	first := datasynctest.Compile(t, c, datasynctest.Message("full",
		[]string{flagText("a", "2024-01-01T00:00:01Z", "A", segmentRule("outer")), flagText("b", "2024-01-01T00:00:01Z", "B", "")},
		[]string{segmentText("outer", "2024-01-01T00:00:01Z", nested), segmentText("s", "2024-01-01T00:00:01Z", "")}))
	second := datasynctest.Compile(t, c, datasynctest.Message("patch", nil, []string{segmentText("s", "2024-01-01T00:00:02Z", "", "u")}))
	require.Equal(t, []string{"a"}, c.Changed())
	require.Equal(t, []string{"a"}, eval.Changed(first, second))
	require.Equal(t, "A", datasynctest.Value(first, "a", "u"))
	require.Equal(t, "other", datasynctest.Value(second, "a", "u"))
}

// Keys are compared as texts, however they are written in the message.
func TestUsersOfASegment(t *testing.T) {
	users := []string{"b", `a\"b`, `tab\t`, `\u0061bc`, "überraschung", "", "c", "cc"}
	for i := range 300 {
		users = append(users, "user-"+strconv.Itoa(i))
	}
	segment := strings.Replace(segmentText("s", "2024-01-01T00:00:01Z", "", users...), `"excluded":[]`, `"excluded":["user-7", 5, "cc"]`, 1)
	rules := datasynctest.Compile(t, newCompiler(), datasynctest.Message("full",
		[]string{flagText("a", "2024-01-01T00:00:01Z", "A", segmentRule("s"))}, []string{segment}))
	for user, in := range map[string]bool{
		"b": true, `a"b`: true, "tab\t": true, "abc": true, "überraschung": true, "c": true, "user-0": true, "user-299": true,
		"cc": false, "user-7": false, "user-300": false, "5": false, "B": false, `a\"b`: false, `\u0061bc`: false, `b","a`: false,
		`c","cc`: false, `user-1","user-2`: false, "ser-1": false, "user-": false,
	} {
		want := map[bool]string{true: "other", false: "A"}[in]
		require.Equal(t, want, datasynctest.Value(rules, "a", user), "%q", user)
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
	c := newCompiler()
	rules := datasynctest.Compile(t, c, datasynctest.Message("full", []string{flagText("a", "2024-01-01T00:00:01Z", "A", segmentRule("s0"))}, segments))
	require.Equal(t, "A", datasynctest.Value(rules, "a", "u"))
	rules.Flag("a")
	require.Less(t, testing.AllocsPerRun(1, func() { datasynctest.Value(rules, "a", "u") }), 10.0)
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	c := newCompiler()
	broken := strings.NewReplacer(`"disabledVariationId":"v"`, `"disabledVariationId":"gone"`, `"rollout":[0,1]`, `"rollout":"x"`).
		Replace(flagText("a", "2024-01-01T00:00:01Z", "A", `{"conditions":[{"property":"p","op":"MatchRegex","value":"("}],"variations":[]}`))
	rules, warnings, err := c.Compile(datasynctest.Message("full", []string{broken}, nil))
	require.NoError(t, err)
	require.Equal(t, []backend.Warning{
		{FlagKey: "a", Message: `disabledVariationId names the variation "gone", which does not exist or has no value`},
		{FlagKey: "a", Message: `rules[0].conditions[0]: the pattern has an unclosed bracket`},
		{FlagKey: "a", Message: `fallthrough.variations[0].rollout is not a range of two numbers and serves nobody`},
	}, warnings)
	require.Equal(t, "no variation is served to this user", datasynctest.Value(rules.(*ruleset), "a", "u"))

	for text, want := range map[string]string{
		`{"key":"a","id":1,"isArchived":false,"variations":[]}`:              "lacks updatedAt",
		`{"key":5,"id":1,"isArchived":false,"updatedAt":"","variations":[]}`: "has an identity that is not a string",
		`[]`: "is not an object",
	} {
		_, err := readItem([]byte(text), true)
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
		rules := datasynctest.Compile(t, newCompiler(), datasynctest.Message("full", []string{strings.Replace(healthy, c.from, c.to, 1)},
			[]string{segmentText("s", "2024-01-01T00:00:01Z", "", "in")}))
		require.Equal(t, c.want, datasynctest.Value(rules, "a", c.user), c.to)
	}
}

func TestAnAbsentNameIsNoError(t *testing.T) {
	rules := datasynctest.Compile(t, newCompiler(), datasynctest.Message("full", []string{flagText("a", "2024-01-01T00:00:01Z", "A", "")}, nil))
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
	}
	var out eval.Outcome
	rules.Resolve("a", &eval.Context{TargetingKey: "\u2003"}, &out)
	require.Equal(t, eval.CodeTargetingKeyMissing, out.ErrorCode)
	require.Equal(t, "user not specified", out.VendorReason)
}

func TestReasonsInOpenFeaturesWords(t *testing.T) {
	percentage := `{"name":"half","conditions":[{"property":"country","op":"Equal","value":"fr"}],"includedInExpt":false,` +
		`"variations":[{"id":"v","rollout":[0,0.5]},{"id":"w","rollout":[0.5,1]}]}`
	rules := datasynctest.Compile(t, newCompiler(), datasynctest.Message("full", []string{flagText("a", "2024-01-01T00:00:01Z", "A", percentage)}, nil))
	var out eval.Outcome
	rules.Resolve("a", &datasynctest.BenchContext, &out)
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

func TestOutcomeIDsAreUnique(t *testing.T) {
	datasynctest.RequireUniqueIDs(t, evalFiles(t), 150, pythonUser, func(file datasynctest.EvalFile) eval.Ruleset {
		return compile(t, file.Data)
	})
}

func TestConfigVectors(t *testing.T) { datasynctest.RunConfig(t, vectorDir, &vendor, Open) }

func TestWhatIsWrongWithTheOptionsIsNamed(t *testing.T) {
	const server = `"env_secret":"x","streaming_url":"wss://h","event_url":"https://h"`
	for options, want := range map[string]string{
		`{` + server + `}`: "",
		`{}`: "options: env_secret is missing: env secret is invalid; streaming_url is missing: streaming or event url is invalid; " +
			"event_url is missing: streaming or event url is invalid",
		`{"env_secret":"x","streaming_url":"http://h/base/","disable_events":true}`: "",
		`{"env_secret":"x","data_sync_mode":"polling","event_url":"https://h"}`:     "",
		`{"env_secret":"x","data_sync_mode":"polling","disable_events":true}`:       "options: polling_url is missing: streaming or event url is invalid",
		`{"env_secret":"x","data_sync_mode":"polling","polling_url":"ws://h","event_url":"https://h"}`: "options: polling_url has a scheme other than " +
			"http, https: streaming or event url is invalid",
		`{"env_secret":"x","streaming_url":"ws://h:65536","event_url":"http://h:65535"}`: "options: streaming_url has a port above 65535: " +
			"streaming or event url is invalid",
		`{"env_secret":"x","streaming_url":"ws://h?a=b","event_url":"http://h#x"}`: "options: streaming_url has a query or a fragment, where a path is to " +
			"follow: streaming or event url is invalid; event_url has a query or a fragment, where a path is to follow: streaming or event url is invalid",
		`{` + server + `,"ping_interval":"soon"}`:           "options: ping_interval is not a number of seconds",
		`{` + server + `,"ping_interval":0.09}`:             "options: ping_interval is below 100ms",
		`{` + server + `,"polling_interval":0.0001}`:        "options: polling_interval is below 100ms",
		`{` + server + `,"user_agent":"a\nb"}`:              "options: user_agent holds characters that no header may hold",
		`{` + server + `,"bootstrap":{}}`:                   "options: bootstrap cannot be used: not a data-sync message with eventType, featureFlags and segments",
		`{` + server + `,"bootstrap":` + emptyMessage + `}`: "",
		`{"offline":true}`:                                  "",
		`{"offline":true,"env_secret":"é","streaming_url":"nonsense","tls_config":{"ca_cert_file":"/nowhere"},"events_max_in_queue":1}`: "",
		`{"offline":true,"bootstrap":` + emptyMessage + `}`: "",
		`{"file":"f","document":{}}`:                        "options: document is given together with file",
		`{"file":"f","bootstrap":` + emptyMessage + `}`:     "options: bootstrap is given together with file or document",
		`{"file":"f","streaming_url":"wss://h"}`:            "options: streaming_url has no meaning with file or document",
		`{"file":5}`: "options: file is 5, want a string; env_secret is missing: env secret is invalid; " +
			"streaming_url is missing: streaming or event url is invalid; event_url is missing: streaming or event url is invalid",
		`{"document":{"messageType":1}}`: "",
		`{"file":"flags.json"}`:          "",
	} {
		require.Equal(t, want, datasynctest.Problems(t, Open, options), options)
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
	datasynctest.BenchmarkResolve(b, datasynctest.Compile(b, newCompiler(), datasynctest.Message("full", manyFlags(1000), nil)))
}

// exposed is an outcome with everything that an event says.
func exposed(t testing.TB) *eval.Outcome {
	rules := datasynctest.Compile(t, newCompiler(), datasynctest.Message("full", manyFlags(1), nil))
	out := &eval.Outcome{}
	rules.Resolve("flag-0", &datasynctest.BenchContext, out)
	require.Equal(t, "rule match", out.VendorReason)
	return out
}

func TestTellingOfAnEvaluationAllocatesNothing(t *testing.T) {
	datasynctest.RequireExposureNoAlloc(t, Open, exposed(t))
}

func TestADraftBecomesTheRecordOfTheEvaluation(t *testing.T) {
	half := `{"name":"r","dispatchKey":"team","includedInExpt":true,"conditions":[],` +
		`"variations":[{"id":"v","rollout":[0,1],"exptRollout":0.5}]}`
	rules := datasynctest.Compile(t, newCompiler(), datasynctest.Message("full", []string{
		flagText("half", "2024-01-01T00:00:01Z", "A", half),
	}, nil))
	long := strings.Repeat("é\"", 200)
	counted := 0
	for i := range 40 {
		ec := eval.Context{TargetingKey: "user-" + strconv.Itoa(i), Attributes: []eval.Attribute{
			{Name: "team", Value: eval.StringValue("team-" + strconv.Itoa(i))}, {Name: "name", Value: eval.StringValue("Ada")},
			{Name: "age", Value: eval.Value{Kind: eval.Number, Text: "42"}}, {Name: "pro", Value: eval.BoolValue(true)},
			{Name: long, Value: eval.StringValue(long)}, {Name: "none"}, {Name: "list", Value: eval.Value{Kind: eval.JSON, Text: "[1]"}},
		}}
		datasynctest.RequireDrafts(t, Open, rules, "half", &ec)
		out := eval.Outcome{LateDraw: true}
		rules.Resolve("half", &ec, &out)
		require.False(t, out.InExperiment)
		require.Equal(t, eval.Draw{Share: 0.5, Unit: "team-" + strconv.Itoa(i)}, out.Draw)
		decided := eval.Outcome{}
		rules.Resolve("half", &ec, &decided)
		require.Zero(t, decided.Draw)
		if decided.InExperiment {
			counted++
		}
	}
	require.InDelta(t, 20, counted, 10, "the draws come out both ways")
}

func BenchmarkExposureNoAlloc(b *testing.B) { datasynctest.BenchmarkExposure(b, Open, exposed(b)) }

func BenchmarkSegmentNoAlloc(b *testing.B) {
	member := eval.Context{TargetingKey: "user-7"}
	for _, size := range []int{10, 100_000} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			rules := datasynctest.Compile(b, newCompiler(), datasynctest.Message("full", []string{flagText("a", "2024-01-01T00:00:01Z", "A", segmentRule("s"))},
				[]string{segmentText("s", "2024-01-01T00:00:01Z", "", manyUsers(size)...)}))
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
	u := datasynctest.Message("full", manyFlags(10_000), nil)
	b.SetBytes(int64(len(u.Body)))
	b.ReportAllocs()
	for b.Loop() {
		datasynctest.Compile(b, newCompiler(), u)
	}
}

// One flag of ten thousand changes, next to a segment of a hundred thousand users.
func BenchmarkPatch(b *testing.B) {
	full := datasynctest.Message("full", manyFlags(10_000), []string{segmentText("s", "2024-01-01T00:00:01Z", "", manyUsers(100_000)...)})
	datasynctest.BenchmarkPatch(b, newCompiler(), full, "flag-77", func(i int) source.Update {
		at := timestamp(i)
		return datasynctest.Message("patch", []string{flagText("flag-77", at, at, "")}, nil)
	})
}

// The segment changes together with a flag that tests it.
func BenchmarkPatchWithSegment(b *testing.B) {
	users := manyUsers(100_000)
	flags := append(manyFlags(10_000), flagText("tester", "2024-01-01T00:00:01Z", "A", segmentRule("s")))
	full := datasynctest.Message("full", flags, []string{segmentText("s", "2024-01-01T00:00:01Z", "", users...)})
	datasynctest.BenchmarkPatch(b, newCompiler(), full, "tester", func(i int) source.Update {
		at := timestamp(i)
		return datasynctest.Message("patch", []string{flagText("tester", at, at, segmentRule("s"))}, []string{segmentText("s", at, "", users...)})
	})
}

func timestamp(i int) string {
	return fmt.Sprintf("2024-01-02T%02d:%02d:%02d.%03dZ", i/3_600_000%24, i/60_000%60, i/1000%60, i%1000)
}

func manyUsers(n int) []string {
	users := make([]string, n)
	for i := range users {
		users[i] = "user-" + strconv.Itoa(i)
	}
	return users
}

func FuzzCompile(f *testing.F) {
	datasynctest.Fuzz(f, evalFiles(f), func() backend.Patching { return newCompiler() })
}
