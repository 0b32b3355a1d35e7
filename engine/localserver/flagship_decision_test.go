package localserver

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/bucket"
)

// decide asks for decisions and returns the answer as JSON.
func decide(t *testing.T, s *Server, query, body string) map[string]any {
	t.Helper()
	response, text := call(t, http.MethodPost, s.URL()+campaignsURL+query, body, "X-Api-Key", FlagshipKey)
	require.Equal(t, 200, response.StatusCode, text)
	require.Equal(t, "application/json", response.Header.Get("Content-Type"))
	var answer map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &answer))
	return answer
}

// variationsOf are the ids of the variations in an answer.
func variationsOf(answer map[string]any) (ids []string) {
	for _, campaign := range answer["campaigns"].([]any) {
		ids = append(ids, campaign.(map[string]any)["variation"].(map[string]any)["id"].(string))
	}
	return ids
}

type flags = map[string]map[string]any

type decisionVectors struct {
	Bucketing json.RawMessage
	Cases     []struct {
		Name      string
		Visitor   string         `json:"visitor_id"`
		Anonymous *string        `json:"anonymous_id"`
		Context   map[string]any `json:"context"`
		Same      []string       `json:"same_as_expect"`
		Expect    struct {
			Flags flags
			Panic bool
		}
		ExpectGo *struct{ Flags flags } `json:"expect_go"`
	}
}

// The flags in the answers are those that flagship-common gave, whose rules the decision API has.
func TestDecisionVectors(t *testing.T) {
	s := StartTest(t, Options{Backend: BackendFlagship})
	compared := 0
	for _, name := range []string{
		"example_environment", "groups", "variation_groups", "multi_campaign", "duplicate_campaign_id", "panic", "no_campaigns",
		"allocation_edges", "targeting_cases",
	} {
		text, err := os.ReadFile(filepath.Join("../../testdata/vectors/flagship", name+".json"))
		require.NoError(t, err)
		var vectors decisionVectors
		require.NoError(t, json.Unmarshal(text, &vectors))
		require.NoError(t, s.SetDocument("", vectors.Bucketing))
		for _, c := range vectors.Cases {
			want := c.Expect.Flags
			switch {
			case c.ExpectGo != nil:
				want = c.ExpectGo.Flags
			case !slices.Contains(c.Same, "go"):
				continue
			}
			body, err := json.Marshal(map[string]any{
				"visitorId": c.Visitor, "anonymousId": c.Anonymous, "context": c.Context, "trigger_hit": false, "visitor_consent": true,
			})
			require.NoError(t, err)
			answer := decide(t, s, "", string(body))
			assert.Equal(t, c.Expect.Panic, answer["panic"] == true, name+": "+c.Name)
			assert.Equal(t, withoutNames(want), flagsOf(answer), name+": "+c.Name)
			compared++
		}
	}
	assert.Greater(t, compared, 200)
	assert.Empty(t, s.Events())
}

// withoutNames leaves out what flagship-common does not answer by itself.
func withoutNames(all flags) flags {
	for _, flag := range all {
		for _, name := range []string{"campaignName", "variationGroupName", "variationName"} {
			delete(flag, name)
		}
	}
	if all == nil {
		return flags{}
	}
	return all
}

// flagsOf reads an answer as the SDKs do.
func flagsOf(answer map[string]any) flags {
	found := flags{}
	for _, element := range answer["campaigns"].([]any) {
		campaign := element.(map[string]any)
		variation := campaign["variation"].(map[string]any)
		for key, value := range variation["modifications"].(map[string]any)["value"].(map[string]any) {
			found[key] = map[string]any{
				"value": value, "campaignId": campaign["id"], "variationGroupId": campaign["variationGroupId"], "variationId": variation["id"],
				"isReference": variation["reference"], "campaignType": campaign["type"], "slug": campaign["slug"],
			}
		}
	}
	return found
}

