package engine

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// cacheRequest is what the host is asked to do with its caches.
type cacheRequest struct {
	Operation string          `json:"operation"`
	ID        uint64          `json:"id"`
	VisitorID string          `json:"visitorId"`
	Record    json.RawMessage `json:"record"`
	Hits      json.RawMessage `json:"hits"`
	Keys      []string        `json:"keys"`
}

// hostCache is a host whose caches answer as it is told: by operation, members of the call flagship.cache.answer. Operations
// without an entry are never answered. It ends with the client.
func hostCache(t *testing.T, c *Client, answers map[string]string) (asked <-chan cacheRequest) {
	t.Helper()
	requests := make(chan cacheRequest, 10_000)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			e, ok := c.Next(ctx)
			if !ok || e.Type == "closed" {
				return
			}
			if e.Type != "cache_request" {
				continue
			}
			var r cacheRequest
			if err := json.Unmarshal(e.Own, &r); err != nil {
				t.Error(err)
			}
			requests <- r
			if answer := answers[r.Operation]; r.ID != 0 && answer != "" {
				id, _ := json.Marshal(r.ID)
				call(t, c, "flagship.cache.answer", `{"id":`+string(id)+`,`+answer+`}`)
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return requests
}

// next waits for a request of an operation.
func next(t *testing.T, asked <-chan cacheRequest, operation string) cacheRequest {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		select {
		case r := <-asked:
			if r.Operation == operation {
				return r
			}
		case <-ctx.Done():
			require.FailNow(t, "the host is not asked", operation)
		}
	}
}

const cachedVisitor = `{"version":1,"data":{"visitorId":"v","campaigns":[{"campaignId":"c","type":"FLAG","variationGroupId":"g",` +
	`"variationId":"old","flags":{"on":"from the cache"}}],"assignmentsHistory":{"g":"old"}}}`

func TestTheHostKeepsVisitors(t *testing.T) {
	vendor := newABTasty(t)
	sdk := sdkClient(t, t.Name(), "javascript")
	asked := hostCache(t, sdk, map[string]string{"lookupVisitor": `"result":` + cachedVisitor})
	open(t, vendor.options(map[string]any{"sdk_instance": t.Name(), "visitor_cache": true, "decision_mode": "decision_api"}), Host{})
	vendor.set(func() { vendor.status["campaigns"] = 500 })
	visitor := newVisitor(t, sdk, "v", "")
	require.JSONEq(t, `{"done":true,"error":"`+vendor.URL+`/v2/env/campaigns?exposeAllKeys=true&extras[]=accountSettings answered 500: no"}`,
		call(t, sdk, "flagship.visitor.fetch", `{"visitor":`+visitor+`}`))
	require.Equal(t, "v", next(t, asked, "lookupVisitor").VisitorID)
	state := call(t, sdk, "flagship.visitor.state", `{"visitor":`+visitor+`}`)
	require.Equal(t, `"READ_FROM_CACHE"`, field(t, state, "reason"))
	require.JSONEq(t, `{"g":"old"}`, field(t, state, "assignments"))
	require.Equal(t, `"from the cache"`, field(t, call(t, sdk, "flagship.visitor.flag", `{"visitor":`+visitor+`,"key":"on"}`), "value"))
	vendor.set(func() { delete(vendor.status, "campaigns") })
	fetched(t, sdk, visitor)
	for {
		if r := next(t, asked, "cacheVisitor"); strings.Contains(string(r.Record), `"variationId":"v"`) {
			break // the one before was that of the failed fetch
		}
	}
	call(t, sdk, "flagship.visitor.consent", `{"visitor":`+visitor+`,"consent":false}`)
	require.Equal(t, "v", next(t, asked, "flushVisitor").VisitorID)
}

