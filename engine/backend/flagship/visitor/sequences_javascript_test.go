package visitor

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/datasync/datasynctest"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/eval"
)

const page, screen = `{"type":"PAGEVIEW","documentLocation":"https://a.b"}`, `{"type":"SCREENVIEW","documentLocation":"s"}`

var other = eval.StringValue("x")

// person makes a visitor with its flags.
func (w *world) person(id string, more ...func(*Params)) *Visitor {
	p := Params{ID: id, Consent: true}
	for _, change := range more {
		change(&p)
	}
	v := w.NewVisitor(within(w.t), p)
	require.NoError(w.t, v.Fetch(within(w.t)))
	return v
}

// expose exposes a flag and waits until the request is answered.
func (w *world) expose(v *Visitor, key string, kind string, count int) {
	w.t.Helper()
	require.NoError(w.t, v.Expose(key, other))
	w.await(kind, count)
}

func (w *world) send(v *Visitor, hits ...string) {
	w.t.Helper()
	for _, hit := range hits {
		_, err := v.Send([]byte(hit))
		require.NoError(w.t, err)
	}
}

func (w *world) flush() {
	w.t.Helper()
	require.NoError(w.t, w.SDK.Flush(within(w.t)))
}

// flushFails flushes while the vendor fails, and returns when it has.
func (w *world) flushFails(word, kind string, count int) {
	w.fail(word)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.SDK.Flush(w.session.ctx)
	}()
	w.await(kind, count)
	w.fail("")
}

func continuous(s *Settings) { s.Tracking.Strategy = Continuous }

// cached is a world with a cache of hits but none of visitors, as the sequences have it.
func cached(t *testing.T, language sdk.Language, change func(*Settings)) *world {
	w := newWorld(t, language, change)
	w.caches, w.visitor = true, nil
	w.start()
	if w.settings.Mode != API {
		w.load(file)
	}
	w.await("lookupHits", 1)
	return w
}

