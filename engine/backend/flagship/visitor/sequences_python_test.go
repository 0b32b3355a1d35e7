package visitor

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/datasync/datasynctest"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
)

const pythonCampaign = `{"id":"cmp_1","name":"Camp","slug":"s","type":"ab","variationGroupId":"vg_1","variation":{"id":"var_1",` +
	`"reference":false,"modifications":{"type":"FLAG","value":{"f1":"on","f2":2,"f0":null}}}}`

// answersPython answers requests for decisions.
func (w *world) answersPython(status int, text string) {
	w.answers(func(r *http.Request, _ []byte) (int, string) {
		if strings.Contains(r.URL.Path, "/campaigns") {
			return status, text
		}
		return 0, ""
	})
}

const pythonAnswer = `{"campaigns":[` + pythonCampaign + `]}`

// python is a started world in the mode API, with caches.
func python(t *testing.T, change func(*Settings)) *world {
	w := newWorld(t, sdk.Python, func(s *Settings) {
		s.Mode = API
		if change != nil {
			change(s)
		}
	})
	w.caches = true
	w.answersPython(200, pythonAnswer)
	w.start()
	w.await("lookup_hits", 1)
	if w.settings.Tracking.Strategy == Periodic {
		w.await("flush_all_hits", 1)
	}
	return w
}

// pythonWithout is the same without caches.
func pythonWithout(t *testing.T, mode Mode) *world {
	w := newWorld(t, sdk.Python, func(s *Settings) { s.Mode = mode })
	w.answersPython(200, pythonAnswer)
	w.start()
	if mode != API {
		w.load(file)
	}
	return w
}

// visit makes a visitor that has not fetched.
func (w *world) visit(id string) *Visitor {
	return w.NewVisitor(within(w.t), Params{ID: id, Consent: true})
}

func (w *world) stop() {
	w.t.Helper()
	require.NoError(w.t, w.Stop(within(w.t), w.session))
	w.note("close_database")
}

func (w *world) value(v *Visitor, key string) string {
	if f, _ := v.Flag(key); f != nil && f.Value.Text != "" {
		return f.Value.Text
	}
	return "def"
}

func periodic(s *Settings) { s.Tracking.Strategy = Periodic }

func screenOf(name string) string { return strings.Replace(screen, `"s"`, `"`+name+`"`, 1) }

// pythonTracking are the sequences of tracking_python.json. Not among them: the SDK's internal strategy without batches, and
// the start with hits in the cache, where the SDK waits for each request before it looks at the next hit.
var pythonTracking = map[string]func(t *testing.T) *world{
	"continuous: activates": func(t *testing.T) *world {
		w := python(t, nil)
		v := w.person("v1")
		for i := range 3 {
			w.expose(v, "f1", "flush_hits", i+1)
		}
		w.stop()
		return w
	},
	"periodic: activates": func(t *testing.T) *world {
		w := python(t, periodic)
		v := w.person("v1")
		for i := range 3 {
			w.expose(v, "f1", "HTTP", i+1)
		}
		w.stop()
		return w
	},
	"continuous: activate fails then ok": func(t *testing.T) *world {
		w := python(t, nil)
		v := w.person("v1")
		w.fail("activate")
		w.expose(v, "f1", "HTTP 500", 1)
		w.failed(Activations, 1)
		w.fail("")
		w.expose(v, "f2", "flush_hits", 1)
		w.stop()
		return w
	},
	"continuous: batch fails then ok": func(t *testing.T) *world {
		w := python(t, nil)
		w.send(w.visit("v1"), screenOf("a"))
		w.flushFails("events", "HTTP 500", 1)
		w.stop()
		return w
	},
	"periodic: batch fails then ok": func(t *testing.T) *world {
		w := python(t, periodic)
		w.send(w.visit("v1"), screenOf("a"))
		w.flushFails("events", "cache_hits", 1)
		w.flush()
		w.stop()
		return w
	},
	"pool size 3": func(t *testing.T) *world {
		w := python(t, func(s *Settings) { s.Tracking.PoolSize = 3 })
		v := w.visit("v1")
		for i := range 4 {
			w.send(v, screenOf("s"+strconv.Itoa(i)))
			if i == 1 {
				w.await("flush_hits", 1)
			}
		}
		w.stop()
		return w
	},
	"consent false then true": func(t *testing.T) *world {
		w := python(t, nil)
		v1, v2 := w.visit("v1"), w.visit("v2")
		w.send(v1, screenOf("a"))
		w.send(v2, screenOf("b"))
		v1.SetConsent(false)
		_, err := v1.Send([]byte(screen))
		require.ErrorIs(t, err, ErrNoConsent)
		w.flush()
		v1.SetConsent(true)
		w.stop()
		return w
	},
	"api mode: ready -> panic -> ready": func(t *testing.T) *world {
		w := pythonWithout(t, API)
		v := w.person("v1")
		w.answersPython(200, `{"panic":true,"campaigns":[]}`)
		require.NoError(t, v.Fetch(within(t)))
		w.note("status", w.State().Name(sdk.Python))
		w.note("value", w.value(v, "f1"))
		_, err := v.Send([]byte(screen))
		require.ErrorIs(t, err, ErrPanic)
		require.ErrorIs(t, v.Expose("f1", other), ErrPanic)
		require.ErrorIs(t, v.UpdateContext(attributes(`{"a":1}`)), ErrPanic)
		require.ErrorIs(t, v.Authenticate("a"), ErrPanic)
		w.note("ctx", textOf(v))
		w.answersPython(200, pythonAnswer)
		require.NoError(t, v.Fetch(within(t)))
		w.note("status", w.State().Name(sdk.Python))
		w.note("value", w.value(v, "f1"))
		w.flush()
		return w
	},
	"api 500 body not json": func(t *testing.T) *world {
		w := pythonWithout(t, API)
		v := w.person("v1")
		w.answersPython(500, "oops")
		require.Error(t, v.Fetch(within(t)))
		w.note("after 500", w.value(v, "f1"))
		w.flush()
		return w
	},
	"api unreachable clears flags": func(t *testing.T) *world {
		w := pythonWithout(t, API)
		v := w.person("v1")
		w.session.service.DecisionURL = "http://127.0.0.1:1"
		require.Error(t, v.Fetch(within(t)))
		f, _ := v.Flag("f1")
		w.note("after connection refused", w.value(v, "f1"), f != nil)
		w.flush()
		return w
	},
	"stop flushes pool": func(t *testing.T) *world {
		w := python(t, nil)
		w.send(w.visit("v1"), screenOf("a"))
		w.stop()
		return w
	},
	"stop with CACHE_PENDING_HITS": func(t *testing.T) *world {
		w := python(t, func(s *Settings) { s.Tracking.KeepAtEnd = true })
		w.send(w.visit("v1"), screenOf("a"))
		w.stop()
		require.NoError(t, w.queues[Hits].Close(within(t)), "the engine sends what is left, but nothing is")
		require.Len(t, w.session.tracker.ledger.pending, 2, "the cache still has it")
		return w
	},
	"bucketing: segment hits": func(t *testing.T) *world {
		w := pythonWithout(t, Bucketing)
		v := w.NewVisitor(within(t), Params{ID: "v1", Consent: true, Context: attributes(`{"age":32,"vip":true,"r":1.5,"s":"x"}`)})
		for range 3 {
			require.NoError(t, v.Fetch(within(t)))
		}
		w.flush()
		return w
	},
	"bucketing: authenticate is refused": func(t *testing.T) *world {
		w := pythonWithout(t, Bucketing)
		v := w.visit("v1")
		require.NoError(t, v.Authenticate("cust"))
		w.noteIDs("ids bucketing", v)
		w.flush()
		return w
	},
	"api: authenticate / unauthenticate": func(t *testing.T) *world {
		w := pythonWithout(t, API)
		v := w.person("anon")
		require.NoError(t, v.Authenticate("cust"))
		w.noteIDs("ids", v, true)
		require.NoError(t, v.Authenticate("cust2"))
		w.noteIDs("again", v)
		w.expose(v, "f1", "HTTP", 1)
		require.NoError(t, v.Unauthenticate())
		w.noteIDs("ids", v, false)
		require.ErrorIs(t, v.Unauthenticate(), ErrAnonymous)
		w.noteIDs("ids", v)
		return w
	},
}

