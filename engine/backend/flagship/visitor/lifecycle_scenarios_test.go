package visitor

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/source"
)

// made makes a visitor whose host listens.
func (w *world) made(id string, more ...func(*Params)) *Visitor {
	p := Params{ID: id, Consent: true, Listens: true}
	for _, change := range more {
		change(&p)
	}
	return w.NewVisitor(within(w.t), p)
}

func (w *world) fetch(v *Visitor) { _ = v.Fetch(within(w.t)) }

func statusOf(v *Visitor) map[string]string {
	status, reason := v.Status()
	return map[string]string{"status": status.String(), "reason": reason.String()}
}

func flagStatus(v *Visitor, key string) string {
	_, status := v.Flag(key)
	return status.String()
}

func (w *world) update(v *Visitor, text string) { _ = v.UpdateContext(attributes(text)) }

func metadataOf(v *Visitor, key string) json.RawMessage {
	if f, _ := v.Flag(key); f != nil {
		return append(f.From.AppendMetadata([]byte{'{'}, sdk.JavaScript), '}')
	}
	return json.RawMessage(`{"campaignId":"","variationGroupId":"","variationId":"","isReference":false,"campaignType":"",` +
		`"campaignName":"","variationGroupName":"","variationName":"","slug":null}`)
}

func (w *world) refresh() { w.polls.(source.Refresher).Refresh() }

func (w *world) serve(status int, text, date string) {
	w.mu.Lock()
	w.date = date
	w.mu.Unlock()
	w.answers(func(r *http.Request, _ []byte) (int, string) {
		switch {
		case !strings.Contains(r.URL.Path, "bucketing.json"):
			return 0, ""
		case date != "" && r.Header.Get("If-Modified-Since") == date:
			return 304, ""
		}
		return status, text
	})
}

const firstDate, secondDate = "Wed, 01 Jan 2025 00:00:00 GMT", "Thu, 02 Jan 2025 00:00:00 GMT"

