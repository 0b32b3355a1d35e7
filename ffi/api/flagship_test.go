package api

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/datasync/datasynctest"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/localserver"
)

const flagshipVectors = "../../testdata/vectors/flagship"

type object = map[string]any

// called returns what a method answers.
func called(t testing.TB, l *Library, client uint64, method string, params object) object {
	t.Helper()
	text, err := json.Marshal(params)
	require.NoError(t, err)
	reply := l.Call(client, []byte(method), text, nil)
	var answered struct{ OK object }
	require.NoError(t, json.Unmarshal(reply, &answered), "%s", reply)
	require.Contains(t, string(reply), `{"ok":`, "%s %s", method, text)
	return answered.OK
}

// flagshipClient opens a client. Members of options replace what it is opened with otherwise.
func flagshipClient(t testing.TB, l *Library, options object) uint64 {
	t.Helper()
	all := object{"backend": "flagship"}
	for name, value := range options {
		all[name] = value
	}
	text, err := json.Marshal(all)
	require.NoError(t, err)
	reply := l.Open(text, nil)
	var opened struct{ OK struct{ Client uint64 } }
	require.NoError(t, json.Unmarshal(reply, &opened))
	require.NotZero(t, opened.OK.Client, "%s", reply)
	t.Cleanup(func() { l.Close(opened.OK.Client, nil) })
	return opened.OK.Client
}

func newVisitor(t testing.TB, l *Library, client uint64, params object) uint64 {
	t.Helper()
	all := object{"id": "shopper-1", "consent": true}
	for name, value := range params {
		all[name] = value
	}
	return uint64(called(t, l, client, "flagship.visitor.new", all)["visitor"].(float64))
}

func fetched(t testing.TB, l *Library, client uint64, params object) uint64 {
	t.Helper()
	v := newVisitor(t, l, client, params)
	require.Equal(t, object{"done": true, "error": nil},
		called(t, l, client, "flagship.visitor.fetch", object{"visitor": v, "wait": false}))
	return v
}

type flagshipFile struct {
	Bucketing json.RawMessage
	Cases     []struct {
		Name     string
		Visitor  string `json:"visitor_id"`
		Context  object
		Expect   struct{ Flags object }
		ExpectJS *struct{ Flags object } `json:"expect_js_5_1_6"`
	}
}

func TestFlagshipVectors(t *testing.T) {
	for name, count := range map[string]int{
		"allocation_edges": 40, "example_environment": 13, "groups": 14, "multi_campaign": 4, "no_campaigns": 1, "panic": 1,
		"targeting_cases": 286, "variation_groups": 7,
	} {
		var file flagshipFile
		datasynctest.Read(t, filepath.Join(flagshipVectors, name+".json"), &file)
		require.Len(t, file.Cases, count)
		l := New(Host{})
		client := flagshipClient(t, l, object{"document": file.Bucketing})
		prefix := name + "/js/"
		deviations := datasynctest.LoadDeviations(t, flagshipVectors, prefix)
		for _, c := range file.Cases {
			flags := c.Expect.Flags
			if c.ExpectJS != nil {
				flags = c.ExpectJS.Flags
			}
			t.Run(prefix+c.Name, func(t *testing.T) {
				want := deviations.Want(t, prefix+c.Name, flags).(object)
				v := fetched(t, l, client, object{"id": c.Visitor, "context": c.Context})
				got := object{}
				for _, each := range called(t, l, client, "flagship.visitor.flags", object{"visitor": v})["flags"].([]any) {
					flag := each.(object)
					shown := object{"value": flag["value"]}
					for member, value := range flag["metadata"].(object) {
						shown[member] = value
					}
					got[flag["key"].(string)] = shown
				}
				datasynctest.RequireEqual(t, want, got)
				for key := range want {
					requireRead(t, l, client, v, key, want[key].(object)["value"])
				}
				if textsOnly(c.Context) {
					requireSameThroughFlipt(t, l, client, c.Visitor, c.Context, want)
				}
			})
		}
		deviations.Done(t)
	}
}

