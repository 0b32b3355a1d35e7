package featbit

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/backend/datasync/datasynctest"
	"github.com/burgee-flags/burgee/engine/bucket"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/predicate"
	"github.com/burgee-flags/burgee/engine/source"
)

const (
	vectorDir    = "../../../testdata/vectors/featbit"
	emptyMessage = `{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[],"segments":[]}}`
)

type object = datasynctest.Object

func TestMain(m *testing.M) {
	time.Local = time.UTC //nolint:gosmopolitan // the vectors were made there
	os.Exit(m.Run())
}

func compile(t testing.TB, document []byte) *ruleset {
	t.Helper()
	return datasynctest.Compile(t, newCompiler(), source.Update{Body: document, Origin: source.FromInline}).(*ruleset)
}

func evalFiles(t testing.TB) []datasynctest.EvalFile { return datasynctest.EvalFiles(t, vectorDir, 11) }

// pythonUser makes the context of a Python user, as the Python package does it. The error is the reason.
func pythonUser(user json.RawMessage) (eval.Context, string) {
	attributes, isObject := datasynctest.Attributes(user)
	if !isObject {
		return eval.Context{}, "user is not valid"
	}
	var ec eval.Context
	var key, keyID, name eval.Value
	for _, a := range attributes {
		switch a.Name {
		case "key":
			key = a.Value
		case "keyid":
			keyID = a.Value
		case "name":
			name = a.Value
		case "self":
			return eval.Context{}, "TypeError"
		default:
			ec.Attributes = append(ec.Attributes, a)
		}
	}
	if datasynctest.Falsy(key) {
		key = keyID
	}
	if key.Kind != eval.String || predicate.Blank(key.Text) {
		return ec, "key is not valid"
	}
	if name.Kind != eval.String || predicate.Blank(name.Text) {
		return ec, "name is not valid"
	}
	ec.TargetingKey = key.Text
	ec.Attributes = append(ec.Attributes, eval.Attribute{Name: "name", Value: name})
	return ec, ""
}

// answered is what the Python package makes of an evaluation.
func answered(t testing.TB, rules eval.Ruleset, key string, user json.RawMessage, fallback any) (object, *eval.Outcome) {
	t.Helper()
	failure := func(reason string) object {
		keyName := key
		if key == "" {
			keyName = "flag key unknown"
		}
		return object{"variation": fallback, "reason": reason, "keyName": keyName, "name": "flag name unknown", "event": nil}
	}
	ec, problem := pythonUser(user)
	out := &eval.Outcome{}
	rules.Resolve(key, &ec, out)
	switch {
	case out.ErrorCode == eval.CodeFlagNotFound:
		return failure(out.VendorReason), out
	case problem == "TypeError":
		return failure(reasonError), out
	case problem != "":
		require.Equal(t, reasonUser, out.VendorReason, problem)
		return failure(out.VendorReason), out
	case out.ErrorCode != "":
		require.Equal(t, reasonError, out.VendorReason)
		require.NotEmpty(t, out.ErrorMessage)
		return failure(out.VendorReason), out
	}
	exposure := out.Exposure()
	return object{
		"variation": pythonValue(t, out), "reason": out.VendorReason, "keyName": out.FlagKey, "name": out.FlagName,
		"event": object{
			"featureFlagKey": exposure.FlagKey, "sendToExperiment": exposure.InExperiment,
			"variation": object{
				"id": exposure.Variant, "value": datasynctest.JSON(t, exposure.Served), "reason": exposure.VendorReason,
			},
		},
	}, out
}

// pythonValue is the value, with the numbers that JSON does not have and that Python reads from the served text.
func pythonValue(t testing.TB, out *eval.Outcome) any {
	t.Helper()
	if out.Value.Kind == eval.String && out.Served.Kind == eval.String {
		switch out.Type {
		case eval.TypeNumber:
			if f, ok := predicate.Float(out.Served.Text); ok {
				name := map[bool]string{true: "NaN", false: "Infinity"}[math.IsNaN(f)]
				return object{"$float": name}
			}
		case eval.TypeObject:
			if strings.Contains(out.Served.Text, "NaN") {
				var v any
				datasynctest.Decode(t, []byte(strings.ReplaceAll(out.Served.Text, "NaN", `{"$float":"NaN"}`)), &v)
				return v
			}
		default:
		}
	}
	return datasynctest.JSON(t, out.Value)
}

