package visitor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/eval"
)

// bodies are what was sent to an address, as one text.
func (w *world) bodies(address string) string {
	var text strings.Builder
	for _, e := range w.noted() {
		e := e.([]any)
		if word := e[0].(string); strings.HasPrefix(word, "HTTP") && strings.Contains(e[1].(string), address) {
			fmt.Fprintln(&text, word, string(e[2].(json.RawMessage)))
		}
	}
	return text.String()
}

func TestReadingAndExposingAFlagAllocatesNothing(t *testing.T) {
	for _, language := range []sdk.Language{sdk.JavaScript, sdk.Python} {
		w := started(t, language, func(s *Settings) {
			s.Exposures, s.Deduplication, s.Tracking.Batched, s.Tracking.PoolSize = false, 1, true, 5000
		})
		v := w.person("v1")
		expose := func() {
			f, status := v.Flag("f1")
			if f == nil || status != FlagFetched || v.Expose("f1", other) != nil {
				panic("no flag")
			}
		}
		expose()
		require.Zero(t, testing.AllocsPerRun(50, expose))
		w.flush()
		require.Equal(t, 52, strings.Count(w.bodies("activate"), "vaid"), language)
	}
}

func TestVisitorsLeaveNothingBehind(t *testing.T) {
	s := benchSDK(t, sdk.JavaScript, nil)
	heap := func() uint64 {
		var stats runtime.MemStats
		for range 3 {
			runtime.GC()
		}
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	visit := func(n int) {
		for i := range n {
			v := s.NewVisitor(context.Background(), Params{ID: fmt.Sprint("visitor", i), Consent: i%2 == 0, Context: benchContext})
			if i%10 == 0 {
				_ = v.Fetch(context.Background())
				_ = v.Expose("color-1", other)
				v.SetConsent(false)
			}
		}
	}
	s.session.Load().tracker.settled[Hits].Store(1 << 40) // everything is sent at once
	s.session.Load().tracker.settled[Activations].Store(1 << 40)
	visit(1000)
	before := heap()
	visit(30_000)
	require.Less(t, heap(), before+1<<20)
}

func TestAVisitorIsUsedFromManyThreads(t *testing.T) {
	w := started(t, sdk.JavaScript, func(s *Settings) { s.Buffering, s.Tracking.Batched = 0, true })
	v := w.person("v1")
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for n := range 50 {
				switch i {
				case 0:
					_ = v.UpdateContext([]eval.Attribute{{Name: "n", Value: eval.StringValue(fmt.Sprint(n))}})
				case 1:
					v.SetConsent(n%2 == 0)
				case 2:
					_ = v.Authenticate(fmt.Sprint("a", n))
					_ = v.Unauthenticate()
				case 3:
					_, _ = v.Send([]byte(page))
				default:
					require.NoError(t, v.Fetch(context.Background()))
					if f, _ := v.Flag("f1"); f != nil {
						_ = v.Expose("f1", eval.StringValue(fmt.Sprint(i, n)))
					}
					_, _ = v.IDs()
					_ = v.Context()
				}
			}
		})
	}
	group.Wait()
	require.NoError(t, v.UpdateContext(attributes(`{"n":"last"}`)))
	require.NoError(t, v.Fetch(context.Background()))
	f, status := v.Flag("f1")
	require.Equal(t, "on", f.Value.Text)
	require.Equal(t, FlagFetched, status)
	w.flush()
}

func TestWithdrawnConsentTakesBackWhatIsPending(t *testing.T) {
	w := started(t, sdk.JavaScript, func(s *Settings) { s.Tracking.Batched = true })
	v, bystander := w.person("anon"), w.person("v2")
	w.send(bystander, screenOf("bystander"))
	w.send(v, screenOf("anonymous"))
	require.NoError(t, v.Expose("f1", other))
	require.NoError(t, v.Authenticate("account"))
	w.send(v, screenOf("account"))
	v.SetConsent(false)
	v.SetConsent(true)
	w.send(v, screenOf("later"))
	w.flush()
	sent := w.bodies("events")
	require.Contains(t, sent, "bystander")
	require.Contains(t, sent, "later")
	require.Contains(t, sent, "TypeScript:false")
	require.NotContains(t, sent, `"dl":"anonymous"`)
	require.NotContains(t, sent, `"dl":"account"`)
	require.Empty(t, w.bodies("activate"))
	require.False(t, w.session.tracker.withdrawals.any.Load(), "nothing can be pending any more")
	require.Empty(t, w.session.tracker.withdrawals.until)
}

