package visitor

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/backend/flagship/tracking"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/event"
)

func count(events []any, word string) (n int) {
	for _, e := range events {
		if e.([]any)[0] == word {
			n++
		}
	}
	return n
}

func TestWithoutConsentNothingIsReportedOfTheContext(t *testing.T) {
	for _, language := range []sdk.Language{sdk.JavaScript, sdk.Python} {
		w := started(t, language, nil)
		v := w.NewVisitor(within(t), Params{ID: "v", Context: attributes(`{"a":1}`)})
		require.NoError(t, v.Fetch(within(t)))
		w.flush()
		require.NotContains(t, w.bodies("events"), "SEGMENT")
	}
}

// A context of many attributes is merged in another way than one of few.
func TestALargeContextIsMergedLikeASmallOne(t *testing.T) {
	w := started(t, sdk.JavaScript, nil)
	for _, n := range []int{3, fewAttributes + 1} {
		text := func(value int) string {
			members := make([]string, n)
			for i := range members {
				members[i] = fmt.Sprintf(`"a%d":%d`, i, value)
			}
			return "{" + strings.Join(members, ",") + `,"twice":1,"twice":2}`
		}
		v := w.NewVisitor(within(t), Params{ID: "v", Context: attributes(text(0))})
		own := len(v.Context()) - n - 1
		require.NoError(t, v.UpdateContext(attributes(text(7))))
		require.Len(t, v.Context(), own+n+1)
		require.Equal(t, fmt.Sprintf("a%d", n-1), v.Context()[own+n-1].Name)
		require.Equal(t, "7", v.Context()[own+n-1].Value.Text)
		require.Equal(t, "2", v.Context()[own+n].Value.Text)
	}
}

func TestPythonPutsWhatItReloadsIntoTheCacheOnceMore(t *testing.T) {
	w := newWorld(t, sdk.Python, nil)
	w.caches = true
	w.hits = fmt.Sprintf(`{"a":{"version":1,"data":{"id":"a","type":"SCREENVIEW","timestamp":%d,"visitorId":"v1",`+
		`"anonymousId":null,"content":{"t":"SCREENVIEW","dl":"s"}}}}`, time.Now().UnixMilli())
	w.start()
	w.await("cache_hits", 1)
	w.load(file)
	w.flush()
	require.Equal(t, 1, count(w.noted(), "flush_hits"))
}

func TestTheAnonymousRecordIsWrittenOnce(t *testing.T) {
	w := newWorld(t, sdk.JavaScript, func(s *Settings) { s.Buffering = 0 })
	w.caches, w.hits = true, "{}"
	w.start()
	w.load(file)
	v := w.NewVisitor(within(t), Params{ID: "anon", Consent: true})
	require.NoError(t, v.Authenticate("account"))
	require.NoError(t, v.Fetch(within(t)))
	require.Equal(t, 2, count(w.noted(), "cacheVisitor"))
	require.NoError(t, v.Fetch(within(t)))
	require.Equal(t, 3, count(w.noted(), "cacheVisitor"))
	require.Equal(t, 2, count(w.noted(), "lookupVisitor"))
}

func TestAFileThatIsSentAgainIsNoUpdate(t *testing.T) {
	w := newWorld(t, sdk.JavaScript, nil)
	w.start()
	w.polled(200, firstDate, nil)
	w.polled(200, firstDate, nil)
	w.polled(304, "", nil)
	require.Equal(t, 1, count(w.noted(), "onBucketingUpdated"))
	require.Equal(t, 3, count(w.noted(), "onBucketingSuccess"))
}

func TestPythonKeepsTheFlagsOfAVisitorDuringPanic(t *testing.T) {
	w := started(t, sdk.Python, nil)
	v := w.person("v1")
	w.load(`{"panic":true}`)
	require.NoError(t, v.Fetch(within(t)))
	require.Equal(t, "def", w.value(v, "f1"))
	w.load(file)
	require.Equal(t, "on", w.value(v, "f1"))
}

func TestAFlagWithoutIDsDoesNotExist(t *testing.T) {
	w := started(t, sdk.JavaScript, nil)
	v := w.NewVisitor(within(t), Params{ID: "v", Consent: true, Flags: []byte(`[{"key":"f","hex":"7b2276223a317d"}]`)})
	require.Equal(t, "NOT_FOUND", flagStatus(v, "f"))
	require.Equal(t, "1", w.value(v, "f"), "its value can be read")
	require.ErrorIs(t, v.Expose("f", other), ErrFlagNotFound)
}

