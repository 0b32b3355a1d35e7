package featureflagco

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/backend/datasync/datasynctest"
	"github.com/burgee-flags/burgee/engine/bucket"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/predicate"
	"github.com/burgee-flags/burgee/engine/source"
)

const vectorDir = "../../../testdata/vectors/ffc"

type object = datasynctest.Object

func compile(t testing.TB, document []byte, secret string) *ruleset {
	t.Helper()
	prefix, err := idPrefix(secret)
	require.NoError(t, err)
	return datasynctest.Compile(t, newCompiler(prefix), source.Update{Body: document, Origin: source.FromInline}).(*ruleset)
}

func evalFiles(t testing.TB) []datasynctest.EvalFile { return datasynctest.EvalFiles(t, vectorDir, 9) }

// pythonUser makes the context of a Python user, as the Python package does it. The error is the reason.
func pythonUser(user json.RawMessage) (eval.Context, string) {
	attributes, isObject := datasynctest.Attributes(user)
	if !isObject {
		return eval.Context{}, "user is not valid"
	}
	var ec eval.Context
	var key, keyID eval.Value
	for _, a := range attributes {
		switch a.Name {
		case "key":
			key = a.Value
		case "keyid":
			keyID = a.Value
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
	ec.TargetingKey = key.Text
	_, _, problem := checkUser(&ec)
	return ec, problem
}

// answered is what the Python package makes of an evaluation.
func answered(t testing.TB, rules eval.Ruleset, key string, user json.RawMessage, fallback any) (object, *eval.Outcome) {
	t.Helper()
	ec, problem := pythonUser(user)
	out := &eval.Outcome{}
	rules.Resolve(key, &ec, out)
	if out.ErrorCode != "" {
		require.True(t, problem == "" || out.VendorReason == reasonUser || out.VendorReason == reasonNotFound)
		keyName := key
		if key == "" {
			keyName = "flag key unknown"
		}
		return object{
			"variation": fallback, "success": false, "message": out.VendorReason, "id": -1, "reason": out.VendorReason,
			"keyName": keyName, "name": "flag name unknown", "event": nil,
		}, out
	}
	entries := []any{}
	for _, e := range append(slices.Clone(out.Prerequisites), out.Exposure()) {
		entries = append(entries, object{
			"featureFlagKeyName": e.FlagKey, "sendToExperiment": e.InExperiment,
			"variation": object{
				"localId": json.Number(e.Variant), "variationValue": datasynctest.JSON(t, e.Served), "reason": e.VendorReason,
			},
		})
	}
	return object{
		"variation": datasynctest.JSON(t, out.Value), "success": true, "message": "OK", "id": json.Number(out.Variant),
		"reason": out.VendorReason, "keyName": out.FlagKey, "name": out.FlagName, "event": entries,
	}, out
}

// isEnabled is the SDK's method of that name.
func isEnabled(t testing.TB, rules eval.Ruleset, key string, user json.RawMessage) any {
	t.Helper()
	answer, out := answered(t, rules, key, user, "off")
	text, isText := answer["variation"].(string)
	if !isText {
		text = out.Value.String()
	}
	switch strings.ToLower(text) {
	case "y", "yes", "t", "true", "on", "1":
		return 1
	case "n", "no", "f", "false", "off", "0":
		return 0
	}
	return false
}

func TestEvaluationVectors(t *testing.T) {
	datasynctest.RunEvaluations(t, vectorDir, evalFiles(t), 271, func(t *testing.T, rules eval.Ruleset, c *datasynctest.EvalCase) any {
		got, out := answered(t, rules, c.Key(), c.User, c.Default)
		got["isEnabled"] = isEnabled(t, rules, c.Key(), c.User)
		require.Equal(t, out.ErrorCode == "", out.ID != 0)
		return got
	}, func(file datasynctest.EvalFile) eval.Ruleset { return compile(t, file.Data, file.EnvSecret) })
}

func TestHashVectors(t *testing.T) {
	hash := func(text string) float64 { return bucket.MD5Fraction("", "", text) }
	datasynctest.RunHashes(t, vectorDir, hash, func(text string, bounds []byte) bool {
		r, usable := datasync.ReadRange(bounds)
		return usable && (r.All || r.Accepts(hash(text)))
	})
}

func TestUserVectors(t *testing.T) {
	datasynctest.RunUsers(t, vectorDir, 23, pythonUser, appendIdentify, func(ec *eval.Context, property string) (string, bool) {
		user, _, _ := checkUser(ec)
		e := evaluation{ec: ec, user: user}
		return e.attribute(originOf(property), property)
	})
}

func TestFlagIDVectors(t *testing.T) {
	var file struct {
		FlagIDs []struct {
			EnvSecret string `json:"env_secret"`
			Key       any
			ID        *string
		}
	}
	datasynctest.Read(t, filepath.Join(vectorDir, "config.json"), &file)
	require.Len(t, file.FlagIDs, 7)
	for i, c := range file.FlagIDs {
		t.Run("flag id/"+strconv.Itoa(i), func(t *testing.T) {
			key, _ := c.Key.(string) // the package hands over no key that is not a text
			prefix, err := idPrefix(c.EnvSecret)
			if c.ID == nil {
				require.True(t, err != nil || predicate.Blank(key))
				return
			}
			require.NoError(t, err)
			require.Equal(t, *c.ID, prefix+key)
			require.Equal(t, key, keyOf(*c.ID, prefix))
			require.Equal(t, key, keyOf(*c.ID, ""))
		})
	}
}

func TestAllFlagsVectors(t *testing.T) {
	var file struct {
		EnvSecret string
		Data      json.RawMessage
		Cases     []struct {
			Name   string
			User   json.RawMessage
			Expect struct {
				Success  bool
				Message  string
				KeyNames []string
				JSON     struct{ Data []any }
				Get      []struct {
					Key    string
					Detail any
				}
			}
		}
	}
	datasynctest.Read(t, filepath.Join(vectorDir, "all-flags.json"), &file)
	require.NotEmpty(t, file.Cases)
	rules := compile(t, file.Data, file.EnvSecret)
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			details := map[string]any{}
			keys, list, message := []string{}, []any{}, "OK"
			add := func(key string, detail object) {
				for _, name := range []string{"event", "success", "message"} {
					delete(detail, name)
				}
				keys, list = append(keys, key), append(list, detail)
				details[key] = detail
			}
			for _, key := range rules.Order() {
				detail, out := answered(t, rules, key, c.User, "flag value unknown")
				if out.ErrorCode != "" { // one entry stands for all
					message = out.VendorReason
					keys, list = nil, nil
					detail["keyName"] = "flag key unknown"
					add("flag key unknown", detail)
					break
				}
				add(key, detail)
			}
			require.Equal(t, c.Expect.Message, message)
			require.Equal(t, c.Expect.Success, message == "OK")
			require.Equal(t, c.Expect.KeyNames, keys)
			datasynctest.RequireEqual(t, c.Expect.JSON.Data, list)
			for _, get := range c.Expect.Get {
				datasynctest.RequireEqual(t, get.Detail, details[get.Key])
			}
		})
	}
}

