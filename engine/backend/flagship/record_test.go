package flagship

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/datasync/datasynctest"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
)

// recordsOf looks up the cache as the SDKs do: the visitor's own record, and for somebody who has logged in the one of the
// anonymous id. The history of the first that can be used counts.
func recordsOf(c *evaluationCase, e engine) (own, anonymous *Record) {
	cache := c.Cache
	if e.language == sdk.Python {
		cache = c.CachePython
	}
	if c.Consent != nil && !*c.Consent {
		return nil, nil
	}
	if raw := cache[c.Visitor]; raw != nil {
		own, _ = ReadRecord(raw, e.language, c.Visitor)
	}
	if c.Anonymous != nil {
		if raw := cache[*c.Anonymous]; raw != nil {
			anonymous, _ = ReadRecord(raw, e.language, *c.Anonymous)
		}
	}
	return own, anonymous
}

func TestVisitorRecordVectors(t *testing.T) {
	for file, want := range map[string]int{"visitor_cache_history": 14, "xpc": 6} {
		var f evaluationFile
		datasynctest.Read(t, filepath.Join(vectorDir, file+".json"), &f)
		require.Len(t, f.Cases, want)
		for _, e := range engines {
			prefix := file + "/" + e.name + "/"
			deviations := datasynctest.LoadDeviations(t, vectorDir, prefix)
			rules := compile(t, f.Bucketing, e.targeting)
			for i := range f.Cases {
				c := &f.Cases[i]
				if expected := c.of(e.name); expected != nil {
					t.Run(prefix+c.Name, func(t *testing.T) { checkRecord(t, rules, c, e, expected, deviations) })
				}
			}
			deviations.Done(t)
		}
	}
}

func checkRecord(t *testing.T, rules *Ruleset, c *evaluationCase, e engine, expected *expectation, d *datasynctest.Deviations) {
	own, anonymous := recordsOf(c, e)
	history := map[string]string{}
	switch {
	case e.name == "go":
		history = c.Assigned
		if c.Assigned == nil {
			history = historyOf(c.Cache[c.Visitor])
		}
	case own != nil:
		maps.Copy(history, own.History)
	case anonymous != nil:
		maps.Copy(history, anonymous.History)
	}
	visitor := Visitor{
		ID: c.Visitor, Context: attributesOf(c.Context), History: history, AnonymousHistory: c.AnonymousHist, Hashes: e.hashes,
	}
	var decision Decision
	rules.Decide(&visitor, &decision)
	name := fmt.Sprintf("%s/%s/%s", map[bool]string{true: "xpc", false: "visitor_cache_history"}[c.Anonymous != nil], e.name, c.Name)
	datasynctest.RequireEqual(t, d.Want(t, name, expected.flagsOf(e.name)), shownFlags(t, &decision, e))
	if e.name == "go" {
		return
	}
	history = decision.Remember(history)
	record := Record{
		VisitorID: c.Visitor, Consent: true, Context: append(e.language.Automatic(c.Visitor), visitor.Context...),
		Allocations: decision.Allocations, History: history,
	}
	if c.Anonymous != nil {
		record.AnonymousID, record.Authenticated = *c.Anonymous, true
	}
	written := []any{}
	if c.Consent == nil || *c.Consent {
		written = append(written, []any{record.VisitorID, json.RawMessage(record.Append(nil, e.language))})
		if c.Anonymous != nil && anonymous == nil {
			other := record.ForAnonymous()
			written = append(written, []any{other.VisitorID, json.RawMessage(other.Append(nil, e.language))})
		}
	}
	got, err := json.Marshal(written)
	require.NoError(t, err)
	want, err := json.Marshal(append([][2]json.RawMessage{}, expected.Written...))
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(got))
	requireReadable(t, &record, e.language)
}

// historyOf reads the assignments of a record without checking it.
func historyOf(raw json.RawMessage) map[string]string {
	var record struct {
		Data struct {
			History map[string]string `json:"assignmentsHistory"`
		}
	}
	_ = json.Unmarshal(raw, &record)
	return record.Data.History
}

