package visitor

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/flagship"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/event"
	"github.com/burgee-flags/burgee/engine/jsonscan"
	"github.com/burgee-flags/burgee/engine/source"
	"github.com/burgee-flags/burgee/engine/transport"
)

const vectorDir = "../../../../testdata/vectors/flagship"

// The campaign of the sequences: as the decision API answers it, and as a file.
const (
	campaign = `{"id":"cmp_1","name":"Camp","slug":"slug-1","type":"ab","variationGroupId":"vg_1","variationGroupName":"VG",` +
		`"variation":{"id":"var_1","name":"Var","reference":true,"modifications":{"type":"FLAG","value":{"f1":"on","nul":null}}}}`
	file = `{"campaigns":[{"id":"cmp_1","name":"Camp","slug":"slug-1","type":"ab","variationGroups":[{"id":"vg_1","name":"VG",` +
		`"targeting":{"targetingGroups":[{"targetings":[{"operator":"EQUALS","key":"fs_all_users","value":""}]}]},"variations":[` +
		`{"id":"var_1","name":"Var","reference":false,"allocation":100,"modifications":{"type":"FLAG","value":{"f1":"on","f2":2}}}]}]}]}`
)

// world is an SDK with everything around it: a server of the vendor, queues, caches of the host. It notes what happens.
type world struct {
	*SDK
	t        *testing.T
	session  *Session
	settings Settings
	service  flagship.Service
	server   *httptest.Server
	client   *transport.Client
	queues   *queueLanes
	rules    *Rules
	host     *Host
	polls    source.Source
	stopPoll context.CancelFunc
	ended    chan struct{}              // the polls have
	visitor  map[string]json.RawMessage // the cache of visitors
	hits     string                     // what the cache of hits answers
	caches   bool

	mu      sync.Mutex
	changed chan struct{}
	events  []any
	gate    chan struct{} // requests wait for it before they are noted
	stalls  chan struct{} // requests for decisions wait for it, after they are noted
	answer  func(r *http.Request, body []byte) (status int, text string)
	date    string
	// Of the cache of visitors.
	visitorCalls, written []any
	exposure              []byte // the last argument of the callback
	logged                []string
}

func newWorld(t *testing.T, language sdk.Language, change func(*Settings)) *world {
	w := &world{t: t, settings: SettingsOf(language), changed: make(chan struct{}), visitor: map[string]json.RawMessage{}}
	w.settings.Mode, w.settings.Exposures = Bucketing, language == sdk.JavaScript
	w.settings.Tracking.Interval = time.Hour
	if change != nil {
		change(&w.settings)
	}
	w.rules = NewRules(flagship.NewCompiler(flagship.ByJavaScript, w.settings.Hashes))
	w.server = httptest.NewServer(w)
	var err error
	w.client, err = transport.New(transport.Config{})
	require.NoError(t, err)
	w.SDK = New(language, w.heard, w)
	w.host = NewHost(func(r *Request) bool {
		w.asked(r)
		return true
	})
	w.service = flagship.Service{
		Environment: "env_id", Key: "api_key", Client: language.Client(), Version: language.Version(), Language: language,
		DecisionURL: w.server.URL + "/decision.flagship.io/v2", CDNURL: w.server.URL + "/cdn.flagship.io",
		EventsURL: w.server.URL + "/events.flagship.io/", SegmentsURL: w.server.URL + "/api-data-connector.flagship.io",
	}
	t.Cleanup(w.close)
	return w
}

func (w *world) close() {
	if w.stopPoll != nil {
		w.stopPoll()
		<-w.ended
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if w.queues != nil {
		for _, q := range w.queues {
			_ = q.Close(ctx)
		}
	}
	w.client.Close()
	w.server.Close()
}

// start starts the SDK with the settings as they are.
func (w *world) start() {
	n := w.NewSession(w.settings, w.service)
	w.queues = &queueLanes{}
	for lane := range laneCount {
		config := n.Lane(lane)
		config.Client = w.client
		queue, err := event.New(config)
		require.NoError(w.t, err)
		w.queues[lane] = queue
	}
	env := Environment{Rules: w.rules.Current, HTTP: w.client, Lanes: w.queues}
	if w.caches {
		env.Hits = w.host.Hits()
		if w.visitor != nil {
			env.Visitors = w.host.Visitors()
		}
	}
	w.session = n
	w.Start(n, env)
}

// load makes a file the current one, as a poll does, without the poll.
func (w *world) load(text string) {
	w.t.Helper()
	w.loadOnly(text)
	w.polled(200, "", w.rules.Current())
}

// loadOnly makes a file the current one that no poll brought.
func (w *world) loadOnly(text string) {
	w.t.Helper()
	_, _, err := w.rules.Compile(source.Update{Body: []byte(text)})
	require.NoError(w.t, err)
}

// started is a world whose SDK has its file.
func started(t *testing.T, language sdk.Language, change func(*Settings)) *world {
	w := newWorld(t, language, change)
	w.start()
	if w.settings.Mode != API {
		w.load(file)
	}
	return w
}

// queueLanes are the queues of one start.
type queueLanes [laneCount]*event.Queue

func (q *queueLanes) Report(lane Lane, at int64, record []byte) bool { return q[lane].Add(at, record) }

func (q *queueLanes) Flush(ctx context.Context, lane Lane) error { return q[lane].Flush(ctx) }

// Log implements backend.Logger.
func (w *world) Log(_ backend.Level, message string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.logged = append(w.logged, message)
}

func (w *world) note(e ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
	close(w.changed)
	w.changed = make(chan struct{})
}

// await waits until so many events that begin with a word have happened.
func (w *world) await(word string, count int) {
	w.t.Helper()
	limit := time.After(20 * time.Second)
	for {
		w.mu.Lock()
		found, changed := 0, w.changed
		for _, e := range w.events {
			if e.([]any)[0] == word {
				found++
			}
		}
		w.mu.Unlock()
		if found >= count {
			return
		}
		select {
		case <-changed:
		case <-limit:
			require.FailNow(w.t, "it does not happen", "%s %d: %v", word, count, w.noted())
		}
	}
}

func (w *world) noted() []any {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]any{}, w.events...)
}