func TestAVisitorMadeBeforeTheStartWorksAfterIt(t *testing.T) {
	for _, language := range []sdk.Language{sdk.JavaScript, sdk.Python} {
		w := newWorld(t, language, func(s *Settings) { s.Mode, s.Client, s.Exposures = API, "own", false })
		w.service.Environment = "real"
		v := w.NewVisitor(within(t), Params{ID: "early", Consent: true, Context: attributes(`{"a":1}`)})
		require.ErrorIs(t, v.Fetch(within(t)), ErrNotReady)
		over, err := v.FetchSoon()
		require.True(t, over)
		require.ErrorIs(t, err, ErrNotReady)
		w.start()
		require.NoError(t, v.Fetch(within(t)))
		require.NoError(t, v.Expose("f1", other))
		w.flush()
		require.Contains(t, w.bodies("activate"), `{"cid":"real","batch":[{"vid":"early"`)
		require.Contains(t, w.bodies("events"), `"cid":"real"`)
		require.Contains(t, w.bodies("events"), `"ea":"fs_consent"`)
		require.Equal(t, "own", v.Context()[0].Value.Text)
		require.Equal(t, eval.Attribute{Name: "a", Value: eval.Value{Kind: eval.Number, Text: "1"}}, v.Context()[len(v.Context())-1])
	}
}

func TestPythonBeforeItsFirstFile(t *testing.T) {
	w := newWorld(t, sdk.Python, nil)
	w.start()
	require.Equal(t, Polling, w.State())
	v := w.NewVisitor(within(t), Params{ID: "v", Consent: true, Context: attributes(`{"a":1}`)})
	require.ErrorIs(t, v.Fetch(within(t)), ErrNotReady)
	require.ErrorIs(t, v.Authenticate("x"), ErrNotReady)
	_, err := v.Send([]byte(page))
	require.ErrorIs(t, err, ErrNotReady)
	w.load(`{"panic":true}`)
	require.Equal(t, Panicked, w.State(), "a poll decides")
	require.NoError(t, v.Fetch(within(t)))
	_, err = v.Send([]byte(page))
	require.ErrorIs(t, err, ErrPanic)
	w.load(file)
	require.Equal(t, Ready, w.State())
	require.NoError(t, v.Fetch(within(t)))
	require.Equal(t, "on", w.value(v, "f1"))
	require.Len(t, v.Context(), 3)
	w.flush()
	require.Contains(t, w.bodies("events"), "python:true", "the consent was not lost")
	require.Equal(t, map[string]string{"vg_1": "var_1"}, v.Assignments())
}

func TestAContextThatChangesDuringAFetchMakesTheFlagsOutdated(t *testing.T) {
	w := newWorld(t, sdk.JavaScript, func(s *Settings) { s.Mode = API })
	w.start()
	w.stalls = make(chan struct{})
	v := w.NewVisitor(within(t), Params{ID: "v", Consent: true})
	over, err := v.FetchSoon()
	require.False(t, over)
	require.NoError(t, err)
	w.await("POST campaigns", 1)
	w.update(v, `{"a":1}`)
	close(w.stalls)
	w.await("ready", 1) // although the host does not listen otherwise
	require.Equal(t, "on", w.value(v, "f1"))
	require.Equal(t, map[string]string{"status": "FETCH_REQUIRED", "reason": "UPDATE_CONTEXT"}, statusOf(v))
	require.Equal(t, "FETCH_REQUIRED", flagStatus(v, "f1"))
}

func TestWhoeverWaitsForAFetchCanGiveUp(t *testing.T) {
	w := newWorld(t, sdk.JavaScript, func(s *Settings) { s.Mode = API })
	w.start()
	w.stalls = make(chan struct{})
	v := w.NewVisitor(within(t), Params{ID: "v"})
	_, _ = v.FetchSoon()
	w.await("POST campaigns", 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, v.Fetch(ctx), context.Canceled)
	close(w.stalls)
	require.NoError(t, v.Fetch(within(t)))
}

func TestAnAnswerWithoutCampaignsLeavesTheCachedOnes(t *testing.T) {
	w := newWorld(t, sdk.JavaScript, func(s *Settings) { s.Mode, s.Buffering = API, 0 })
	w.caches, w.hits = true, "{}"
	w.start()
	v := w.person("v1")
	w.answersPython(200, `{}`)
	require.NoError(t, v.Fetch(within(t)))
	require.Equal(t, "on", w.value(v, "f1"))
	require.Equal(t, "FETCHED", flagStatus(v, "f1"))
	none := w.person("v2")
	require.Empty(t, none.Flags())
	require.Equal(t, map[string]string{"status": "FETCHED", "reason": "NONE"}, statusOf(none))
}

