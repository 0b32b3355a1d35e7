package visitor

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/datasync/datasynctest"
	"github.com/burgee-flags/burgee/engine/backend/flagship"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/evaljson"
)

type object = map[string]any

var profiles = []struct {
	name      string
	language  sdk.Language
	targeting flagship.Targeting
}{{"js", sdk.JavaScript, flagship.ByJavaScript}, {"python", sdk.Python, flagship.ByPython}}

// flagsOf are a visitor's flags as the vectors write them.
func flagsOf(t *testing.T, v *Visitor, language sdk.Language) object {
	flags := object{}
	for _, f := range v.Flags() {
		text := evaljson.AppendValue([]byte(`{"value":`), f.Value)
		var shown object
		datasynctest.Decode(t, append(f.From.AppendMetadata(text, language), '}'), &shown)
		flags[f.Key] = shown
		found, _ := v.Flag(f.Key)
		require.Equal(t, f, *found)
	}
	return flags
}

type recordCase struct {
	Name         string
	Visitor      string  `json:"visitor_id"`
	Anonymous    *string `json:"anonymous_id"`
	Context      json.RawMessage
	Consent      *bool
	Cache        map[string]json.RawMessage
	CachePython  map[string]json.RawMessage `json:"cache_python"`
	Expect       *recordExpectation
	ExpectPython *recordExpectation `json:"expect_python"`
}

type recordExpectation struct {
	Flags   object
	Calls   []any `json:"cache_calls"`
	Written [][2]json.RawMessage
}

// Visitors whose records the host's cache has: what they get, what the cache is asked, and what it is given.
func TestVisitorCacheVectors(t *testing.T) {
	for file, want := range map[string]int{"visitor_cache_history": 14, "xpc": 6} {
		var f struct {
			Bucketing json.RawMessage
			Cases     []recordCase
		}
		datasynctest.Read(t, vectorDir+"/"+file+".json", &f)
		require.Len(t, f.Cases, want)
		for _, p := range profiles {
			for _, c := range f.Cases {
				expected, cache := c.Expect, c.Cache
				if p.language == sdk.Python {
					expected, cache = c.ExpectPython, c.CachePython
				}
				if expected == nil {
					continue
				}
				t.Run(file+"/"+p.name+"/"+c.Name, func(t *testing.T) {
					w := newWorld(t, p.language, nil)
					w.rules = NewRules(flagship.NewCompiler(p.targeting, p.language.Hashes()))
					w.caches = true
					for id, raw := range cache {
						w.visitor[id] = raw
					}
					w.start()
					w.load(string(f.Bucketing))
					checkRecords(t, w, &c, expected)
				})
			}
		}
	}
}

func checkRecords(t *testing.T, w *world, c *recordCase, expected *recordExpectation) {
	params := Params{ID: c.Visitor, Consent: c.Consent == nil || *c.Consent, Context: attributes(string(c.Context))}
	var v *Visitor
	if c.Anonymous != nil {
		params.ID = *c.Anonymous
		v = w.NewVisitor(within(t), params)
		require.NoError(t, v.Authenticate(c.Visitor))
	} else {
		v = w.NewVisitor(within(t), params)
	}
	require.NoError(t, v.Fetch(within(t)))
	datasynctest.RequireEqual(t, expected.Flags, flagsOf(t, v, w.language))
	w.mu.Lock()
	defer w.mu.Unlock()
	datasynctest.RequireEqual(t, anyOf(expected.Calls), anyOf(w.visitorCalls))
	written, err := json.Marshal(anyOf(w.written))
	require.NoError(t, err)
	want, err := json.Marshal(append([][2]json.RawMessage{}, expected.Written...))
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(written))
}

func anyOf(list []any) []any { return append([]any{}, list...) }

type apiExpectation struct {
	Flags  object
	Status struct{ Status, Reason string } `json:"flagsStatus"`
	SDK    string                          `json:"sdkStatus"`
}