// requireRead asks for a flag with the fast call.
func requireRead(t *testing.T, l *Library, client, visitor uint64, key string, want any) {
	t.Helper()
	result := visitorResult(4096)
	require.Zero(t, l.VisitorFlagInto(client, asksOf(visitor, key), result))
	value := eval.Value{Kind: eval.Kind(result.ValueKind), Bool: result.Boolean != 0, Text: string(unsafe.Slice(result.Buffer, result.ValueLength))}
	datasynctest.RequireEqual(t, want, datasynctest.JSON(t, value))
	require.NotZero(t, result.ID)
	require.Equal(t, [3]uint32{1, 2, 0}, [3]uint32{result.Status, result.FetchStatus, result.FetchReason}, "all is fetched")
}

// textsOnly reports whether Flipt's calls, which ignore everything but texts, see all of the context.
func textsOnly(context object) bool {
	for _, value := range context {
		if _, ok := value.(string); !ok {
			return false
		}
	}
	return true
}

func requireSameThroughFlipt(t *testing.T, l *Library, client uint64, visitor string, context, want object) {
	t.Helper()
	for key, flag := range want {
		request, err := json.Marshal(object{"flag_key": key, "entity_id": visitor, "context": context})
		require.NoError(t, err)
		var reply struct {
			Result struct {
				Match      bool
				Enabled    bool
				Key        string `json:"variant_key"`
				Attachment string `json:"variant_attachment"`
			}
		}
		answer := l.EvaluateVariant(client, request, nil)
		value := flag.(object)["value"]
		if _, boolean := value.(bool); boolean {
			answer = l.EvaluateBoolean(client, request, nil)
		}
		require.NoError(t, json.Unmarshal(answer, &reply))
		switch value := value.(type) {
		case bool:
			require.Equal(t, value, reply.Result.Enabled, "%s", answer)
		case object, []any:
			text, err := json.Marshal(value)
			require.NoError(t, err)
			require.JSONEq(t, string(text), reply.Result.Attachment, "%s", answer)
		case nil:
			require.Empty(t, reply.Result.Key)
		default:
			require.True(t, reply.Result.Match, "%s", answer)
			require.Equal(t, fmt.Sprint(value), reply.Result.Key)
		}
	}
}

// exampleServer serves the example environment of the vectors, and returns the options of a client that tells it what
// visitors see.
func exampleServer(t *testing.T) (*localserver.Server, object) {
	t.Helper()
	s := localserver.StartTest(t, localserver.Options{Backend: localserver.BackendFlagship})
	var file flagshipFile
	datasynctest.Read(t, filepath.Join(flagshipVectors, "example_environment.json"), &file)
	require.NoError(t, s.SetDocument("", file.Bucketing))
	return s, object{
		"env_id": localserver.FlagshipEnvironment, "api_key": localserver.FlagshipKey, "decision_mode": "bucketing", "polling_interval": 0,
		"cdn_url": s.URL(), "decision_url": s.URL() + "/v2", "events_url": s.URL(),
	}
}

func exposing(visitor uint64, key, fallback string) *VisitorRequest {
	return &VisitorRequest{Visitor: visitor, Key: text(key), Fallback: str("", fallback), Flags: expose}
}

// The vendor hears once of a flag whose value had to be fetched again, and of one that is seen again soon only once.
func TestTheVendorHearsOfWhatAVisitorSaw(t *testing.T) {
	s, options := exampleServer(t)
	l := New(Host{})
	client := flagshipClient(t, l, options)
	v := newVisitor(t, l, client, nil)
	result := visitorResult(64)
	require.Equal(t, eval.CodeFlagNotFound.Number(), l.VisitorFlagInto(client, exposing(v, "btn_color", ""), result))
	require.Equal(t, [2]uint32{0, uint32(backend.NoSuchFlag)}, [2]uint32{result.FetchStatus, result.Exposure})
	called(t, l, client, "flagship.visitor.fetch", object{"visitor": v})
	for _, c := range []struct {
		room     int
		exposure backend.Exposure
	}{{1, backend.NotAsked}, {64, backend.Queued}, {64, backend.Duplicate}} {
		result := visitorResult(c.room)
		require.Zero(t, l.VisitorFlagInto(client, exposing(v, "btn_color", "red"), result))
		require.Equal(t, uint32(c.exposure), result.Exposure, "%d bytes", c.room)
	}
	require.Zero(t, l.VisitorFlagInto(client, asksOf(v, "btn_label"), visitorResult(64)))
	require.Equal(t, object{"exposure": "queued"},
		called(t, l, client, "flagship.visitor.expose", object{"visitor": v, "key": "max_items", "default": 1}))
	silent := fetched(t, l, client, object{"id": "shopper-2", "consent": false})
	require.Zero(t, l.VisitorFlagInto(client, exposing(silent, "btn_color", ""), result))
	require.Equal(t, uint32(backend.NoConsent), result.Exposure)

	l.Close(client, nil) // sends what is pending
	var seen []string
	for _, event := range s.Events() {
		if event.Kind == localserver.KindActivation {
			seen = append(seen, event.User+" "+event.Flags[0])
		}
	}
	require.Equal(t, []string{"shopper-1 var_checkout_def3", "shopper-1 var_checkout_def3"}, seen, "btn_color and max_items are of one variation")
}

func TestReadingAVisitorDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for language, exposure := range map[string]backend.Exposure{"javascript": backend.Duplicate, "python": backend.Queued} {
		_, options := exampleServer(t)
		options["sdk"] = language
		l := New(Host{})
		client := flagshipClient(t, l, options)
		v := fetched(t, l, client, nil)
		result := visitorResult(64)
		look := asksOf(v, "max_items")
		report := exposing(v, "max_items", "")
		report.Fallback = integer("", 12345)
		l.VisitorFlagInto(client, report, result)
		require.Zero(t, testing.AllocsPerRun(1000, func() { l.VisitorFlagInto(client, look, result) }))
		require.Zero(t, testing.AllocsPerRun(1000, func() { l.VisitorFlagInto(client, report, result) }), language)
		require.Equal(t, uint32(exposure), result.Exposure)
	}
}

// Visitors belong to the SDK, and outlive what starts it.
func TestVisitorsOutliveTheStart(t *testing.T) {
	var file flagshipFile
	datasynctest.Read(t, filepath.Join(flagshipVectors, "example_environment.json"), &file)
	l := New(Host{})
	const instance = "TestVisitorsOutliveTheStart"
	sdk := flagshipClient(t, l, object{"sdk_instance": instance, "start": false})
	v := newVisitor(t, l, sdk, nil)
	code := func() uint32 { return l.VisitorFlagInto(sdk, asksOf(v, "btn_color"), visitorResult(64)) }
	require.Equal(t, eval.CodeNotReady.Number(), code())
	started := flagshipClient(t, l, object{"sdk_instance": instance, "document": file.Bucketing})
	require.Equal(t, eval.CodeFlagNotFound.Number(), code(), "nothing was fetched")
	called(t, l, sdk, "flagship.visitor.fetch", object{"visitor": v})
	require.Zero(t, code())
	l.Close(started, nil)
	require.Equal(t, eval.CodeNotReady.Number(), code())
	again := flagshipClient(t, l, object{"sdk_instance": instance, "document": file.Bucketing})
	require.Zero(t, code(), "the flags of before")
	require.Zero(t, l.VisitorFlagInto(again, asksOf(v, "btn_color"), visitorResult(64)), "they are those of the instance")
	l.Close(sdk, nil)
	require.Equal(t, eval.CodeInvalidHandle.Number(), code())
}