func TestEvaluationVectors(t *testing.T) {
	datasynctest.RunEvaluations(t, vectorDir, evalFiles(t), 511, func(t *testing.T, rules eval.Ruleset, c *datasynctest.EvalCase) any {
		got, out := answered(t, rules, c.Key(), c.User, c.Default)
		require.Equal(t, out.ErrorCode == "" && !strings.Contains(out.VendorReason, "not"), out.ID != 0)
		return got
	}, func(file datasynctest.EvalFile) eval.Ruleset { return compile(t, file.Data) })
}

func TestHashVectors(t *testing.T) {
	hash := func(text string) float64 { return bucket.MD5Fraction("", text, "") }
	datasynctest.RunHashes(t, vectorDir, hash, func(text string, bounds []byte) bool {
		r, usable := datasync.ReadRange(bounds)
		return usable && (r.All || r.Accepts(hash(text)))
	})
}

func TestTimestampVectors(t *testing.T) {
	var file struct {
		Cases []struct {
			UpdatedAt json.RawMessage
			Millis    int64
		}
	}
	datasynctest.Read(t, filepath.Join(vectorDir, "timestamps.json"), &file)
	require.Len(t, file.Cases, 21)
	for _, c := range file.Cases {
		t.Run(string(c.UpdatedAt), func(t *testing.T) {
			w, err := readItem([]byte(`{"id":"s","isArchived":false,"updatedAt":`+string(c.UpdatedAt)+`}`), false)
			require.NoError(t, err)
			require.Equal(t, c.Millis, w.At)
		})
	}
}

func TestUserVectors(t *testing.T) {
	datasynctest.RunUsers(t, vectorDir, 18, pythonUser, appendIdentify, func(ec *eval.Context, property string) (string, bool) {
		name, _, _ := checkUser(ec)
		e := evaluation{ec: ec, name: name}
		return e.attribute(originOf(property), property)
	})
}

func TestAllFlagsVectors(t *testing.T) {
	var file struct {
		Cases []struct {
			Name   string
			Data   json.RawMessage
			User   json.RawMessage
			Expect struct {
				Success bool
				Reason  string
				Keys    []string
				JSON    struct{ Data []any }
				Get     []struct {
					Key     string
					Default any
					Detail  any
					Events  int `json:"eventsPerCall"`
				}
			}
		}
	}
	datasynctest.Read(t, filepath.Join(vectorDir, "all-flags.json"), &file)
	require.Len(t, file.Cases, 5)
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			rules := compile(t, c.Data)
			details := map[string]any{}
			keys, list, reason := []string{}, []any{}, "OK"
			for _, key := range rules.Order() {
				detail, out := answered(t, rules, key, c.User, nil)
				if out.ErrorCode != "" {
					reason = out.VendorReason
					break
				}
				delete(detail, "event")
				keys, list = append(keys, key), append(list, detail)
				details[key] = detail
			}
			require.Equal(t, c.Expect.Reason, reason)
			require.Equal(t, c.Expect.Success, reason == "OK")
			require.Equal(t, c.Expect.Keys, keys)
			datasynctest.RequireEqual(t, c.Expect.JSON.Data, list)
			for _, get := range c.Expect.Get {
				detail, known := details[get.Key]
				require.Equal(t, get.Events == 1, known)
				if !known {
					detail = object{
						"variation": get.Default, "reason": reasonNotFound, "keyName": get.Key, "name": "flag name unknown",
					}
				}
				datasynctest.RequireEqual(t, get.Detail, detail)
			}
		})
	}
}