func TestEventVectors(t *testing.T) {
	var file struct {
		EnvSecret string
		Data      json.RawMessage
		Cases     []struct {
			Name string
			Call struct {
				Method, Key string
				User        json.RawMessage
				EventName   json.RawMessage
				Value       json.RawMessage
				Metrics     json.RawMessage
			}
			Payload any
		}
	}
	datasynctest.Read(t, filepath.Join(vectorDir, "events.json"), &file)
	require.NotEmpty(t, file.Cases)
	rules := compile(t, file.Data, file.EnvSecret)
	deviations := datasynctest.LoadDeviations(t, vectorDir, "events/")
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			var elements [][]byte
			ec, problem := pythonUser(c.Call.User)
			switch {
			case problem != "":
			case c.Call.Method == "variation", c.Call.Method == "is_enabled":
				_, out := answered(t, rules, c.Call.Key, c.Call.User, nil)
				if out.ErrorCode == "" {
					datasynctest.RequireDrafts(t, Open, rules, c.Call.Key, &ec)
					elements = append(elements, appendServed(nil, &ec, out.Prerequisites, out.Exposure(), 0))
				}
			default:
				metrics := datasynctest.Metrics(c.Call.EventName, c.Call.Value, c.Call.Metrics)
				if c.Call.Metrics != nil && slices.ContainsFunc(metrics, func(m datasync.Metric) bool { return m.Value.Kind == eval.String }) {
					break // comparing a text with 0 fails, and nothing is sent
				}
				if event := appendMetrics(nil, &ec, metrics, "pythonserverside"); event != nil {
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
		c := newCompiler("")
		for i, step := range s.Steps {
			steps++
			t.Run(s.Scenario+"/"+step.Note, func(t *testing.T) {
				compiled, _, err := c.Compile(source.Update{Body: step.Message, Origin: source.FromStream})
				require.NoError(t, err)
				rules := compiled.(*ruleset)
				values := object{}
				for _, key := range rules.Keys() {
					detail, _ := answered(t, rules, key, json.RawMessage(`{"key":"u-1"}`), nil)
					values[key] = detail["variation"]
				}
				want := object{}
				for _, name := range []string{"version", "values", "segments"} {
					want[name] = step.After[name]
				}
				datasynctest.RequireEqual(t, deviations.Want(t, "sync/"+s.Scenario+"/"+strconv.Itoa(i), want), object{
					"version": rules.Newest(), "values": values, "segments": rules.Segments.Len(),
				})
			})
		}
	}
	require.Equal(t, 11, steps)
	deviations.Done(t)
}
