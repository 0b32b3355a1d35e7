package flagship

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/datasync/datasynctest"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/option"
	"github.com/burgee-flags/burgee/engine/source"
)

func configOf(t testing.TB, options string) config {
	t.Helper()
	opts, err := option.New([]byte(options))
	require.NoError(t, err)
	c := readConfig(opts)
	require.NoError(t, opts.Err("flagship"))
	return c
}

func open(t testing.TB, options string) (*backend.Plan, *option.Reader) {
	t.Helper()
	opts, err := option.New([]byte(options))
	require.NoError(t, err)
	client, err := Open(opts, backend.Env{Getenv: func(string) string { return "" }})
	require.NoError(t, err)
	return client.Plan, opts
}

func TestDefaultsAreThoseOfTheVendor(t *testing.T) {
	c := configOf(t, `{"env_id":"e","api_key":"k"}`)
	require.Equal(t, config{
		mode: "decision_api", interval: 5 * time.Second, service: Service{
			Environment: "e", Key: "k", Client: "TypeScript", Version: "5.2.0", DecisionURL: "https://decision.flagship.io/v2",
			CDNURL: "https://cdn.flagship.io", EventsURL: "https://events.flagship.io",
			SegmentsURL: "https://api-data-connector.flagship.io",
		},
	}, c)
	c = configOf(t, `{"env_id":"e","api_key":"k","sdk":"Python","decision_mode":"DECISION-API","sdk_client":"own","sdk_version":"1"}`)
	require.Equal(t, sdk.Python, c.language)
	require.Equal(t, sdk.Packed, c.hashes)
	require.Equal(t, ByJavaScript, c.targeting)
	require.Equal(t, []string{"own", "1"}, []string{c.service.Client, c.service.Version})
	require.Equal(t, sdk.UTF8, configOf(t, `{"file":"f","sdk":"python","hash_input":"utf-8"}`).hashes)
}

func TestOptionsThatCannotBe(t *testing.T) {
	for options, problem := range map[string]string{
		`{}`:                                          "flagship: env_id is missing; it is not needed with file or document",
		`{"env_id":"e"}`:                              "flagship: api_key is missing; it is not needed with file or document",
		`{"file":"f","document":{}}`:                  "flagship: document is given together with file",
		`{"document":5}`:                              "flagship: document is 5, want an environment file",
		`{"document":{},"targeting":"go"}`:            `flagship: targeting is "go", want one of javascript, python, decision_api`,
		`{"document":{},"cdn_url":"ftp://x"}`:         "flagship: cdn_url is not an address that begins with http:// or https://",
		`{"document":{},"events_url":"https://x/?a"}`: "flagship: events_url has a query or a fragment",
		`{"env_id":"e","api_key":"k","polling_interval":0.001}`:                           "flagship: polling_interval is below 100ms, want more, or 0 for a single request",
		`{"env_id":"e","api_key":"k","decision_mode":"local"}`:                            `flagship: decision_mode is "local", want one of decision_api, decision-api, api, bucketing, bucketing_edge`,
		`{"env_id":"e","api_key":"k","decision_mode":"bucketing","initial_bucketing":[]}`: "flagship: initial_bucketing is [], want an environment file",
	} {
		opts, err := option.New([]byte(options))
		require.NoError(t, err)
		readConfig(opts)
		require.EqualError(t, opts.Err("flagship"), problem, options)
	}
	_, opts := open(t, `{"document":{"campaigns":[]},"polling_interval":5,"decision_mode":"bucketing","proxy":{}}`)
	const why = "has no meaning with file or document"
	require.Equal(t, []option.Unknown{
		{Name: "decision_mode", Reason: why + " unless env_id is given"}, {Name: "polling_interval", Reason: why}, {Name: "proxy"},
	}, opts.Unknown())
}

func TestAddresses(t *testing.T) {
	for _, base := range []string{"http://h/v2", "http://h/v2/"} {
		c := configOf(t, `{"env_id":"e/1","api_key":"k","decision_url":"`+base+`","cdn_url":"`+base+`","segments_url":"`+base+`"}`)
		require.Equal(t, "http://h/v2/e%2F1/campaigns?exposeAllKeys=true&extras[]=accountSettings", c.service.CampaignsURL())
		require.Equal(t, "http://h/v2/e%2F1/bucketing.json", c.service.fileURL())
		require.Equal(t, "http://h/v2/accounts/e%2F1/segments/a%20b%2Fc", c.service.VisitorSegmentsURL("a b/c"))
	}
}

func TestTrackingGoesWhereTheSDKsSendIt(t *testing.T) {
	for name, file := range map[string]string{"javascript": "hits_js", "python": "hits_python"} {
		var vector struct {
			URL     string
			Headers map[string]string
		}
		datasynctest.Read(t, filepath.Join(vectorDir, file+".json"), &vector)
		c := configOf(t, `{"env_id":"e","api_key":"k","sdk":"`+name+`"}`)
		hits, activations := c.service.Hits(), c.service.Activations()
		require.Equal(t, strings.TrimRight(vector.URL, "/"), hits.URL)
		want := http.Header{"User-Agent": {"burgee"}}
		for field, value := range vector.Headers {
			want.Set(field, value)
		}
		require.Equal(t, want, hits.Header)
		require.Nil(t, hits.Auth)
		require.Equal(t, "https://decision.flagship.io/v2/activate", activations.URL)
		require.Equal(t, c.language.Client(), activations.Header.Get("X-Sdk-Client"))
		require.Equal(t, c.language.Version(), activations.Header.Get("X-Sdk-Version"))
		require.Equal(t, name == "javascript", activations.Auth != nil)
		require.True(t, activations.Activations)
	}
}

