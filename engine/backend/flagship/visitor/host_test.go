package visitor

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/flagship"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
)

func TestALookupWaitsForItsAnswerWithinItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []*Request
		h := NewHost(func(r *Request) bool {
			asked = append(asked, r)
			return true
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		result := make(chan string)
		look := func() {
			raw, err := h.Visitors().Lookup(ctx, "v")
			result <- fmt.Sprintf("%s %v", raw, err)
		}
		go look()
		synctest.Wait()
		require.NoError(t, h.Answer(asked[0].ID, []byte(`{"a":1}`), ""))
		require.Equal(t, `{"a":1} <nil>`, <-result)
		require.ErrorIs(t, h.Answer(asked[0].ID, nil, ""), ErrUnknownAnswer)
		go look()
		synctest.Wait()
		require.NoError(t, h.Answer(asked[1].ID, nil, "the database is gone"))
		require.Equal(t, ` the database is gone`, <-result)
		go look()
		require.Equal(t, " lookupVisitor: the cache did not answer in time", <-result)
		require.ErrorIs(t, h.Answer(asked[2].ID, nil, ""), ErrUnknownAnswer, "too late")
		require.Empty(t, h.waiting)
	})
}

func TestACacheThatDoesNotAnswerHoldsNobodyUpForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, language := range []sdk.Language{sdk.JavaScript, sdk.Python} {
			s := benchSDK(t, language, nil)
			h := NewHost(func(*Request) bool { return true })
			old := s.session.Load()
			n := s.NewSession(old.settings, flagship.Service{Language: language})
			s.Start(n, Environment{Rules: old.env.Rules, Lanes: sinkLanes{}, Visitors: h.Visitors(), Hits: h.Hits()})
			s.polled(304, "", old.env.Rules())
			began := time.Now()
			v := s.NewVisitor(t.Context(), Params{ID: "v", Consent: true, Context: benchContext})
			require.NoError(t, v.Fetch(t.Context()))
			require.Equal(t, n.settings.CacheTimeout, time.Since(began))
			require.Len(t, v.Flags(), 100)
			synctest.Wait()
			require.NoError(t, s.Stop(t.Context(), n))
			require.Empty(t, h.waiting)
		}
	})
}

func TestEventsAsJSON(t *testing.T) {
	for want, e := range map[string]Event{
		`{"type":"sdk_status","status":3,"name":"SDK_INITIALIZED"}`:                            {Kind: StateChanged, State: Ready},
		`{"type":"sdk_status","status":20,"name":"POLLING"}`:                                   {Kind: StateChanged, State: Polling, Language: sdk.Python},
		`{"type":"bucketing_success","status":304}`:                                            {Kind: BucketingSuccess, Code: 304},
		`{"type":"bucketing_fail","error":"no"}`:                                               {Kind: BucketingFail, Problem: "no"},
		`{"type":"bucketing_updated","modified":"today"}`:                                      {Kind: BucketingUpdated, Modified: "today"},
		`{"type":"fetch_status","visitor":7,"status":"FETCH_REQUIRED","reason":"FETCH_ERROR"}`: {Kind: StatusChanged, Visitor: 7, Reason: FetchError},
		`{"type":"ready","visitor":7}`:                                                         {Kind: FetchEnded, Visitor: 7},
		`{"type":"ready","visitor":7,"error":"no"}`:                                            {Kind: FetchEnded, Visitor: 7, Problem: "no"},
		`{"type":"visitor_exposed","exposure":{"a":1}}`:                                        {Kind: Exposed, Data: []byte(`{"a":1}`)},
		`{"type":"cache_request","operation":"lookupVisitor","id":5,"visitorId":"v"}`:          {Kind: CacheRequested, Request: &Request{ID: 5, VisitorID: "v"}},
		`{"type":"cache_request","operation":"cacheVisitor","visitorId":"v","record":{"b":2}}`: {Kind: CacheRequested, Request: &Request{Operation: StoreVisitor, VisitorID: "v", Data: []byte(`{"b":2}`)}},
		`{"type":"cache_request","operation":"flushVisitor","visitorId":"v"}`:                  {Kind: CacheRequested, Request: &Request{Operation: ForgetVisitor, VisitorID: "v"}},
		`{"type":"cache_request","operation":"lookupHits","id":1}`:                             {Kind: CacheRequested, Request: &Request{Operation: LookupHits, ID: 1}},
		`{"type":"cache_request","operation":"cacheHit","hits":{"k":{}}}`:                      {Kind: CacheRequested, Request: &Request{Operation: StoreHits, Data: []byte(`{"k":{}}`)}},
		`{"type":"cache_request","operation":"flushHits","keys":["a\"","b"]}`:                  {Kind: CacheRequested, Request: &Request{Operation: ForgetHits, Keys: []string{`a"`, "b"}}},
		`{"type":"cache_request","operation":"flushAllHits"}`:                                  {Kind: CacheRequested, Request: &Request{Operation: ForgetAllHits}},
	} {
		got := e.AppendJSON(nil)
		require.Equal(t, want, string(got))
		require.True(t, json.Valid(got))
	}
}