func TestDecisionAnswers(t *testing.T) {
	const file = `{"accountSettings":{"enabledXPC":false,"enabled1V1T":true,"troubleshooting":{"traffic":40}},"campaigns":[
		{"id":"c","name":"N","slug":"s","type":"ab","variationGroups":[{"id":"g","name":"G",
		"targeting":{"targetingGroups":[{"targetings":[{"operator":"EQUALS","key":"fs_all_users","value":""}]}]},"variations":[
		{"id":"v","name":"V","reference":true,"allocation":100,"modifications":{"type":"JSON","value":{"z":1.0,"html":"<b>","big":12345678901234567890,"none":null}}},
		{"id":"w","allocation":0,"modifications":{"type":"JSON","value":{"z":2,"other":true}}}]}]},
		{"id":"d","variationGroups":[{"id":"h","targeting":{"targetingGroups":[{"targetings":[{"operator":"EXISTS","key":"plan","value":true}]}]},
		"variations":[{"id":"x","allocation":100,"modifications":{"value":{}}}]}]}]}`
	s := startFlagship(t, file)
	const body = `{"visitorId":"u","anonymousId":null,"trigger_hit":false,"context":{"plan":"pro"},"visitor_consent":true}`
	answerTo := func(query string) string {
		response, text := call(t, http.MethodPost, s.URL()+"/decision"+campaignsURL+query, body, "X-Api-Key", FlagshipKey)
		require.Equal(t, 200, response.StatusCode, text)
		return strings.TrimSpace(text)
	}
	second := `{"id":"d","name":"","slug":null,"type":"","variationGroupId":"h","variationGroupName":"","variation":` +
		`{"id":"x","name":"","reference":false,"modifications":{"type":"","value":{}}}}`
	first := func(values string) string {
		return `{"id":"c","name":"N","slug":"s","type":"ab","variationGroupId":"g","variationGroupName":"G","variation":` +
			`{"id":"v","name":"V","reference":true,"modifications":{"type":"JSON","value":{` + values + `}}}}`
	}
	// Numbers are doubles, and keys are in order.
	assert.Equal(t, `{"campaigns":[`+first(`"big":12345678901234567000,"html":"<b>","z":1`)+`,`+second+`],"visitorId":"u"}`, answerTo(""))
	assert.Equal(t,
		`{"campaigns":[`+first(`"big":12345678901234567000,"html":"<b>","none":null,"other":null,"z":1`)+`,`+second+`],"extras":{"accountSettings":`+
			`{"@type":"type.googleapis.com/flagship.protobuf.AccountSettings","enabled1V1T":true,"enabledXPC":false,"troubleshooting":{"traffic":40}}},`+
			`"visitorId":"u"}`, answerTo("/?exposeAllKeys=true&extras[]=accountSettings"))

	require.NoError(t, s.SetDocument("", []byte(`{"panic":true,"campaigns":[`+campaignFor(everybody, "1")+`]}`)))
	assert.JSONEq(t, `{"visitorId":"u","campaigns":[],"panic":true}`, answerTo(""))
}

func TestDecisionRequests(t *testing.T) {
	s := startFlagship(t, `{"campaigns":[`+campaignFor(`{"operator":"EQUALS","key":"age","value":31}`, "1")+`]}`)
	for _, body := range []string{
		`{"visitorId":"u","context":{"age":31},"triggerHit":false}`, `{"visitor_id":"u","anonymous_id":"a","context":{"age":31.0},"activate":false}`,
		`{"visitorId":null,"context":{"age":31,"x":[],"y":null},"trigger_hit":false,"decisionGroup":"d","customVisitorId":null}`,
	} {
		assert.Equal(t, []string{"v"}, variationsOf(decide(t, s, "", body)), body)
	}
	for _, body := range []string{
		"", "[]", "null", "{", `{"visitor":"u"}`, `{"visitorId":5}`, `{"visitorId":"u","visitor_id":"u"}`, `{"context":[]}`, `{"trigger_hit":"no"}`,
	} {
		response, text := call(t, http.MethodPost, s.URL()+campaignsURL, body, "X-Api-Key", FlagshipKey)
		assert.Equal(t, 400, response.StatusCode, body)
		assert.Contains(t, text, `{"message":"`, body)
	}
	for _, key := range []string{"", "wrong"} {
		response, text := call(t, http.MethodPost, s.URL()+campaignsURL, "{}", "X-Api-Key", key)
		assert.Equal(t, 403, response.StatusCode)
		assert.JSONEq(t, `{"message":"Forbidden"}`, text)
	}
	// As where the customer runs the service, there is no environment in the path.
	response, _ := call(t, http.MethodPost, s.URL()+"/v2/campaigns/", `{"trigger_hit":false}`, "X-Api-Key", FlagshipKey)
	assert.Equal(t, 200, response.StatusCode)
	assert.Empty(t, s.Events())

	require.NoError(t, s.SetEnvironment("another", "secret"))
	response, _ = call(t, http.MethodPost, s.URL()+"/v2/another/campaigns", "{}", "X-Api-Key", "secret")
	assert.Equal(t, 200, response.StatusCode)
	s.RemoveDocument("", "")
	response, _ = call(t, http.MethodPost, s.URL()+"/v2/another/campaigns", "{}", "X-Api-Key", "secret")
	assert.Equal(t, 404, response.StatusCode)
}