// failed waits until requests of a lane were answered with a failure and put aside.
func (w *world) failed(lane Lane, count int64) {
	w.t.Helper()
	require.Eventually(w.t, func() bool { return w.session.tracker.requests[lane].Load() >= count }, eventually, tick)
}

func (w *world) noteIDs(word string, v *Visitor, more ...any) {
	visitor, anonymous := v.IDs()
	e := []any{word, visitor, nil}
	if anonymous != "" {
		e[2] = anonymous
	}
	w.note(append(e, more...)...)
}

func TestTrackingSequencesOfPython(t *testing.T) {
	const prefix = "sequence/tracking_python/"
	deviations := datasynctest.LoadDeviations(t, vectorDir, prefix)
	played := 0
	for _, s := range readSequences(t, "tracking_python") {
		play := pythonTracking[s.Name]
		if play == nil {
			continue
		}
		played++
		t.Run(s.Name, func(t *testing.T) {
			w := play(t)
			var statuses []any
			var got []any
			for _, e := range shown(t, w.noted()) {
				switch e := e.([]any); e[0] {
				case "sdkStatus":
					statuses = append(statuses, e[1])
				case "onBucketingSuccess", "POST campaigns":
				default:
					got = append(got, e)
				}
			}
			want := deviations.Want(t, prefix+s.Name, s.Events).([]any)
			withoutAges(want)
			gotVisitors, gotRest := apart(got)
			wantVisitors, wantRest := apart(want)
			datasynctest.RequireEqual(t, wantRest, gotRest)
			datasynctest.RequireEqual(t, wantVisitors, gotVisitors)
			wantStatuses := []any{}
			for _, status := range s.Status {
				wantStatuses = append(wantStatuses, status)
			}
			datasynctest.RequireEqual(t, deviations.Want(t, prefix+s.Name+"/status", wantStatuses), statuses)
		})
	}
	require.Equal(t, len(pythonTracking), played)
	require.Equal(t, 15, played)
	deviations.Done(t)
}

// apart separates the calls to the cache of visitors from everything else: activations are sent in the background, so
// that nothing is said about the order between the two.
func apart(events []any) (visitors, rest []any) {
	visitors, rest = []any{}, []any{}
	for _, e := range events {
		if strings.HasSuffix(e.([]any)[0].(string), "_visitor") {
			visitors = append(visitors, e)
		} else {
			rest = append(rest, e)
		}
	}
	return visitors, rest
}

// withoutAges removes what the SDK leaves in documents after a request that failed.
func withoutAges(events []any) {
	for _, e := range events {
		if e := e.([]any); e[0] == "cache_hits" {
			for _, document := range e[1].([]any) {
				delete(document.(map[string]any)["data"].(map[string]any)["content"].(map[string]any), "qt")
			}
		}
	}
}