// requireReadable reads back what was written, whichever SDK does.
func requireReadable(t *testing.T, r *Record, language sdk.Language) {
	t.Helper()
	text := r.Append(nil, language)
	for _, reader := range []sdk.Language{sdk.JavaScript, sdk.Python} {
		again, err := ReadRecord(text, reader, r.VisitorID)
		require.NoError(t, err)
		require.Equal(t, r.History, again.History)
		require.Equal(t, r.Context, again.Context)
		require.Equal(t, r.AnonymousID, again.AnonymousID)
		var d Decision
		d.Restore(again)
		require.Len(t, d.Allocations, len(r.Allocations))
		for i, a := range r.Allocations {
			require.Equal(t, map[bool]string{true: a.CampaignName}[language == sdk.JavaScript], d.Allocations[i].CampaignName)
			require.Equal(t, a.Slug, d.Allocations[i].Slug)
			require.Equal(t, a.VariationID, d.Allocations[i].VariationID)
			require.Equal(t, language == sdk.Python, d.Allocations[i].Given&GivenType != 0)
			require.Len(t, d.Allocations[i].Modifications, len(a.Modifications))
		}
	}
}

// Python stores null for every value that it takes for false, and so loses them.
func TestRecordsKeepFalseValues(t *testing.T) {
	var d Decision
	_, err := d.ReadAnswer([]byte(`{"campaigns":[{"id":"c","variationGroupId":"g","variation":{"id":"v","modifications":` +
		`{"type":"FLAG","value":{"a":0,"b":false,"c":"","d":[],"e":{},"f":null}}}}]}`))
	require.NoError(t, err)
	record := Record{VisitorID: "v1", Allocations: d.Allocations, Exposed: map[string]bool{"v": true}}
	require.JSONEq(t, `{"version":1,"data":{"visitorId":"v1","anonymousId":null,"isAuthenticated":false,"consent":false,"context":{},`+
		`"campaigns":[{"campaignId":"c","variationGroupId":"g","variationId":"v","isReference":true,"type":"","slug":"","exposed":true,`+
		`"flags":{"a":0,"b":false,"c":"","d":[],"e":{},"f":null}}],"assignationHistory":{}}}`, string(record.Append(nil, sdk.Python)))
	again, err := ReadRecord(record.Append(nil, sdk.Python), sdk.Python, "v1")
	require.NoError(t, err)
	require.Equal(t, record.Exposed, again.Exposed)
}

func TestRecordsThatCannotBeUsed(t *testing.T) {
	for text, problem := range map[string]string{
		``: "the cached visitor is not a JSON object", `null`: "the cached visitor is not a JSON object",
		`{}`:                        "the cached visitor has the version (none), want 1",
		`{"version":"1","data":{}}`: `the cached visitor has the version "1", want 1`,
		`{"version":1}`:             "the cached visitor has no data",
		`{"version":1.0,"data":[]}`: "the cached visitor has no data",
		`{"version":1,"data":{}}`:   "the cached visitor lacks visitorId",
		`{"version":1,"data":{"visitorId":"v","campaigns":{}}}`:                                    "the cached visitor has campaigns that are {}, want an array",
		`{"version":1,"data":{"visitorId":"w","campaigns":[]}}`:                                    `the cached visitor is "w", want "v"`,
		`{"version":1,"data":{"visitorId":"v","campaigns":[5]}}`:                                   "a campaign of the cached visitor lacks campaignId",
		`{"version":1,"data":{"visitorId":"v","isAuthenticated":false}}`:                           "the cached visitor lacks anonymousId",
		`{"version":1,"data":{"visitorId":"v","campaigns":[{"campaignId":"c","type":"FLAG"}]}}`:    "a campaign of the cached visitor lacks variationGroupId",
		`{"version":1,"data":{"visitorId":"v","assignmentsHistory":{"g":"v"}}} and something more`: "the cached visitor is not a JSON object",
	} {
		_, err := ReadRecord([]byte(text), sdk.JavaScript, "v")
		require.EqualError(t, err, problem, text)
	}
	r, err := ReadRecord([]byte(`{"version":1,"data":{"visitorId":"somebody else","assignmentsHistory":{"g":"v"}}}`), sdk.JavaScript, "v")
	require.NoError(t, err)
	require.Equal(t, map[string]string{"g": "v"}, r.History)
}