// lifecycles are the scenarios of both files. Not among them: what starts without options, and which visitor the SDK
// saves, because these are the business of the packages.
var lifecycles = map[string]struct {
	mode  Mode
	world func(s *Settings)
	play  func(w *world)
}{
	"before start": {play: func(w *world) {
		w.note("status", w.State().Number(sdk.JavaScript))
		v := w.made("v1")
		w.note("ctx", textOf(v))
		require.ErrorIs(w.t, v.Fetch(within(w.t)), ErrNotReady)
		require.ErrorIs(w.t, v.Expose("f1", other), ErrNotReady)
		_, err := v.Send([]byte(screen))
		require.ErrorIs(w.t, err, ErrNotReady)
		w.note("value", w.value(v, "f1"), flagStatus(v, "f1"))
		w.update(v, `{"a":1}`)
		w.note("ctx", textOf(v))
	}},
	"api: normal": {play: func(w *world) {
		w.start()
		v := w.made("v1")
		w.fetch(v)
		w.note("value", w.value(v, "f1"), statusOf(v))
	}},
	"api: fetchNow": {play: func(w *world) {
		w.start()
		v := w.made("v1")
		if w.settings.Version == "4.0.5" {
			w.gate = make(chan struct{})
			_, _ = v.FetchSoon()
			w.note("value", w.value(v, "f1"), statusOf(v))
			w.stalls = make(chan struct{})
			close(w.gate)
			w.await("POST campaigns", 1)
			events := w.noted()
			close(w.stalls)
			w.await("ready", 1)
			w.events = events
			return
		}
		_, _ = v.FetchSoon()
		w.awaitStatus(v, Fetched)
		w.note("value", w.value(v, "f1"), statusOf(v))
	}},
	"api: context update then refetch": {play: func(w *world) {
		w.start()
		v := w.made("v1", func(p *Params) { p.Context = attributes(`{"a":1}`) })
		w.fetch(v)
		w.update(v, `{"a":1.0}`)
		w.note("same context", statusOf(v))
		w.update(v, `{"a":2}`)
		w.note("flag.status", flagStatus(v, "f1"), w.value(v, "f1"))
		w.fetch(v)
		w.update(v, `{"b":null}`)
		require.NoError(w.t, v.ClearContext())
		w.note("ctx", textOf(v))
	}},
	"api: buffering": {play: func(w *world) {
		w.start()
		v := w.made("v1")
		w.fetch(v)
		w.fetch(v)
		w.update(v, `{"a":2}`)
		w.fetch(v)
	}},
	"api: buffering 0": {world: func(s *Settings) { s.Buffering = 0 }, play: func(w *world) {
		w.start()
		v := w.made("v1")
		w.fetch(v)
		w.fetch(v)
	}},
	"api: concurrent fetch": {play: func(w *world) {
		w.start()
		w.stalls = make(chan struct{})
		v := w.made("v1")
		_, _ = v.FetchSoon()
		second := make(chan string, 1)
		go func() {
			_ = v.Fetch(within(w.t))
			second <- w.value(v, "f1")
		}()
		w.await("POST campaigns", 1)
		close(w.stalls)
		w.note("second resolved, value", <-second)
	}},
	"api: 500": {play: func(w *world) {
		w.start()
		v := w.made("v1")
		w.fetch(v)
		w.note("value", w.value(v, "f1"))
		w.update(v, `{"a":2}`)
		w.fail("campaigns")
		require.ErrorContains(w.t, v.Fetch(within(w.t)), "answered 500: oops")
		w.note("value after failure", w.value(v, "f1"), flagStatus(v, "f1"), statusOf(v))
	}},
	"api: timeout": {world: func(s *Settings) { s.Timeout = 50 * time.Millisecond }, play: func(w *world) {
		w.start()
		w.stalls = make(chan struct{})
		defer close(w.stalls)
		v := w.made("v1")
		require.EqualError(w.t, v.Fetch(within(w.t)), "the decision API did not answer within 50ms")
		w.note("value", w.value(v, "f1"), statusOf(v))
	}},
	"api: failure with visitor cache": {play: func(w *world) {
		w.caches = true
		w.hits = "null"
		w.start()
		w.fetch(w.made("v1"))
		w.fail("campaigns")
		v := w.made("v1")
		w.fetch(v)
		w.note("value", w.value(v, "f1"), statusOf(v), metadataOf(v, "f1"))
	}},
	"api: panic": {play: func(w *world) {
		w.start()
		v := w.made("v1", func(p *Params) { p.Context = attributes(`{"p":0}`) })
		w.fetch(v)
		w.update(v, `{"p":1}`)
		w.answersPython(200, `{"panic":true,"campaigns":[]}`)
		w.fetch(v)
		f, status := v.Flag("f1")
		w.note("status", w.State().Number(sdk.JavaScript), status.String(), w.value(v, "f1"), f != nil, metadataOf(v, "f1"))
		require.ErrorIs(w.t, v.UpdateContext(attributes(`{"q":1}`)), ErrPanic)
		require.ErrorIs(w.t, v.ClearContext(), ErrPanic)
		require.ErrorIs(w.t, v.Expose("f1", other), ErrPanic)
		w.note("ctx", textOf(v), false)
		require.NoError(w.t, v.Authenticate("c1"))
		w.noteIDs("ids", v)
		w.answersPython(0, "")
		w.fetch(v)
		w.note("status", w.State().Number(sdk.JavaScript), w.value(v, "f1"))
	}},
	"api: authenticate": {play: func(w *world) {
		w.start()
		v := w.made("anon")
		w.fetch(v)
		require.NoError(w.t, v.Authenticate("cust"))
		w.noteIDs("ids", v, v.Context()[2].Value.Text)
		w.fetch(v)
		require.ErrorIs(w.t, v.Authenticate("cust2"), ErrAuthenticated)
		require.ErrorIs(w.t, v.Authenticate(""), ErrEmptyID)
		w.noteIDs("ids", v)
		require.NoError(w.t, v.Unauthenticate())
		require.ErrorIs(w.t, v.Unauthenticate(), ErrAnonymous)
		w.noteIDs("ids", v)
		w.fetch(v)
	}},
	"api: isAuthenticated at creation": {play: func(w *world) {
		w.start()
		visitor, anonymous := w.made("v1", func(p *Params) { p.Authenticated = true }).IDs()
		w.note("ids", visitor, len(anonymous) == 36)
		visitor, _ = w.made("").IDs()
		w.note("generated", len(visitor) == 36)
		visitor, _ = w.made("").IDs()
		w.note("empty id", len(visitor))
		visitor, _ = w.made("42").IDs()
		w.note("number id", visitor)
	}},
	"api: no consent": {play: func(w *world) {
		w.start()
		v := w.made("v1", func(p *Params) { p.Consent = false })
		w.fetch(v)
		require.ErrorIs(w.t, v.Expose("f1", other), ErrNoConsent)
		w.note("value", w.value(v, "f1"), statusOf(v))
	}},
	"initialCampaigns": {play: func(w *world) {
		w.start()
		v := w.made("v1", func(p *Params) { p.Campaigns = initialCampaigns("init") })
		w.note("value", w.value(v, "f1"), statusOf(v), flagStatus(v, "f1"))
		w.note("json", string(serialised(v)))
	}},
	"initialFlagsData wins": {play: func(w *world) {
		w.start()
		flags := serialised(w.made("v1", func(p *Params) { p.Campaigns = initialCampaigns("init") }))
		others := initialCampaigns("other")
		v := w.made("v1", func(p *Params) { p.Flags, p.Campaigns = flags, others })
		w.note("value", w.value(v, "f1"), statusOf(v))
		v = w.made("v1", func(p *Params) { p.Flags, p.Campaigns = []byte(`[]`), others })
		w.note("empty list", w.value(v, "f1"), statusOf(v))
		v = w.made("v1", func(p *Params) {
			p.Flags = []byte(`[{"key":"f1","campaignId":"c","variationGroupId":"g","variationId":"v","hex":"zz"}]`)
		})
		f, _ := v.Flag("f1")
		w.note("bad hex", w.value(v, "f1"), f != nil)
	}},
	"bucketing: normal": {mode: Bucketing, play: func(w *world) {
		w.start()
		if w.settings.Version == "4.0.5" { // which does not wait for the file
			v := w.made("v1")
			require.ErrorIs(w.t, v.Fetch(within(w.t)), ErrNoFile)
			w.note("value", w.value(v, "f1"))
			w.note("GET bucketing", nil)
			return
		}
		w.serve(200, file, firstDate)
		w.poll()
		w.await("onBucketingSuccess", 1)
		v := w.made("v1")
		w.fetch(v)
		w.note("value", w.value(v, "f1"))
	}},
	"bucketing: polling 200, 304, 200": {mode: Bucketing, play: func(w *world) {
		w.start()
		w.serve(200, file, firstDate)
		w.poll()
		w.await("onBucketingSuccess", 1)
		for i := range 2 {
			w.refresh()
			w.await("onBucketingSuccess", i+2)
		}
		w.serve(200, `{"panic":true}`, secondDate)
		w.refresh()
		w.await("onBucketingSuccess", 4)
		w.note("-- panic is only seen at fetchFlags --")
		v := w.made("v1")
		w.fetch(v)
		w.note("status", flagStatus(v, "f1"))
		if w.settings.Version != "4.0.5" {
			w.serve(200, file, firstDate)
			w.refresh()
			w.await("onBucketingSuccess", 5)
		}
	}},
	"bucketing: first download fails": {mode: Bucketing, play: func(w *world) {
		w.start()
		w.serve(404, "no", "")
		w.poll()
		w.await("onBucketingFail", 1)
		w.note("status", w.State().Number(sdk.JavaScript))
		v := w.made("v1")
		w.fetch(v)
		w.note("value", w.value(v, "f1"), statusOf(v))
		w.serve(200, file, "")
		w.refresh()
		w.await("onBucketingSuccess", 1)
	}},
	"bucketing: initialBucketing": {mode: Bucketing, play: func(w *world) {
		w.loadOnly(file)
		w.start()
		if w.settings.Version != "4.0.5" {
			w.serve(200, file, "")
			w.poll()
			w.await("onBucketingSuccess", 1)
		}
		v := w.made("v1")
		w.fetch(v)
		w.note("value", w.value(v, "f1"))
		if w.settings.Version == "4.0.5" {
			w.note("GET bucketing", nil)
		}
	}},
	"edge": {mode: Edge, play: func(w *world) {
		w.loadOnly(file)
		w.start()
		v := w.made("v1")
		w.note("fetchNow ignored", statusOf(v))
		w.fetch(v)
		w.note("value", w.value(v, "f1"))
	}},
	"third party data": {mode: Bucketing, world: func(s *Settings) { s.ThirdParty = true }, play: func(w *world) {
		w.start()
		w.serve(200, file, "")
		w.poll()
		w.await("onBucketingSuccess", 1)
		w.answers(func(r *http.Request, _ []byte) (int, string) {
			if strings.Contains(r.URL.Path, "segments") {
				return 200, `[{"visitor_id":"v1","segment":"seg1","value":"yes","expiration":1689771669,"partner":"mixpanel"},` +
					`{"visitor_id":"v1","segment":"seg2","value":"1","partner":"segment.com"}]`
			}
			return 0, ""
		})
		v := w.made("v1")
		w.fetch(v)
		w.note("ctx", textOf(v), statusOf(v))
	}},
	"restart": {play: func(w *world) {
		w.start()
		first := w.queues
		w.start()
		w.note("status", w.State().Number(sdk.JavaScript))
		for _, q := range first {
			require.NoError(w.t, q.Close(within(w.t)))
		}
	}},
}

func (w *world) awaitStatus(v *Visitor, status FetchStatus) {
	w.t.Helper()
	require.Eventually(w.t, func() bool { now, _ := v.Status(); return now == status }, eventually, tick)
}

func initialCampaigns(value string) []byte {
	return []byte("[" + strings.Replace(campaign, `"on"`, `"`+value+`"`, 1) + "]")
}

func serialised(v *Visitor) []byte {
	to := []byte{'['}
	for i, f := range v.Flags() {
		if i > 0 {
			to = append(to, ',')
		}
		to = f.AppendSerialized(to)
	}
	return append(to, ']')
}