func TestEventVectors(t *testing.T) {
	var file struct {
		Data  json.RawMessage
		Cases []struct {
			Name string
			Call struct {
				Method, Key string
				User        json.RawMessage
				Default     any
				EventName   json.RawMessage
				Value       json.RawMessage
				Metrics     json.RawMessage
			}
			Payload any
		}
	}
	datasynctest.Read(t, filepath.Join(vectorDir, "events.json"), &file)
	require.Len(t, file.Cases, 22)
	rules := compile(t, file.Data)
	deviations := datasynctest.LoadDeviations(t, vectorDir, "events/")
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			var elements [][]byte
			ec, problem := pythonUser(c.Call.User)
			switch {
			case problem != "":
			case c.Call.Method == "variation":
				_, out := answered(t, rules, c.Call.Key, c.Call.User, nil)
				if out.ErrorCode == "" {
					datasynctest.RequireDrafts(t, Open, rules, c.Call.Key, &ec)
					exposure := out.Exposure()
					elements = append(elements, appendExposure(nil, &ec, &exposure, 0))
				}
			case c.Call.Method == "identify":
				elements = append(elements, appendIdentify(nil, &ec))
			case c.Call.Method != "get_all_latest_flag_variations":
				metrics := datasynctest.Metrics(c.Call.EventName, c.Call.Value, c.Call.Metrics)
				if event := appendMetrics(nil, &ec, metrics, "pythonserverside", 0); event != nil {
					elements = append(elements, event)
				}
			}
			var payload any
			datasynctest.Decode(t, datasynctest.Body(t, Open, elements...), &payload)
			datasynctest.RequireEqual(t, deviations.Want(t, "events/"+c.Name, c.Payload), payload)
		})
	}
	deviations.Done(t)
}

func TestSyncVectors(t *testing.T) {
	var file struct {
		Scenarios []struct {
			Scenario string
			User     json.RawMessage
			Reopen   json.RawMessage `json:"reopenRequest"`
			Steps    []struct {
				Note    string
				Message json.RawMessage
				After   object
			}
		}
	}
	datasynctest.Read(t, filepath.Join(vectorDir, "sync.json"), &file)
	deviations := datasynctest.LoadDeviations(t, vectorDir, "sync/")
	steps := 0
	for _, s := range file.Scenarios {
		c := newCompiler()
		rules := compile(t, []byte(emptyMessage))
		valueOf := func(key string) any {
			detail, _ := answered(t, rules, key, s.User, nil)
			return detail["variation"]
		}
		remembered := map[string]any{}
		for i, step := range s.Steps {
			steps++
			t.Run(s.Scenario+"/"+step.Note, func(t *testing.T) {
				frame := []byte(step.Message)
				if text, isText := datasync.Text(frame); isText {
					frame = []byte(text)
				}
				state := "OK"
				compiled, _, err := c.Compile(source.Update{Body: frame, Origin: source.FromStream})
				notices := []string{}
				if err == nil {
					rules = compiled.(*ruleset)
					notices = append(notices, c.Changed()...)
				} else if _, parseErr := datasync.Parse(frame); parseErr != nil && parseErr != datasync.ErrIgnored {
					state = "OFF"
				}
				maybe, changed := []any{}, []any{}
				for _, key := range notices {
					if i == 0 || key != "a" && key != "b" {
						continue
					}
					now := valueOf(key)
					maybe = append(maybe, []any{key, now})
					if !datasynctest.Equal(remembered[key], now) {
						changed = append(changed, []any{key, remembered[key], now})
					}
					remembered[key] = now
				}
				if i == 0 {
					remembered["a"], remembered["b"] = valueOf("a"), valueOf("b")
				}
				values, names := object{}, []string{}
				for _, key := range rules.Keys() {
					values[key] = valueOf(key)
				}
				for _, id := range rules.Segments.Keys() {
					segment, _ := rules.Segments.Get(id)
					names = append(names, segment.Name())
				}
				slices.Sort(names)
				want := object{}
				for _, name := range []string{
					"state", "version", "values", "segments", "notices", "valueChanged", "valueMaybeChanged",
				} {
					want[name] = step.After[name]
				}
				name := "sync/" + s.Scenario + "/" + strconv.Itoa(i)
				datasynctest.RequireEqual(t, deviations.Want(t, name, want), object{
					"state": state, "version": rules.Newest(), "values": values, "segments": names, "notices": notices,
					"valueChanged": changed, "valueMaybeChanged": maybe,
				})
			})
		}
		require.JSONEq(t, string(s.Reopen), string(datasync.Request(c.Since())))
	}
	require.Equal(t, 31, steps)
	deviations.Done(t)
}