// A first fetch brings one flag, a second one what the case says.
func TestDecisionAPIVectors(t *testing.T) {
	var f struct {
		Cases []struct {
			Name     string
			Status   int `json:"http_status"`
			Response json.RawMessage
			Expect   apiExpectation
			Python   struct {
				Flags  object
				Status string
			} `json:"expect_python"`
		}
	}
	datasynctest.Read(t, vectorDir+"/decision_api.json", &f)
	require.Len(t, f.Cases, 15)
	const first = `{"campaigns":[{"id":"c0","type":"ab","variationGroupId":"vg0","variation":{"id":"va0","reference":false,` +
		`"modifications":{"type":"FLAG","value":{"before":"yes"}}}}]}`
	for _, p := range profiles {
		prefix := "decision_api/" + p.name + "/"
		deviations := datasynctest.LoadDeviations(t, vectorDir, prefix)
		for _, c := range f.Cases {
			t.Run(prefix+c.Name, func(t *testing.T) {
				w := newWorld(t, p.language, func(s *Settings) { s.Mode, s.Buffering = API, 0 })
				w.answersPython(200, first)
				w.start()
				v := w.person("v1")
				status := c.Status
				if status == 0 {
					status = 200
				}
				w.answersPython(status, answerText(c.Response))
				err := v.Fetch(within(t))
				require.Equal(t, status >= 400, err != nil, "%v", err)
				want := object{
					"flags": c.Expect.Flags, "panic": c.Expect.SDK == "SDK_PANIC", "failed": c.Expect.Status.Reason != "NONE",
				}
				if p.language == sdk.Python {
					want = object{"flags": c.Python.Flags, "panic": c.Python.Status == "PANIC", "failed": false}
				}
				want, _ = deviations.Want(t, prefix+c.Name, want).(object)
				if want["panic"] == true {
					want["flags"] = object{} // nobody reads them
				}
				got := object{"flags": flagsOf(t, v, p.language), "panic": w.State() == Panicked, "failed": err != nil}
				datasynctest.RequireEqual(t, want, got)
				if p.language == sdk.JavaScript && c.Expect.Status.Reason == "NONE" {
					now, reason := v.Status()
					require.Equal(t, c.Expect.Status.Status+c.Expect.Status.Reason, now.String()+reason.String())
				}
			})
		}
		deviations.Done(t)
	}
}

// answerText is a body: a text stands for one that is not JSON.
func answerText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

func TestDecisionAPIRequestVectors(t *testing.T) {
	type request struct {
		Name, URL string
		Headers   map[string]string
		Body      json.RawMessage
	}
	var f struct {
		JS     []request `json:"requests_js"`
		Python []request `json:"requests_python"`
	}
	datasynctest.Read(t, vectorDir+"/decision_api.json", &f)
	for _, p := range profiles {
		w := newWorld(t, p.language, func(s *Settings) { s.Mode, s.Buffering = API, 0 })
		var asked []request
		w.answers(func(r *http.Request, body []byte) (int, string) {
			if strings.Contains(r.URL.Path, "/campaigns") {
				one := request{URL: "https:/" + r.URL.String(), Headers: map[string]string{}, Body: body}
				for name := range r.Header {
					one.Headers[strings.ToLower(name)] = r.Header.Get(name)
				}
				asked = append(asked, one)
			}
			return 0, ""
		})
		w.start()
		context := attributes(`{"age":31,"vip":true,"city":"x"}`)
		v := w.NewVisitor(within(t), Params{ID: "v1", Consent: true, Context: context})
		require.NoError(t, v.Fetch(within(t)))
		require.NoError(t, v.Authenticate("cust1"))
		require.NoError(t, v.Fetch(within(t)))
		require.NoError(t, w.NewVisitor(within(t), Params{ID: "v1"}).Fetch(within(t)))
		wanted := f.JS
		if p.language == sdk.Python {
			wanted = f.Python
		}
		require.Len(t, asked, len(wanted))
		for i, want := range wanted {
			require.Equal(t, want.URL, asked[i].URL)
			require.JSONEq(t, string(want.Body), string(asked[i].Body))
			for name, value := range want.Headers {
				require.Equal(t, value, asked[i].Headers[name], fmt.Sprint(p.name, i, name))
			}
		}
	}
}

// The argument of the callback, with everything that the visitor and the flag had.
func TestTheArgumentOfTheExposureCallback(t *testing.T) {
	var f struct {
		Argument json.RawMessage `json:"on_visitor_exposed_argument"`
	}
	datasynctest.Read(t, vectorDir+"/tracking_js.json", &f)
	w := started(t, sdk.JavaScript, nil)
	w.expose(w.person("v1"), "f1", "onVisitorExposed", 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	require.JSONEq(t, string(f.Argument), string(w.exposure))
}