func TestWithoutConsentAFailedFetchDoesNotUseTheCache(t *testing.T) {
	w := newWorld(t, sdk.JavaScript, func(s *Settings) { s.Mode, s.Buffering = API, 0 })
	w.caches, w.hits = true, "{}"
	w.start()
	v := w.person("v1")
	w.fail("campaigns")
	require.Error(t, v.Fetch(within(t)))
	require.Equal(t, map[string]string{"status": "FETCH_REQUIRED", "reason": "READ_FROM_CACHE"}, statusOf(v))
	next := *v.view.Load() // as if consent had been withdrawn in the middle of the fetch
	next.consent = false
	v.view.Store(&next)
	require.Error(t, v.Fetch(within(t)))
	require.Equal(t, map[string]string{"status": "FETCH_REQUIRED", "reason": "FETCH_ERROR"}, statusOf(v))
}

// What the queues of the engine are told.
func TestLanes(t *testing.T) {
	const many = event.DefaultEvents
	type lane struct {
		events, early          int
		interval, retry        time.Duration
		activations, keyIsSent bool
	}
	laneOf := func(c event.Config) lane {
		e := c.Encoder.(*tracking.Encoder)
		require.True(t, c.Merge)
		require.Equal(t, tracking.MaxAge, c.MaxAge)
		require.Equal(t, tracking.MaxBatchBytes, c.BatchBytes)
		require.Equal(t, c.RetryWait, c.LongestWait)
		return lane{c.BatchEvents, c.EarlyEvents, c.Interval, c.RetryWait, e.Activations, e.Auth != nil}
	}
	for name, c := range map[string]struct {
		language sdk.Language
		change   func(*Settings)
		want     [laneCount]lane
	}{
		"JavaScript": {want: [...]lane{
			{many, 100, 10 * time.Second, 10 * time.Second, false, false}, {100, 0, 0, 10 * time.Second, true, true},
		}},
		"batched activations": {change: func(s *Settings) { s.Tracking.Batched, s.Tracking.PoolSize = true, 7 }, want: [...]lane{
			{many, 7, 10 * time.Second, 10 * time.Second, false, false}, {100, many, 10 * time.Second, 10 * time.Second, true, true},
		}},
		"no interval": {change: func(s *Settings) { s.Tracking.Interval = 0 }, want: [...]lane{
			{many, 100, never, never, false, false}, {100, 0, 0, never, true, true},
		}},
		"edge": {change: func(s *Settings) { s.Mode = Edge }, want: [...]lane{
			{many, many, never, never, false, false}, {100, many, never, never, true, true},
		}},
		"Python": {language: sdk.Python, want: [...]lane{
			{many, 20, 10 * time.Second, 10 * time.Second, false, false}, {100, 0, 0, 10 * time.Second, true, false},
		}},
		"each hit at once": {language: sdk.Python, change: func(s *Settings) { s.Tracking.PoolSize = 0 }, want: [...]lane{
			{many, 1, 0, 10 * time.Second, false, false}, {100, 0, 0, 10 * time.Second, true, false},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			settings := SettingsOf(c.language)
			if c.change != nil {
				c.change(&settings)
			}
			w := newWorld(t, c.language, nil)
			n := w.NewSession(settings, w.service)
			require.Equal(t, c.want, [...]lane{laneOf(n.Lane(Hits)), laneOf(n.Lane(Activations))})
		})
	}
}

func TestBatchedActivationsWaitHoweverManyTheyAre(t *testing.T) {
	w := newWorld(t, sdk.JavaScript, func(s *Settings) { s.Mode, s.Deduplication, s.Exposures = Edge, 0, false })
	w.loadOnly(file)
	w.start()
	v := w.person("v1")
	for i := range 250 {
		require.NoError(t, v.Expose("f1", eval.StringValue(fmt.Sprint(i))))
	}
	require.EqualValues(t, 250, w.queues[Activations].Stats().Pending)
	w.flush()
	require.Equal(t, 3, strings.Count(w.bodies("activate"), `"batch"`), "at most a hundred in a request")
	require.Equal(t, 250, strings.Count(w.bodies("activate"), `"vaid"`))
}

func TestWhereADecisionIsRedirectedIsSaid(t *testing.T) {
	w := started(t, sdk.Python, func(s *Settings) { s.Mode = API })
	w.answers(func(*http.Request, []byte) (int, string) { return http.StatusFound, "<a>Moved</a>" })
	require.ErrorContains(t, w.NewVisitor(within(t), Params{ID: "v", Consent: true}).Fetch(within(t)), "answered 302: <a>Moved</a>")
}

func TestAFetchThatPanicsIsOver(t *testing.T) {
	s := benchSDK(t, sdk.JavaScript, nil)
	n := s.session.Load()
	v := s.NewVisitor(context.Background(), Params{ID: "v"})
	rules := n.env.Rules
	n.env.Rules = nil
	require.ErrorContains(t, v.Fetch(context.Background()), "stopped unexpectedly")
	n.env.Rules = rules
	require.NoError(t, v.Fetch(context.Background()))
}