func TestAttributesOfOthersThatCannotBeHadAreNoFailure(t *testing.T) {
	w := started(t, sdk.JavaScript, func(s *Settings) { s.ThirdParty, s.Buffering = true, 0 })
	for _, text := range []string{`{}`, `no`, `[5,{},{"partner":"p"},{"partner":"p","segment":"s","value":[1]}]`} {
		w.answers(func(r *http.Request, _ []byte) (int, string) {
			if strings.Contains(r.URL.Path, "segments") {
				return 200, text
			}
			return 0, ""
		})
		v := w.person("v1")
		require.Len(t, v.Context(), 3)
		require.Equal(t, "on", w.value(v, "f1"))
	}
	require.Contains(t, fmt.Sprint(w.logged), "attributes of other vendors cannot be fetched")
	require.Contains(t, fmt.Sprint(w.logged), "the context value of p::s")
}

func TestARestartSendsWhatTheFirstStartHad(t *testing.T) {
	w := started(t, sdk.JavaScript, nil)
	v := w.person("v1")
	w.service.Environment = "second"
	first := w.queues
	w.start()
	w.load(file)
	w.await("HTTP", 1)
	require.Contains(t, w.bodies("events"), `"cid":"env_id"`)
	require.NoError(t, v.Expose("f1", other))
	w.await("onVisitorExposed", 1)
	require.Contains(t, w.bodies("activate"), `"cid":"second"`)
	for _, q := range first {
		require.NoError(t, q.Close(within(t)))
	}
}

func TestAFetchEndsWithTheSDK(t *testing.T) {
	w := started(t, sdk.Python, func(s *Settings) { s.Mode, s.Timeout = API, time.Hour })
	stalls := make(chan struct{})
	defer close(stalls)
	w.stalls = stalls
	v := w.NewVisitor(within(t), Params{ID: "v", Consent: true})
	fetched := make(chan error, 1)
	go func() { fetched <- v.Fetch(context.Background()) }()
	w.await("POST campaigns", 1)
	require.NoError(t, w.Stop(within(t), w.session))
	select {
	case err := <-fetched:
		require.ErrorIs(t, err, ErrEnded)
	case <-within(t).Done():
		require.FailNow(t, "the fetch goes on")
	}
	require.Equal(t, map[string]string{"status": "FETCH_REQUIRED", "reason": "FETCH_ERROR"}, statusOf(v))
}

func TestAFetchOfTheStartBeforeIsNotWaitedFor(t *testing.T) {
	w := started(t, sdk.Python, func(s *Settings) { s.Mode, s.Timeout = API, time.Minute })
	stalls := make(chan struct{})
	w.stalls = stalls
	w.answers(func(r *http.Request, _ []byte) (int, string) {
		if strings.Contains(r.URL.Path, "events") {
			<-stalls // the first start ends when what it had to send is sent
		}
		return 0, ""
	})
	v := w.NewVisitor(within(t), Params{ID: "v", Consent: true})
	early := make(chan error)
	go func() { early <- v.Fetch(within(t)) }()
	w.await("POST campaigns", 1)
	first := w.queues
	w.mu.Lock()
	w.stalls = nil
	w.mu.Unlock()
	w.start()
	require.NoError(t, v.Fetch(within(t)))
	require.Equal(t, "on", w.value(v, "f1"))
	close(stalls)
	require.ErrorIs(t, <-early, ErrEnded)
	require.Equal(t, map[string]string{"status": "FETCHED", "reason": "NONE"}, statusOf(v))
	for _, q := range first {
		require.NoError(t, q.Close(within(t)))
	}
}

func TestAStoppedSDKRefusesEverything(t *testing.T) {
	w := started(t, sdk.JavaScript, nil)
	v := w.person("v1")
	require.NoError(t, w.Stop(within(t), w.session))
	require.ErrorIs(t, w.SDK.Flush(within(t)), ErrNotReady)
	require.Contains(t, w.bodies("events"), "fs_consent")
	require.Equal(t, Stopped, w.State())
	require.ErrorIs(t, v.Fetch(within(t)), ErrNotReady)
	f, status := v.Flag("f1")
	require.Nil(t, f)
	require.Equal(t, FlagNotFound, status)
	require.Empty(t, v.Flags())
}