func (w *world) heard(e *Event) {
	switch e.Kind {
	case StateChanged:
		w.note("sdkStatus", e.State.Name(e.Language))
	case BucketingSuccess:
		w.note("onBucketingSuccess", e.Code, w.rules.Current() != nil)
	case BucketingFail:
		w.note("onBucketingFail", "error")
	case BucketingUpdated:
		at, err := http.ParseTime(e.Modified)
		require.NoError(w.t, err)
		w.note("onBucketingUpdated", at.UTC().Format("2006-01-02T15:04:05.000Z"))
	case StatusChanged:
		w.note("flagsStatus", e.Status.String(), e.Reason.String())
	case FetchEnded:
		if e.Problem == "" {
			w.note("ready", nil)
		} else {
			w.note("ready", "error")
		}
	case Exposed:
		var argument struct{ FromFlag struct{ Key any } }
		require.NoError(w.t, json.Unmarshal(e.Data, &argument))
		w.mu.Lock()
		w.exposure = e.Data
		w.mu.Unlock()
		w.note("onVisitorExposed", argument.FromFlag.Key)
	case CacheRequested:
	}
}

var pythonNames = map[Operation]string{
	LookupVisitor: "lookup_visitor", StoreVisitor: "cache_visitor", ForgetVisitor: "flush_visitor", LookupHits: "lookup_hits",
	StoreHits: "cache_hits", ForgetHits: "flush_hits", ForgetAllHits: "flush_all_hits",
}

// asked is the host with its caches. It answers at once.
func (w *world) asked(r *Request) {
	name := r.Operation.String()
	if w.language == sdk.Python {
		name = pythonNames[r.Operation]
	}
	w.mu.Lock()
	switch r.Operation {
	case StoreVisitor:
		w.written = append(w.written, []any{r.VisitorID, json.RawMessage(r.Data)})
		fallthrough
	case LookupVisitor, ForgetVisitor:
		w.visitorCalls = append(w.visitorCalls, []any{name, r.VisitorID})
	default:
	}
	w.mu.Unlock()
	switch r.Operation {
	case LookupVisitor:
		w.note(name, r.VisitorID)
		require.NoError(w.t, w.host.Answer(r.ID, w.visitor[r.VisitorID], ""))
	case StoreVisitor:
		w.visitor[r.VisitorID] = r.Data
		if w.language == sdk.Python {
			w.note(name, r.VisitorID, json.RawMessage(r.Data))
		} else {
			w.note(name)
		}
	case ForgetVisitor:
		w.note(name, r.VisitorID)
	case LookupHits:
		w.note(name)
		require.NoError(w.t, w.host.Answer(r.ID, []byte(w.hits), ""))
	case StoreHits:
		documents := []json.RawMessage{}
		require.True(w.t, jsonscan.Members(r.Data, func(_ string, raw []byte) { documents = append(documents, json.RawMessage(raw)) }))
		w.note(name, documents)
	case ForgetHits:
		w.note(name, len(r.Keys))
	case ForgetAllHits:
		w.note(name)
	}
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func attributes(text string) (list []eval.Attribute) {
	jsonscan.Members([]byte(text), func(name string, value []byte) {
		list = append(list, eval.Attribute{Name: strings.Clone(name), Value: evaljson.Value(value)})
	})
	return list
}

const eventually, tick = 20 * time.Second, time.Millisecond

// textOf is a visitor's context.
func textOf(v *Visitor) json.RawMessage {
	to := []byte{'{'}
	for _, a := range v.Context() {
		to = evaljson.AppendValue(evaljson.AppendName(to, a.Name), a.Value)
	}
	return append(to, '}')
}