// Whatever the host's cache does, visitors get their flags.
func TestACacheThatMakesNoSenseHarmsNobody(t *testing.T) {
	for name, answer := range map[string]string{
		"it throws": `"error":"boom"`, "it throws nothing": `"error":""`, "nonsense": `"result":[[["x"]]]`, "a text": `"result":"{}"`,
		"another version": `"result":{"version":2}`, "it hangs": "",
	} {
		for _, language := range []string{"javascript", "python"} {
			t.Run(language+" "+name, func(t *testing.T) {
				vendor := newABTasty(t)
				sdk := sdkClient(t, t.Name(), language)
				asked := hostCache(t, sdk, map[string]string{"lookupVisitor": answer, "lookupHits": answer})
				open(t, vendor.options(map[string]any{
					"sdk": language, "sdk_instance": t.Name(), "visitor_cache": true, "hit_cache": true, "cache_timeout": 0.05,
				}), Host{})
				visitor := newVisitor(t, sdk, "v", "")
				fetched(t, sdk, visitor)
				next(t, asked, "lookupVisitor")
				require.Equal(t, "true", field(t, call(t, sdk, "flagship.visitor.flag", `{"visitor":`+visitor+`,"key":"on"}`), "value"))
				require.Contains(t, string(next(t, asked, "cacheVisitor").Record), `"variationId":"v"`)
			})
		}
	}
}

// Nobody takes the events: a lookup that cannot reach the host does not wait for it.
func TestALookupThatIsLostFailsAtOnce(t *testing.T) {
	vendor := newABTasty(t)
	sdk := sdkClient(t, t.Name(), "javascript")
	started := open(t, vendor.options(map[string]any{"sdk_instance": t.Name(), "visitor_cache": true, "cache_timeout": 3600}), Host{})
	for sdk.events.tell([]byte(`{"type":"filler"}`)) {
	}
	fetched(t, sdk, newVisitor(t, sdk, "v", ""))
	require.Contains(t, waitFor(t, sdk, func(e Event) bool { return e.Type == "log" }).Message, "lookupVisitor: the cache cannot be asked")
	sdk.Close()
	fetched(t, started, newVisitor(t, started, "w", ""))
}

func TestAFetchThatHasToWaitEndsWithAnEvent(t *testing.T) {
	vendor := newABTasty(t)
	sdk := sdkClient(t, t.Name(), "python")
	open(t, vendor.options(map[string]any{"sdk": "python", "sdk_instance": t.Name(), "decision_mode": "decision_api"}), Host{})
	visitor := newVisitor(t, sdk, "v", "")
	release := vendor.stall(t, "campaigns")
	for range 2 { // the second joins the first
		require.JSONEq(t, `{"done":false}`, call(t, sdk, "flagship.visitor.fetch", `{"visitor":`+visitor+`,"wait":false}`))
	}
	release()
	require.JSONEq(t, `{"type":"ready","visitor":`+visitor+`}`, own(t, sdk, "ready"))
	require.Equal(t, `"FETCHED"`, field(t, call(t, sdk, "flagship.visitor.state", `{"visitor":`+visitor+`}`), "status"))
	vendor.set(func() { vendor.status["campaigns"] = 403 })
	require.JSONEq(t, `{"done":false}`, call(t, sdk, "flagship.visitor.fetch", `{"visitor":`+visitor+`,"wait":false}`))
	require.Contains(t, own(t, sdk, "ready"), "env_id and api_key do not belong together, or one of them is wrong")
	require.Len(t, vendor.requests("campaigns"), 2)
}

func TestWhatIsPendingStaysInTheHostsCache(t *testing.T) {
	for _, language := range []string{"javascript", "python"} {
		t.Run(language, func(t *testing.T) {
			vendor := newABTasty(t)
			sdk := sdkClient(t, t.Name(), language)
			asked := hostCache(t, sdk, map[string]string{"lookupHits": `"result":null`})
			options := vendor.options(map[string]any{
				"sdk": language, "sdk_instance": t.Name(), "hit_cache": true, "spool_path": t.TempDir() + "/spool",
				"tracking": map[string]any{"batch_interval": 3600, "closing_strategy": "cache", "cache_strategy": "continuous"},
			})
			started := open(t, options, Host{})
			require.Contains(t, waitFor(t, started, func(e Event) bool { return e.Type == "log" }).Message, "spool_path is not used")
			visitor := newVisitor(t, sdk, "v", "")
			call(t, sdk, "flagship.visitor.send", `{"visitor":`+visitor+`,"hit":{"type":"SCREENVIEW","documentLocation":"here"}}`)
			require.Empty(t, started.Close())
			require.Empty(t, vendor.requests("hits"))
			documents := map[string]json.RawMessage{}
			for len(documents) < 2 { // the consent, the screen
				require.NoError(t, json.Unmarshal(next(t, asked, "cacheHit").Hits, &documents))
			}

			// The next process finds them there.
			kept, err := json.Marshal(documents)
			require.NoError(t, err)
			other := sdkClient(t, t.Name()+" other", language)
			hostCache(t, other, map[string]string{"lookupHits": `"result":` + string(kept)})
			options["sdk_instance"] = t.Name() + " other"
			open(t, options, Host{})
			require.Eventually(t, func() bool {
				call(t, other, "flagship.flush", "")
				return len(vendor.told(t, "hits")) == 2
			}, patience, 1)
		})
	}
}

