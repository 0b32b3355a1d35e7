package flagship

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/datasync/datasynctest"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/evaljson"
)

type apiCase struct {
	Name     string
	Status   int `json:"http_status"`
	Response json.RawMessage
	Expect   struct {
		Flags     object
		Status    struct{ Status, Reason string } `json:"flagsStatus"`
		SDKStatus string                          `json:"sdkStatus"`
	}
	Python struct {
		Flags  object
		Status string
	} `json:"expect_python"`
}

type apiRequest struct {
	Name, URL string
	Headers   map[string]string
	Body      json.RawMessage
}

type apiFile struct {
	JS     []apiRequest `json:"requests_js"`
	Python []apiRequest `json:"requests_python"`
	Cases  []apiCase
}

func readAPIFile(t *testing.T) (f apiFile) {
	datasynctest.Read(t, filepath.Join(vectorDir, "decision_api.json"), &f)
	require.Len(t, f.Cases, 15)
	return f
}

// The state of a visitor is what an answer leaves behind. A failure leaves it as it was.
func TestDecisionAPIAnswerVectors(t *testing.T) {
	const first = `{"campaigns":[{"id":"c0","type":"ab","variationGroupId":"vg0","variation":{"id":"va0","reference":false,` +
		`"modifications":{"type":"FLAG","value":{"before":"yes"}}}}]}`
	for _, e := range engines[:2] {
		prefix := "decision_api/" + e.name + "/"
		deviations := datasynctest.LoadDeviations(t, vectorDir, prefix)
		for _, c := range readAPIFile(t).Cases {
			t.Run(prefix+c.Name, func(t *testing.T) {
				var d Decision
				_, err := d.ReadAnswer([]byte(first))
				require.NoError(t, err)
				failed := c.Status >= 400
				if !failed {
					_, err = d.ReadAnswer(c.Response)
					require.NoError(t, err)
				}
				got := object{"flags": shownFlags(t, &d, e), "panic": d.Panic, "failed": failed}
				if d.Panic {
					got["flags"] = unreadable(d.Flags, e.language)
				}
				want := object{
					"flags": c.Expect.Flags, "panic": c.Expect.Status.Status == "PANIC", "failed": c.Expect.Status.Reason != "NONE",
				}
				if e.language == sdk.Python {
					want = object{"flags": c.Python.Flags, "panic": c.Python.Status == "PANIC", "failed": false}
				}
				datasynctest.RequireEqual(t, deviations.Want(t, prefix+c.Name, want), got)
			})
		}
		deviations.Done(t)
	}
}

// unreadable is how the flags look in panic.
func unreadable(flags []Flag, language sdk.Language) object {
	shown := object{}
	if language == sdk.Python {
		return shown
	}
	for i := range flags {
		shown[flags[i].Key] = object{
			"value": nil, "campaignId": "", "campaignName": "", "variationGroupId": "", "variationGroupName": "", "variationId": "",
			"variationName": "", "isReference": false, "campaignType": "", "slug": nil,
		}
	}
	return shown
}

func TestDecisionAPIRequestVectors(t *testing.T) {
	file := readAPIFile(t)
	for language, requests := range map[sdk.Language][]apiRequest{sdk.JavaScript: file.JS, sdk.Python: file.Python} {
		require.Len(t, requests, 3)
		for _, r := range requests {
			t.Run(language.Client()+"/"+r.Name, func(t *testing.T) {
				c := configOf(t, `{"env_id":"env_id","api_key":"api_key","sdk":"`+map[sdk.Language]string{
					sdk.JavaScript: "javascript", sdk.Python: "python",
				}[language]+`"}`)
				require.Equal(t, r.URL, c.service.CampaignsURL())
				header := c.service.CampaignsHeader()
				for name, values := range c.service.KeyHeader() {
					header[name] = values
				}
				for name, value := range r.Headers {
					require.Equal(t, value, header.Get(name))
				}
				asked, _ := membersOf(r.Body)
				asking := Asking{
					VisitorID: textOf(asked["visitorId"]), AnonymousID: textOf(asked["anonymousId"]),
					Context: attributesOf(asked["context"]), Consent: isTrue(asked["visitor_consent"]),
				}
				require.Equal(t, language.Automatic(asking.VisitorID), asking.Context[:len(language.Automatic(""))])
				require.JSONEq(t, string(r.Body), string(asking.AppendRequest(nil)))
			})
		}
	}
}

func TestAnAnswerThatMakesNoSenseChangesNothing(t *testing.T) {
	var d Decision
	_, err := d.ReadAnswer([]byte(` {"campaigns":[{"id":"c","variationGroupId":"g","variation":{"id":"v","modifications":{"value":{"k":1.0}}}}]} `))
	require.NoError(t, err)
	for _, body := range []string{``, `null`, `[]`, `{"campaigns":{}}`, `{"campaigns":5}`, `{"campaigns":[}`, `{} x`, "{\"a\":\"\xff\"}"} {
		_, err := d.ReadAnswer([]byte(body))
		require.Error(t, err, body)
		require.Equal(t, "1.0", d.Find("k").Value.Text)
	}
	skipped, err := d.ReadAnswer([]byte(`{"campaigns":[5,{},{"id":"c"},{"id":"c","variationGroupId":"g"},` +
		`{"id":"c","variationGroupId":"g","variation":{"id":"v"}},{"id":"c","variationGroupId":"g","variation":{"id":"v","modifications":{}}}]}`))
	require.NoError(t, err)
	require.Equal(t, []string{
		"campaigns[0] of the answer has no id", "campaigns[1] of the answer has no id",
		"campaigns[2] of the answer has no variationGroupId", "campaigns[3] of the answer has no variation with an id",
		"campaigns[4] of the answer has a variation without modifications",
	}, skipped)
	require.Len(t, d.Allocations, 1)
	require.Empty(t, d.Flags)
	_, err = d.ReadAnswer([]byte(`{"campaigns":null}`))
	require.NoError(t, err)
	require.True(t, d.Unlisted)
}

// An answer belongs to the visitor, although the memory that it came in does not.
func TestAnAnswerOutlivesItsBody(t *testing.T) {
	var d Decision
	body := []byte(`{"campaigns":[{"id":"c","variationGroupId":"g","variation":{"id":"v","modifications":{"value":{"k":"text"}}}}]}`)
	_, err := d.ReadAnswer(body)
	require.NoError(t, err)
	clear(body)
	require.Equal(t, `"text"`, string(evaljson.AppendValue(nil, d.Find("k").Value)))
	require.Equal(t, "c", d.Find("k").From.CampaignID)
}