// taking is a source.Sink that compiles, and says what it was told.
type taking struct {
	compiler backend.Compiler
	told     chan string
	rules    *Ruleset
}

func (s *taking) Apply(u source.Update) error {
	rules, _, err := s.compiler.Compile(u)
	if err != nil {
		s.told <- "refused"
		return err
	}
	s.rules = rules.(*Ruleset)
	s.told <- "applied " + string(u.Origin)
	return nil
}

func (s *taking) Confirm()                   { s.told <- "confirmed" }
func (s *taking) Unchanged()                 { s.told <- "unchanged" }
func (s *taking) Fail(error)                 { s.told <- "failed" }
func (s *taking) End(error)                  { s.told <- "ended" }
func (s *taking) Retry(error, time.Duration) {}

func run(t *testing.T, plan *backend.Plan) *taking {
	t.Helper()
	sink := &taking{compiler: plan.Compiler, told: make(chan string, 16)}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		plan.Source.Run(ctx, sink)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		if plan.Close != nil {
			plan.Close()
		}
	})
	return sink
}

func TestBucketingPollsTheFileByItsDate(t *testing.T) {
	const first, second = "Mon, 02 Mar 2026 08:30:00 GMT", "Mon, 02 Mar 2026 09:00:00 GMT"
	type answer struct {
		status         int
		modified, body string
	}
	for name, want := range map[string]http.Header{
		"javascript": {"X-Sdk-Client": {"TypeScript"}, "X-Sdk-Version": {"5.2.0"}, "Content-Type": {"application/json"}},
		"python":     {"X-Sdk-Client": nil, "X-Sdk-Version": nil, "X-Api-Key": nil, "Content-Type": {"application/json"}},
	} {
		t.Run(name, func(t *testing.T) {
			answers := []answer{
				{200, first, string(manyCampaigns(1))}, {304, "", ""}, {200, second, "no file"}, {200, second, `{"panic":true}`},
				{404, "", ""}, {200, "", string(manyCampaigns(2))},
			}
			asked := make(chan http.Header, 16)
			next := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked <- r.Header.Clone()
				if r.URL.Path != "/env/bucketing.json" {
					w.WriteHeader(http.StatusTeapot)
					return
				}
				a := answers[min(next, len(answers)-1)]
				next++
				if a.modified != "" {
					w.Header().Set("Last-Modified", a.modified)
				}
				w.WriteHeader(a.status)
				_, _ = w.Write([]byte(a.body))
			}))
			defer server.Close()
			plan, opts := open(t, `{"env_id":"env","api_key":"secret","decision_mode":"BUCKETING","polling_interval":0,"sdk":"`+name+
				`","cdn_url":"`+server.URL+`/","initial_bucketing":{"campaigns":[]}}`)
			require.NoError(t, opts.Err("flagship"))
			require.Equal(t, source.FromSnapshot, plan.Initial.Origin)
			sink := run(t, plan)
			for i, told := range []string{"applied server", "confirmed", "refused", "applied server", "failed", "applied server"} {
				if i > 0 {
					plan.Source.(source.Refresher).Refresh()
				}
				require.Equal(t, told, <-sink.told)
				header := <-asked
				for name, values := range want {
					require.Equal(t, values, header[name], name)
				}
				require.Equal(t, []string{"", first, first, "", second, ""}[i], header.Get("If-Modified-Since"))
				if i == 3 {
					require.True(t, sink.rules.Panic())
				}
			}
			require.Len(t, sink.rules.Keys(), 4)
		})
	}
}

func TestLocalFilesAndEdge(t *testing.T) {
	file := t.TempDir() + "/bucketing.json"
	require.NoError(t, os.WriteFile(file, manyCampaigns(1), 0o600))
	text := `"{\"campaigns\":[]}"`
	for options, told := range map[string]string{
		`{"file":"` + file + `"}`: "applied file", `{"document":{"campaigns":[]}}`: "applied inline", `{"document":` + text + `}`: "applied inline",
		`{"env_id":"e","api_key":"k","decision_mode":"bucketing_edge","initial_bucketing":` + text + `}`: "applied inline",
	} {
		plan, opts := open(t, options)
		require.NoError(t, opts.Err("flagship"))
		require.Equal(t, told, <-run(t, plan).told, options)
	}
	for _, mode := range []string{"bucketing_edge", "decision_api"} {
		plan, opts := open(t, `{"env_id":"e","api_key":"k","decision_mode":"`+mode+`"}`)
		require.NoError(t, opts.Err("flagship"))
		require.Equal(t, source.None{}, plan.Source)
	}
}