func TestADecisionCountsAsExposureUnlessTheClientSaysNo(t *testing.T) {
	s := startFlagship(t, environmentWith("1"))
	decide(t, s, "", `{"visitorId":"u","anonymousId":"a"}`)
	events := s.Events()
	require.Len(t, events, 1)
	assert.Equal(t, []any{KindActivation, "u", campaignsURL}, []any{events[0].Kind, events[0].User, events[0].Path})
	assert.JSONEq(t, `{"cid":"burgee-local","vid":"u","aid":"a","caid":"g","vaid":"v"}`, string(events[0].Body))
}

// split is a campaign with two variations of one half each.
func split(id, kind, more string) string {
	return `{"id":"c` + id + `","type":"` + kind + `"` + more + `,"variationGroups":[{"id":"g` + id + `","targeting":{"targetingGroups":[{"targetings":[` + everybody + `]}]},` +
		`"variations":[{"id":"a` + id + `","allocation":50,"modifications":{"value":{"f` + id + `":1}}},{"id":"b` + id + `","allocation":50,"modifications":{"value":{"f` + id + `":2}}}]}]}`
}

// visitorIn finds a visitor whose hash after a prefix is in the range.
func visitorIn(prefix string, from, to uint32) string {
	for i := 0; ; i++ {
		id := "visitor-" + strconv.Itoa(i)
		if at := (bucket.Murmur3{}).With(prefix+id).Sum() % 100; at >= from && at < to {
			return id
		}
	}
}

func TestSomebodyWhoHasLoggedInKeepsTheVariation(t *testing.T) {
	anonymous, account := visitorIn("g1", 0, 50), visitorIn("g1", 50, 100)
	later := `{"visitorId":"` + account + `","anonymousId":"` + anonymous + `","trigger_hit":false}`
	for _, c := range []struct {
		settings string
		want     string
	}{{`{"enabledXPC":true}`, "a1"}, {`{"enabledXPC":false}`, "b1"}} {
		s := startFlagship(t, `{"accountSettings":`+c.settings+`,"campaigns":[`+split("1", "ab", "")+`]}`)
		assert.Equal(t, []string{"a1"}, variationsOf(decide(t, s, "", `{"visitorId":"`+anonymous+`","trigger_hit":false}`)))
		assert.Equal(t, []string{c.want}, variationsOf(decide(t, s, "", later)))
		assert.Equal(t, []string{c.want}, variationsOf(decide(t, s, "", `{"visitorId":"`+account+`","trigger_hit":false}`)))
		require.NoError(t, s.ForgetAssignments())
		assert.Equal(t, []string{"b1"}, variationsOf(decide(t, s, "", later)))
		kept := map[string]string{"a1": "b1", "b1": "a1"}[c.want] // with the setting, the anonymous id has what the account got
		assert.Equal(t, []string{kept}, variationsOf(decide(t, s, "", `{"visitorId":"`+anonymous+`","trigger_hit":false}`)))
	}
}

func TestOneVisitorIsInOneTest(t *testing.T) {
	s := startFlagship(t, `{"accountSettings":{"enabled1V1T":true},"campaigns":[`+
		split("1", "ab", "")+`,`+split("2", "ab", "")+`,`+split("3", "toggle", "")+`]}`)
	groups := func(visitor string) (groups []string) {
		for _, id := range variationsOf(decide(t, s, "", `{"visitorId":"`+visitor+`","trigger_hit":false}`)) {
			groups = append(groups, id[1:])
		}
		return groups
	}
	assert.Equal(t, []string{"1", "3"}, groups("u"))
	response, _ := call(t, http.MethodPost, s.URL()+"/v2/activate", `{"cid":"burgee-local","vid":"u","caid":"g2","vaid":"b2"}`)
	assert.Equal(t, 204, response.StatusCode)
	assert.Equal(t, []string{"2", "3"}, groups("u"))
	assert.Equal(t, []string{"1", "3"}, groups("somebody else"))
}

func TestRangesOfBuckets(t *testing.T) {
	s := startFlagship(t, `{"campaigns":[`+split("1", "ab", `,"bucketRanges":[{"r":[10,20]},{"r":[50,60]}]`)+`]}`)
	for _, c := range []struct {
		from, to uint32
		in       int
	}{{0, 10, 0}, {10, 20, 1}, {20, 50, 0}, {59, 60, 1}, {60, 61, 0}} {
		answer := decide(t, s, "", `{"visitorId":"`+visitorIn("", c.from, c.to)+`","trigger_hit":false}`)
		assert.Len(t, variationsOf(answer), c.in, "%+v", c)
	}
}