func TestEdgeSendsOnlyWhenItIsTold(t *testing.T) {
	w := newWorld(t, sdk.JavaScript, func(s *Settings) { s.Mode, s.Tracking.PoolSize = Edge, 5 })
	w.loadOnly(file)
	w.start()
	v := w.person("v1")
	for i := range 20 {
		w.send(v, screenOf(fmt.Sprint(i)))
	}
	require.NoError(t, v.Expose("f1", other))
	stats := w.queues[Hits].Stats()
	require.EqualValues(t, 21, stats.Pending)
	w.flush()
	require.Equal(t, 1, strings.Count(w.bodies("events"), "BATCH"))
	require.Equal(t, 1, strings.Count(w.bodies("activate"), "vaid"))
}

func TestAHitThatIsNotQueuedIsReported(t *testing.T) {
	w := cached(t, sdk.JavaScript, continuous)
	v := w.person("v1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = w.queues[Hits].Close(ctx)
	_, err := v.Send([]byte(page))
	require.ErrorIs(t, err, ErrNotQueued)
	w.await("flushHits", 1)
	require.ErrorIs(t, v.Expose("unknown", other), ErrFlagNotFound)
}

func TestAHitThatTheVendorRefusesLeavesTheCache(t *testing.T) {
	w := cached(t, sdk.JavaScript, continuous)
	v := w.person("v1")
	w.send(v, screenOf("good"), screenOf("bad"))
	w.answers(func(r *http.Request, body []byte) (int, string) {
		if strings.Contains(string(body), `"bad"`) {
			return 400, "bad"
		}
		return 0, ""
	})
	w.flush()
	w.send(v, screenOf("next"))
	w.flush()
	require.Empty(t, w.session.tracker.ledger.pending)
	require.Empty(t, w.session.tracker.ledger.gone)
	forgotten := 0
	for _, e := range w.noted() {
		if e := e.([]any); e[0] == "flushHits" {
			forgotten += e[1].(int)
		}
	}
	require.Equal(t, 4, forgotten)
}

func TestTheSameHitIsSentAgainAfterTheWindow(t *testing.T) {
	var r recent
	at := time.Unix(1000, 0)
	const window = 2500 * time.Millisecond
	require.True(t, r.add(1, at, window))
	require.False(t, r.add(1, at.Add(window-1), window))
	require.True(t, r.add(1, at.Add(window), window), "what was blocked does not extend it")
	for i := range uint64(1000) {
		require.True(t, r.add(100+i, at.Add(time.Duration(i)*time.Second), window))
	}
	require.Less(t, len(r.at), 2*manyRecent)
}

func TestPythonReloadsWhatIsInTheCache(t *testing.T) {
	w := newWorld(t, sdk.Python, nil)
	w.caches = true
	now := fmt.Sprint(time.Now().UnixMilli())
	hit := func(id, kind, content string) string {
		return `"` + id + `":{"version":1,"data":{"id":"` + id + `","type":"` + kind + `","timestamp":` + now +
			`,"visitorId":"v1","anonymousId":null,"content":{` + content + `}}}`
	}
	w.hits = "{" + strings.Join([]string{
		hit("a", "PAGEVIEW", `"t":"PAGEVIEW","dl":"https://old.test"`), hit("b", "ACTIVATE", `"caid":"vg","vaid":"va"`),
		hit("c", "EVENT", `"ec":"User Engagement","ea":"fs_consent","el":"python:false"`), `"d":5`,
	}, ",") + "}"
	w.start()
	w.load(file)
	w.await("HTTP", 1)
	w.flush()
	require.Contains(t, w.bodies("activate"), `"vaid":"va"`)
	require.Contains(t, w.bodies("events"), "https://old.test")
	require.Contains(t, w.bodies("events"), "python:false")
	require.Contains(t, fmt.Sprint(w.logged), "cached hit d is dropped")
}

func TestVisitorCachesThatMakeNoSense(t *testing.T) {
	for _, raw := range []string{`5`, `{`, `"text"`, `{"version":2}`, ` null `, ``} {
		w := newWorld(t, sdk.JavaScript, nil)
		w.caches, w.hits = true, raw
		w.visitor["v1"] = json.RawMessage(raw)
		w.start()
		w.load(file)
		require.Equal(t, "on", w.value(w.person("v1"), "f1"), raw)
	}
}
