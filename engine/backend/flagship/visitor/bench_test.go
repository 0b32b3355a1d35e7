package visitor

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/flagship"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/source"
)

// manyCampaigns is an environment of n campaigns that all match: four rules and two variations with two flags each.
func manyCampaigns(n int) []byte {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"id":"campaign-%d","name":"Campaign","type":"ab","variationGroups":[{"id":"cq0v1f2g3h4i5j%[1]d",`+
			`"targeting":{"targetingGroups":[{"targetings":[{"operator":"EQUALS","key":"country","value":["DE","FR"]},`+
			`{"operator":"GREATER_THAN","key":"age","value":18},{"operator":"STARTS_WITH","key":"device","value":"ph"},`+
			`{"operator":"EQUALS","key":"premium","value":true}]}]},"variations":[`+
			`{"id":"a%[1]d","allocation":50,"modifications":{"type":"FLAG","value":{"color-%[1]d":"red","size-%[1]d":1}}},`+
			`{"id":"b%[1]d","allocation":50,"modifications":{"type":"FLAG","value":{"color-%[1]d":"blue","size-%[1]d":2}}}]}]}`, i))
	}
	return []byte(`{"campaigns":[` + strings.Join(list, ",") + `]}`)
}

// benchSDK is a started SDK without a network: what is reported goes into a queue that waits for company.
func benchSDK(b testing.TB, language sdk.Language, change func(*Settings)) *SDK {
	compiled, _, err := flagship.NewCompiler(flagship.ByJavaScript, language.Hashes()).Compile(source.Update{Body: manyCampaigns(50)})
	require.NoError(b, err)
	rules := compiled.(*flagship.Ruleset)
	settings := SettingsOf(language)
	settings.Mode, settings.Buffering = Bucketing, 0
	if change != nil {
		change(&settings)
	}
	s := New(language, nil, nil)
	n := s.NewSession(settings, flagship.Service{Language: language, Client: language.Client(), EventsURL: "http://127.0.0.1:1"})
	s.Start(n, Environment{Rules: func() *flagship.Ruleset { return rules }, Lanes: sinkLanes{}})
	s.polled(200, "", rules)
	return s
}

// sinkLanes takes everything.
type sinkLanes struct{}

func (sinkLanes) Report(Lane, int64, []byte) bool   { return true }
func (sinkLanes) Flush(context.Context, Lane) error { return nil }

var benchContext = attributes(`{"country":"FR","age":31,"device":"phone","premium":true,"plan":"gold"}`)

func BenchmarkFetch50(b *testing.B) {
	v := benchSDK(b, sdk.JavaScript, nil).NewVisitor(context.Background(), Params{ID: "visitor-123456", Consent: true, Context: benchContext})
	b.ReportAllocs()
	for b.Loop() {
		_ = v.Fetch(context.Background())
	}
	require.Len(b, v.Flags(), 100)
}

func BenchmarkNewVisitorAndFetch50(b *testing.B) {
	s := benchSDK(b, sdk.JavaScript, nil)
	b.ReportAllocs()
	for b.Loop() {
		v := s.NewVisitor(context.Background(), Params{ID: "visitor-123456", Consent: true, Context: benchContext})
		_ = v.Fetch(context.Background())
	}
}

func BenchmarkFlagNoAlloc(b *testing.B) {
	v := benchSDK(b, sdk.JavaScript, nil).NewVisitor(context.Background(), Params{ID: "visitor-123456", Consent: true, Context: benchContext})
	require.NoError(b, v.Fetch(context.Background()))
	b.ReportAllocs()
	for b.Loop() {
		if f, _ := v.Flag("color-40"); f == nil {
			b.Fatal()
		}
	}
}

// A read with its exposure, as every value() in Python reports one, into a queue of package event.
func BenchmarkFlagAndExposureNoAlloc(b *testing.B) {
	for _, language := range []sdk.Language{sdk.JavaScript, sdk.Python} {
		b.Run(language.Client(), func(b *testing.B) {
			v := benchSDK(b, language, func(s *Settings) { s.Deduplication = 1 }).
				NewVisitor(context.Background(), Params{ID: "visitor-123456", Consent: true, Context: benchContext})
			require.NoError(b, v.Fetch(context.Background()))
			fallback := eval.StringValue("green")
			require.NoError(b, v.Expose("color-40", fallback))
			b.ReportAllocs()
			for b.Loop() {
				f, _ := v.Flag("color-40")
				if err := v.Expose(f.Key, fallback); err != nil && err != ErrDuplicate {
					b.Fatal(err)
				}
			}
		})
	}
}
