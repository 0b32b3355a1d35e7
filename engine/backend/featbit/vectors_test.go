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

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/backend/datasync/datasynctest"
	"github.com/burgee-flags/burgee/engine/bucket"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/predicate"
	"github.com/burgee-flags/burgee/engine/source"
)

const vectorDir = "../../../testdata/vectors/featbit"

type object = map[string]any

func TestMain(m *testing.M) {
	time.Local = time.UTC //nolint:gosmopolitan // the vectors were made there
	os.Exit(m.Run())
}

func compile(t testing.TB, document []byte) *ruleset {
	t.Helper()
	rules, _, err := (&compiler{}).Compile(source.Update{Body: document, Origin: source.FromInline})
	require.NoError(t, err)
	return rules.(*ruleset)
}

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
func answered(t testing.TB, rules *ruleset, key string, user json.RawMessage, fallback any) (object, *eval.Outcome) {
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

type evalFile struct {
	Group string
	Data  json.RawMessage
	Cases []struct {
		ID, Note string
		Flag     any
		User     json.RawMessage
		Default  any
		Expect   any
	}
}

func evalFiles(t testing.TB) []evalFile {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(vectorDir, "eval", "*.json"))
	require.NoError(t, err)
	require.Len(t, paths, 11)
	files := make([]evalFile, len(paths))
	for i, path := range paths {
		datasynctest.Read(t, path, &files[i])
	}
	return files
}

func TestEvaluationVectors(t *testing.T) {
	deviations := datasynctest.LoadDeviations(t, vectorDir, "eval/")
	count := 0
	for _, file := range evalFiles(t) {
		rules := compile(t, file.Data)
		for _, c := range file.Cases {
			count++
			t.Run(strings.TrimSpace(c.ID+" "+c.Note), func(t *testing.T) {
				key, _ := c.Flag.(string)
				got, out := answered(t, rules, key, c.User, c.Default)
				datasynctest.RequireEqual(t, deviations.Want(t, "eval/"+c.ID, c.Expect), got)
				require.Equal(t, out.ErrorCode == "" && !strings.Contains(out.VendorReason, "not"), out.ID != 0)
			})
		}
	}
	require.Equal(t, 511, count)
	deviations.Done(t)
}

func TestHashVectors(t *testing.T) {
	var file struct {
		Hash []struct {
			Key   string
			Value float64
		}
		Membership []struct {
			Key   string
			Range json.RawMessage
			In    bool
		}
	}
	datasynctest.Read(t, filepath.Join(vectorDir, "rollout-hash.json"), &file)
	require.NotEmpty(t, file.Hash)
	for _, c := range file.Hash {
		t.Run("hash/"+c.Key, func(t *testing.T) {
			require.InDelta(t, c.Value, bucket.MD5Fraction("", c.Key, ""), 0)
		})
	}
	deviations := datasynctest.LoadDeviations(t, vectorDir, "rollout-hash/")
	for _, c := range file.Membership {
		name := c.Key + strings.Join(strings.Fields(string(c.Range)), "")
		t.Run("membership/"+name, func(t *testing.T) {
			var r rollout
			in := r.readRange(c.Range) && (r.all || r.accepts(bucket.MD5Fraction("", c.Key, "")))
			require.Equal(t, deviations.Want(t, "rollout-hash/"+name, c.In), in)
		})
	}
	deviations.Done(t)
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
			w, err := readItem([]byte(`{"id":"s","isArchived":false,"updatedAt":`+string(c.UpdatedAt)+`}`), segmentKind, 0)
			require.NoError(t, err)
			require.Equal(t, c.Millis, w.at)
		})
	}
}

func TestUserVectors(t *testing.T) {
	var file struct {
		Cases []struct {
			User   json.RawMessage
			Event  any
			Raises *struct{ Message string }
		}
		Lookup struct {
			User  json.RawMessage
			Cases []struct {
				Property string
				Value    *string
			}
		}
	}
	datasynctest.Read(t, filepath.Join(vectorDir, "users.json"), &file)
	require.Len(t, file.Cases, 18)
	for i, c := range file.Cases {
		t.Run("user/"+strconv.Itoa(i), func(t *testing.T) {
			ec, problem := pythonUser(c.User)
			if c.Raises != nil {
				require.Equal(t, c.Raises.Message, problem)
				return
			}
			require.Empty(t, problem)
			u, err := NewUser(&ec)
			require.NoError(t, err)
			var element object
			datasynctest.Decode(t, AppendIdentify(nil, &u), &element)
			datasynctest.RequireEqual(t, c.Event, element["user"])
		})
	}
	for _, c := range file.Lookup.Cases {
		t.Run("lookup/"+c.Property, func(t *testing.T) {
			ec, problem := pythonUser(file.Lookup.User)
			require.Empty(t, problem)
			name, _, _ := checkUser(&ec)
			e := evaluation{ec: &ec, name: name}
			text, ok := e.attribute(originOf(c.Property), c.Property)
			require.Equal(t, c.Value != nil, ok)
			if ok {
				require.Equal(t, *c.Value, text)
			}
		})
	}
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
			listed, err := flagKeys(t.Context(), &backend.Call{Rules: rules})
			require.NoError(t, err)
			details := map[string]any{}
			keys, list, reason := []string{}, []any{}, "OK"
			for _, key := range listed.(flagKeysResult).Keys {
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
			u, _ := NewUser(&ec)
			switch {
			case problem != "":
			case c.Call.Method == "variation":
				_, out := answered(t, rules, c.Call.Key, c.Call.User, nil)
				if out.ErrorCode == "" {
					exposure := out.Exposure()
					elements = append(elements, AppendEvaluation(nil, &u, &exposure, 0))
				}
			case c.Call.Method == "identify":
				elements = append(elements, AppendIdentify(nil, &u))
			case c.Call.Method != "get_all_latest_flag_variations":
				metrics := metricsOf(c.Call.EventName, c.Call.Value, c.Call.Metrics)
				if event := AppendMetrics(nil, &u, metrics, "pythonserverside", 0); event != nil {
					elements = append(elements, event)
				}
			}
			var payload any
			datasynctest.Decode(t, datasync.Payload(elements...), &payload)
			datasynctest.RequireEqual(t, deviations.Want(t, "events/"+c.Name, c.Payload), payload)
		})
	}
	deviations.Done(t)
}

// metricsOf is what the Python package makes of track_metric and track_metrics.
func metricsOf(name, value, many json.RawMessage) []Metric {
	if name == nil {
		attributes, _ := datasynctest.Attributes(many)
		var metrics []Metric
		for _, a := range attributes {
			metrics = append(metrics, Metric{Name: eval.StringValue(a.Name), Value: a.Value})
		}
		return metrics
	}
	m := Metric{Value: eval.Value{Kind: eval.Number, Text: "1.0"}}
	if value != nil {
		m.Value = datasync.Value(value)
	}
	m.Name = datasync.Value(name)
	return []Metric{m}
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
		c := &compiler{}
		rules := emptyRuleset()
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
				for _, id := range rules.segments.Keys() {
					segment, _ := rules.segments.Get(id)
					names = append(names, segment.name)
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
					"state": state, "version": c.Version(), "values": values, "segments": names, "notices": notices,
					"valueChanged": changed, "valueMaybeChanged": maybe,
				})
			})
		}
		require.JSONEq(t, string(s.Reopen), string(datasync.Request(c.Version())))
	}
	require.Equal(t, 31, steps)
	deviations.Done(t)
}