func TestVisitorsThatAreNotOpen(t *testing.T) {
	_, options := exampleServer(t)
	l := New(Host{})
	client := flagshipClient(t, l, options)
	other := flagshipClient(t, l, options)
	v := fetched(t, l, client, nil)
	invalid := eval.CodeInvalidHandle.Number()
	for name, handle := range map[string]uint64{
		"none": 0, "small": 1, "next slot": v + 1, "next generation": v + 1<<24, "largest": 1<<64 - 1, "beyond a number": v | 1<<60,
	} {
		result := visitorResult(8)
		require.Equal(t, invalid, l.VisitorFlagInto(client, exposing(handle, "btn_color", ""), result), name)
		require.Equal(t, VisitorFlag{Buffer: result.Buffer, Capacity: 8, Code: invalid}, *result)
		require.Equal(t, invalid, l.CloseVisitor(client, handle), name)
	}
	require.Equal(t, invalid, l.VisitorFlagInto(other, asksOf(v, "btn_color"), visitorResult(8)), "another SDK's")
	require.Equal(t, invalid, l.CloseVisitor(other, v))
	require.Zero(t, l.VisitorFlagInto(client, asksOf(v, "btn_color"), visitorResult(8)), "nobody closed it")
	require.Zero(t, l.CloseVisitor(client, v))
	require.Equal(t, invalid, l.CloseVisitor(client, v))
	require.Equal(t, invalid, l.VisitorFlagInto(client, asksOf(v, "btn_color"), visitorResult(8)))
	require.Equal(t, "INVALID_HANDLE",
		errorOf(t, l.Call(client, []byte("flagship.visitor.state"), fmt.Appendf(nil, `{"visitor":%d}`, v), nil)))
	require.NotEqual(t, v, newVisitor(t, l, client, nil), "a handle is never used again")
	open := newVisitor(t, l, client, nil)
	l.Close(client, nil)
	require.Equal(t, invalid, l.VisitorFlagInto(client, asksOf(open, "btn_color"), visitorResult(8)))
	require.Equal(t, invalid, l.CloseVisitor(client, open))
}

// Whoever reads while others close gets the flag or that there is no such visitor, and nothing else.
func TestReadingWhileVisitorsAreClosed(t *testing.T) {
	var file flagshipFile
	datasynctest.Read(t, filepath.Join(flagshipVectors, "example_environment.json"), &file)
	l := New(Host{})
	client := flagshipClient(t, l, object{"document": file.Bucketing})
	var current atomic.Uint64
	current.Store(fetched(t, l, client, nil))
	stop := make(chan struct{})
	var readers sync.WaitGroup
	var once sync.Once
	served := make(chan struct{})
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				result := visitorResult(64)
				switch code := l.VisitorFlagInto(client, exposing(current.Load(), "btn_color", "red"), result); code {
				case 0:
					once.Do(func() { close(served) })
					if got := string(unsafe.Slice(result.Buffer, result.Length)); got != "blue" {
						t.Errorf("read %q", got)
					}
				case eval.CodeInvalidHandle.Number(), eval.CodeNotReady.Number(): // while its client is being closed
				default:
					t.Errorf("code %d", code)
				}
			}
		})
	}
	for i := range 300 {
		next := fetched(t, l, client, object{"id": fmt.Sprint("shopper-", i)})
		require.Zero(t, l.CloseVisitor(client, current.Swap(next)))
	}
	<-served // the last visitor is still open
	l.Close(client, nil)
	close(stop)
	readers.Wait()
}

// A server may send numbers that no double holds. They are texts all the way.
func TestNumbersBeyondDoubles(t *testing.T) {
	const number = "1e400"
	document := `{"campaigns":[{"id":"c","type":"ab","variationGroups":[{"id":"g","targeting":{"targetingGroups":[{"targetings":[` +
		`{"operator":"EQUALS","key":"fs_all_users","value":""}]}]},"variations":[{"id":"v","allocation":100,"modifications":` +
		`{"type":"JSON","value":{"far":` + number + `}}}]}]}]}`
	l := New(Host{})
	client := flagshipClient(t, l, object{"document": document, "sdk": "python", "visitor_cache": true, "cache_timeout": 0.001})
	v := fetched(t, l, client, nil)
	for method, member := range map[string]string{
		"flagship.visitor.flag": `"value":`, "flagship.visitor.flags": `"value":`, "flagship.document": `"far":`,
	} {
		params := fmt.Sprintf(`{"visitor":%d,"key":"far"}`, v)
		if method == "flagship.document" {
			params = `{}`
		} else if method == "flagship.visitor.flags" {
			params = fmt.Sprintf(`{"visitor":%d}`, v)
		}
		reply := string(l.Call(client, []byte(method), []byte(params), nil))
		require.Contains(t, reply, member+number, method)
	}
	for {
		event := string(l.Wait(client, 10*time.Second, nil))
		require.NotContains(t, event, `{"error":`)
		if strings.Contains(event, `"cacheVisitor"`) {
			require.Contains(t, event, number)
			return
		}
		require.NotEqual(t, `{"ok":null}`, event, "the visitor's record is to be kept")
	}
}