// A batch that is on its way cannot be called back. What it holds is not sent again, nor is anything else of the visitor.
func TestConsentThatIsWithdrawnWhileABatchLeaves(t *testing.T) {
	vendor := newABTasty(t)
	c := open(t, vendor.options(map[string]any{"tracking": map[string]any{"batch_interval": 3600}}), Host{})
	of, other := newVisitor(t, c, "v", ""), newVisitor(t, c, "w", "")
	send := func(visitor, where string) {
		call(t, c, "flagship.visitor.send", `{"visitor":`+visitor+`,"hit":{"type":"SCREENVIEW","documentLocation":"`+where+`"}}`)
	}
	send(of, "first")
	send(other, "first")
	vendor.set(func() { vendor.status["hits"] = 503 })
	release := vendor.stall(t, "hits")
	flushed := make(chan string, 1)
	go func() { flushed <- call(t, c, "flagship.flush", "") }()
	vendor.await(t, "hits", 1)
	send(of, "second")
	call(t, c, "flagship.visitor.consent", `{"visitor":`+of+`,"consent":false}`)
	vendor.set(func() { delete(vendor.status, "hits") })
	release()
	require.JSONEq(t, `{"flushed":true}`, call(t, c, "flagship.flush", ""))
	require.JSONEq(t, `{"flushed":true}`, <-flushed)
	var late []map[string]any
	for _, r := range vendor.requests("hits")[1:] {
		late = append(late, r.hits(t)...)
	}
	require.ElementsMatch(t, []string{
		"v fs_consent TypeScript:true", "w fs_consent TypeScript:true", "w SCREENVIEW", "v fs_consent TypeScript:false",
	}, short(late))
	stats := c.Status().Events
	require.Equal(t, uint64(2), stats.Dropped.Withdrawn)
	require.Zero(t, stats.Pending)
	require.Equal(t, stats.Sent, stats.Lanes["hits"].Sent)
	require.Empty(t, c.Close(), "what was withdrawn is no loss")
}

func TestAHostThatListensHearsOfEveryStatus(t *testing.T) {
	vendor := newABTasty(t)
	sdk := sdkClient(t, t.Name(), "javascript")
	open(t, vendor.options(map[string]any{"sdk_instance": t.Name(), "report_exposures": true}), Host{})
	silent := newVisitor(t, sdk, "silent", "")
	fetched(t, sdk, silent)
	visitor := newVisitor(t, sdk, "v", `,"listens":true`)
	fetched(t, sdk, visitor)
	for _, want := range []string{
		`{"type":"fetch_status","visitor":` + visitor + `,"status":"FETCH_REQUIRED","reason":"VISITOR_CREATED"}`,
		`{"type":"fetch_status","visitor":` + visitor + `,"status":"FETCHING","reason":"NONE"}`,
		`{"type":"ready","visitor":` + visitor + `}`,
		`{"type":"fetch_status","visitor":` + visitor + `,"status":"FETCHED","reason":"NONE"}`,
	} {
		heard := waitFor(t, sdk, func(e Event) bool { return e.Type == "fetch_status" || e.Type == "ready" })
		require.JSONEq(t, want, string(heard.Own))
	}
	call(t, sdk, "flagship.visitor.expose", `{"visitor":`+visitor+`,"key":"n","default":1}`)
	require.Contains(t, own(t, sdk, "visitor_exposed"), `"fromFlag":{"key":"n","value":5,"defaultValue":1,`)
	call(t, sdk, "flagship.visitor.listen", `{"visitor":`+visitor+`,"listens":false}`)
	call(t, sdk, "flagship.visitor.clear_context", `{"visitor":`+visitor+`}`)
	call(t, sdk, "flagship.visitor.listen", `{"visitor":`+silent+`,"listens":true}`)
	call(t, sdk, "flagship.visitor.clear_context", `{"visitor":`+silent+`}`)
	require.JSONEq(t, `{"type":"fetch_status","visitor":`+silent+`,"status":"FETCH_REQUIRED","reason":"UPDATE_CONTEXT"}`, own(t, sdk, "fetch_status"))
}
