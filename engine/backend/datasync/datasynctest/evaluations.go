package datasynctest

import (
	"encoding/json"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/source"
)

// Object is a decoded JSON object.
type Object = map[string]any

// EvalFile is one file of the folder eval of a vendor's vectors.
type EvalFile struct {
	Group     string
	EnvSecret string          // of vendors whose flags are known by it
	Data      json.RawMessage // the message to load
	Cases     []EvalCase
}

// EvalCase is one evaluation.
type EvalCase struct {
	ID, Note string
	Flag     any
	User     json.RawMessage
	Default  any
	Expect   any
}

// Key is the flag's key; empty for one that is not a text.
func (c *EvalCase) Key() string {
	key, _ := c.Flag.(string)
	return key
}

// EvalFiles reads the files of dir/eval, of which there are count.
func EvalFiles(t testing.TB, dir string, count int) []EvalFile {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "eval", "*.json"))
	require.NoError(t, err)
	require.Len(t, paths, count)
	files := make([]EvalFile, len(paths))
	for i, path := range paths {
		Read(t, path, &files[i])
	}
	return files
}

// RunEvaluations compares what answer returns for every case of the files with the vector, or with its deviation.
func RunEvaluations(
	t *testing.T, dir string, files []EvalFile, cases int,
	answer func(t *testing.T, rules eval.Ruleset, c *EvalCase) any, compile func(EvalFile) eval.Ruleset,
) {
	deviations := LoadDeviations(t, dir, "eval/")
	count := 0
	for _, file := range files {
		rules := compile(file)
		for i := range file.Cases {
			c := &file.Cases[i]
			count++
			t.Run(strings.TrimSpace(c.ID+" "+c.Note), func(t *testing.T) {
				RequireEqual(t, deviations.Want(t, "eval/"+c.ID, c.Expect), answer(t, rules, c))
			})
		}
	}
	require.Equal(t, cases, count)
	deviations.Done(t)
}

// RunHashes compares hash and in with rollout-hash.json: the place of a text between 0 and 1, and whether it is in a range.
func RunHashes(t *testing.T, dir string, hash func(text string) float64, in func(text string, bounds []byte) bool) {
	var file struct {
		Hash []struct {
			Key   string
			Value any
		}
		Membership []struct {
			Key   string
			Range json.RawMessage
			In    bool
		}
	}
	Read(t, filepath.Join(dir, "rollout-hash.json"), &file)
	require.NotEmpty(t, file.Hash)
	deviations := LoadDeviations(t, dir, "rollout-hash/")
	for _, c := range file.Hash {
		t.Run("hash/"+c.Key, func(t *testing.T) {
			RequireEqual(t, deviations.Want(t, "rollout-hash/"+c.Key, c.Value), hash(c.Key))
		})
	}
	for _, c := range file.Membership {
		name := c.Key + strings.Join(strings.Fields(string(c.Range)), "")
		t.Run("membership/"+name, func(t *testing.T) {
			require.Equal(t, deviations.Want(t, "rollout-hash/"+name, c.In), in(c.Key, c.Range))
		})
	}
	deviations.Done(t)
}

// RunUsers compares the users of events, and the lookup of attributes, with users.json. user makes the context of a Python
// user, or says what is wrong with it; identify writes an event with the user alone.
func RunUsers(
	t *testing.T, dir string, cases int, user func(json.RawMessage) (eval.Context, string),
	identify func(dst []byte, ec *eval.Context) []byte, lookup func(ec *eval.Context, property string) (string, bool),
) {
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
	Read(t, filepath.Join(dir, "users.json"), &file)
	require.Len(t, file.Cases, cases)
	for i, c := range file.Cases {
		t.Run("user/"+strconv.Itoa(i), func(t *testing.T) {
			ec, problem := user(c.User)
			if c.Raises != nil {
				require.Equal(t, c.Raises.Message, problem)
				return
			}
			require.Empty(t, problem)
			var element Object
			Decode(t, identify(nil, &ec), &element)
			RequireEqual(t, c.Event, element["user"])
		})
	}
	for _, c := range file.Lookup.Cases {
		t.Run("lookup/"+c.Property, func(t *testing.T) {
			ec, problem := user(file.Lookup.User)
			require.Empty(t, problem)
			text, ok := lookup(&ec, c.Property)
			require.Equal(t, c.Value != nil, ok)
			if ok {
				require.Equal(t, *c.Value, text)
			}
		})
	}
}

// RequireUniqueIDs evaluates every flag of every file for every user that is one, and fails if two different outcomes
// share an id: a caller may keep what it made of one for ever. There must be more than least.
func RequireUniqueIDs(
	t *testing.T, files []EvalFile, least int, user func(json.RawMessage) (eval.Context, string),
	compile func(EvalFile) eval.Ruleset,
) {
	type content struct {
		flag, value, variant, reason, words, rule string
		experiment                                bool
	}
	known := map[uint64]content{}
	for _, file := range files {
		rules := compile(file)
		for _, c := range file.Cases {
			ec, problem := user(c.User)
			if problem != "" {
				continue
			}
			for _, key := range rules.Keys() {
				var out eval.Outcome
				rules.Resolve(key, &ec, &out)
				if out.ID == 0 {
					require.NotEmpty(t, out.ErrorCode)
					continue
				}
				now := content{
					out.FlagKey, out.Value.String(), out.Variant, out.Reason.String(), out.VendorReason, out.RuleName, out.InExperiment,
				}
				before, ok := known[out.ID]
				require.True(t, !ok || before == now, "%v and %v", before, now)
				known[out.ID] = now
			}
		}
	}
	require.Greater(t, len(known), least)
}

// Message joins items into a data-sync message that came over a stream.
func Message(event string, flags, segments []string) source.Update {
	return source.Update{Origin: source.FromStream, Body: []byte(
		`{"messageType":"data-sync","data":{"eventType":"` + event + `","featureFlags":[` + strings.Join(flags, ",") +
			`],"segments":[` + strings.Join(segments, ",") + `]}}`)}
}

// Compile applies an update that makes sense.
func Compile(t testing.TB, c backend.Compiler, u source.Update) eval.Ruleset {
	t.Helper()
	rules, _, err := c.Compile(u)
	require.NoError(t, err)
	return rules
}

// Value is what a user with this key gets, or why there is nothing.
func Value(rules eval.Ruleset, key, user string) string {
	var out eval.Outcome
	rules.Resolve(key, &eval.Context{TargetingKey: user}, &out)
	return out.Value.String() + out.ErrorMessage
}