// javaScriptTracking are the sequences of tracking_js.json. Not among them: the SDK's internal strategy without batches,
// which nobody can choose, and closing with the bundle whose close does nothing.
var javaScriptTracking = map[string]func(t *testing.T) *world{
	"activate immediate": func(t *testing.T) *world {
		w := started(t, sdk.JavaScript, nil)
		w.expose(w.person("v1"), "f1", "onVisitorExposed", 1)
		return w
	},
	"activate with anonymous id": func(t *testing.T) *world {
		w := started(t, sdk.JavaScript, nil)
		v := w.person("anon1")
		require.NoError(t, v.Authenticate("cust1"))
		require.NoError(t, v.Fetch(within(t)))
		w.expose(v, "f1", "onVisitorExposed", 1)
		return w
	},
	"activate failure then success, continuous, cache": func(t *testing.T) *world {
		w := cached(t, sdk.JavaScript, continuous)
		v := w.person("v1")
		w.fail("activate")
		w.expose(v, "f1", "cacheHit", 2)
		w.fail("")
		w.expose(v, "f2", "flushHits", 1)
		return w
	},
	"activate failure then success, periodic, cache": func(t *testing.T) *world {
		w := cached(t, sdk.JavaScript, nil)
		v := w.person("v1")
		w.fail("activate")
		w.expose(v, "f1", "HTTP 500", 1)
		w.fail("")
		w.flush()
		w.expose(v, "f2", "onVisitorExposed", 2)
		return w
	},
	"continuous: page then batch": func(t *testing.T) *world {
		w := cached(t, sdk.JavaScript, continuous)
		w.send(w.person("v1"), page)
		w.flush()
		return w
	},
	"continuous: batch fails then ok": func(t *testing.T) *world {
		w := cached(t, sdk.JavaScript, continuous)
		w.person("v1")
		w.flushFails("events", "HTTP 500", 1)
		w.flush()
		return w
	},
	"periodic: page then batch": func(t *testing.T) *world {
		w := cached(t, sdk.JavaScript, nil)
		w.send(w.person("v1"), page)
		w.flush()
		return w
	},
	"periodic: batch fails then ok": func(t *testing.T) *world {
		w := cached(t, sdk.JavaScript, nil)
		w.person("v1")
		w.flushFails("events", "cacheHit", 1)
		w.flush()
		return w
	},
	"poolMaxSize 5": func(t *testing.T) *world {
		w := started(t, sdk.JavaScript, func(s *Settings) { s.Tracking.PoolSize = 5 })
		v := w.person("v1")
		for i := range 4 {
			w.send(v, strings.Replace(screen, `"s"`, `"s`+strconv.Itoa(i)+`"`, 1))
		}
		w.await("HTTP", 1)
		return w
	},
	"dedup": func(t *testing.T) *world {
		w := started(t, sdk.JavaScript, nil)
		v := w.person("v1")
		w.expose(v, "f1", "onVisitorExposed", 1)
		require.ErrorIs(t, v.Expose("f1", other), ErrDuplicate)
		require.NoError(t, v.Expose("f1", eval.StringValue("another default")))
		w.await("onVisitorExposed", 2)
		w.send(v, screen)
		_, err := v.Send([]byte(screen))
		require.ErrorIs(t, err, ErrDuplicate)
		w.flush()
		return w
	},
	"consent false flushes pool": func(t *testing.T) *world {
		w := cached(t, sdk.JavaScript, continuous)
		v1, v2 := w.person("v1"), w.person("v2")
		w.send(v1, screen)
		w.send(v2, strings.Replace(screen, `"s"`, `"s2"`, 1))
		v1.SetConsent(false)
		w.flush()
		return w
	},
	"batchActivateHits": func(t *testing.T) *world {
		w := cached(t, sdk.JavaScript, func(s *Settings) { continuous(s); s.Tracking.Batched = true })
		v := w.person("v1")
		require.NoError(t, v.Expose("f1", other))
		require.NoError(t, v.Expose("f2", other))
		w.flush()
		return w
	},
	"close() edge bundle": func(t *testing.T) *world {
		w := started(t, sdk.JavaScript, func(s *Settings) { s.Mode = Edge })
		v := w.person("v1")
		require.NoError(t, v.Expose("f1", other))
		w.note("-- close --")
		w.flush()
		return w
	},
	"lookup of cached hits at start": func(t *testing.T) *world {
		w := newWorld(t, sdk.JavaScript, continuous)
		w.caches, w.visitor = true, nil
		now := strconv.FormatInt(time.Now().UnixMilli(), 10)
		hit := func(kind, more, at string) string {
			return `{"version":1,"data":{"visitorId":"v1","anonymousId":null,"type":"` + kind + `","time":` + at +
				`,"content":{"createdAt":` + now + more + `}}}`
		}
		w.hits = `{"a":` + hit("PAGEVIEW", `,"documentLocation":"https://old"`, now) + `,"b":` + hit("SEGMENT", `,"context":{"a":"1"}`, now) +
			`,"c":` + hit("ACTIVATE", `,"variationGroupId":"vg","variationId":"va"`, now) + `,"d":5,"e":` + hit("USAGE", "", now) +
			`,"f":` + hit("PAGEVIEW", `,"documentLocation":"https://older"`, "5") + `,"g":{"version":2},"h":` +
			strings.Replace(hit("PAGEVIEW", `,"documentLocation":"https://made long ago"`, now), `"createdAt":`+now, `"createdAt":5`, 1) + `}`
		w.start()
		w.await("flushHits", 2)
		w.flush()
		return w
	},
	"segment hit": func(t *testing.T) *world {
		w := started(t, sdk.JavaScript, func(s *Settings) { s.Buffering = 0 })
		v := w.person("v1", func(p *Params) { p.Context = attributes(`{"age":31,"vip":true,"city":"x","ratio":1.5}`) })
		require.NoError(t, v.Fetch(within(t)))
		require.NoError(t, v.UpdateContext(attributes(`{"age":32}`)))
		require.NoError(t, v.Fetch(within(t)))
		w.flush()
		return w
	},
	"segment hit not sent with predefined context only": func(t *testing.T) *world {
		w := started(t, sdk.JavaScript, nil)
		w.person("v1")
		w.flush()
		return w
	},
	"interval loop 1s": func(t *testing.T) *world {
		w := started(t, sdk.JavaScript, func(s *Settings) { s.Tracking.Interval = time.Millisecond })
		w.person("v1")
		w.await("HTTP", 1)
		return w
	},
	"qa mode": func(t *testing.T) *world {
		w := started(t, sdk.JavaScript, func(s *Settings) { s.QA = true })
		v := w.person("v1")
		w.expose(v, "f1", "onVisitorExposed", 1)
		w.send(v, screen)
		w.flush()
		return w
	},
	"exposeAll": func(t *testing.T) *world {
		w := started(t, sdk.JavaScript, nil)
		v := w.person("v1")
		w.note("-- now getValue(.., false) on each then exposeAll --")
		for i, f := range v.Flags() {
			w.expose(v, f.Key, "onVisitorExposed", i+1)
		}
		return w
	},
}

func TestTrackingSequencesOfJavaScript(t *testing.T) {
	deviations := datasynctest.LoadDeviations(t, vectorDir, "sequence/tracking_js/")
	played := 0
	for _, s := range readSequences(t, "tracking_js") {
		play := javaScriptTracking[s.Name]
		if play == nil {
			continue
		}
		played++
		t.Run(s.Name, func(t *testing.T) {
			w := play(t)
			var got []any
			for _, e := range shown(t, w.noted()) {
				switch e.([]any)[0] {
				case "sdkStatus", "onBucketingSuccess", "flagsStatus":
				default:
					got = append(got, e)
				}
			}
			datasynctest.RequireEqual(t, deviations.Want(t, "sequence/tracking_js/"+s.Name, s.Events), got)
		})
	}
	require.Equal(t, len(javaScriptTracking), played)
	require.Equal(t, 19, played)
	deviations.Done(t)
}
