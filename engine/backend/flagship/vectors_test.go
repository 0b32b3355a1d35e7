package flagship

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/datasync/datasynctest"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/jsonscan"
	"github.com/burgee-flags/burgee/engine/source"
)

const vectorDir = "../../../testdata/vectors/flagship"

type object = map[string]any

// engine is one of the programs that the vectors were made with, and our settings for it.
type engine struct {
	name      string
	targeting Targeting
	hashes    sdk.HashInput
	language  sdk.Language
}

var engines = []engine{
	{"js", ByJavaScript, sdk.LowBytes, sdk.JavaScript},
	{"python", ByPython, sdk.Packed, sdk.Python},
	{"go", ByDecisionAPI, sdk.UTF8, sdk.JavaScript},
}

func compile(t testing.TB, file []byte, targeting Targeting) *Ruleset {
	t.Helper()
	rules, _, err := (&compiler{targeting: targeting}).Compile(source.Update{Body: file})
	require.NoError(t, err)
	return rules.(*Ruleset)
}

func attributesOf(raw []byte) (attributes []eval.Attribute) {
	jsonscan.Members(raw, func(name string, value []byte) {
		attributes = append(attributes, eval.Attribute{Name: strings.Clone(name), Value: evaljson.Value(value)})
	})
	return attributes
}

// shownFlags are the flags of a decision as the vectors write them.
func shownFlags(t testing.TB, d *Decision, e engine) object {
	t.Helper()
	flags := object{}
	for i := range d.Flags {
		f := &d.Flags[i]
		text := evaljson.AppendValue([]byte(`{"value":`), f.Value)
		text = append(f.From.AppendMetadata(text, e.language), '}')
		var shown object
		datasynctest.Decode(t, text, &shown)
		if e.name == "go" {
			withoutNames(shown)
		}
		require.NotContains(t, flags, f.Key)
		flags[f.Key] = shown
	}
	return flags
}

func withoutNames(flag object) {
	for _, name := range []string{"campaignName", "variationGroupName", "variationName"} {
		delete(flag, name)
	}
}

type evaluationCase struct {
	Name         string
	Visitor      string  `json:"visitor_id"`
	Anonymous    *string `json:"anonymous_id"`
	Context      json.RawMessage
	Same         []string `json:"same_as_expect"`
	Expect       *expectation
	ExpectJS     *expectation `json:"expect_js_5_1_6"`
	ExpectPython *expectation `json:"expect_python"`
	ExpectGo     *expectation `json:"expect_go"`

	// Of the files with records.
	Consent       *bool
	Cache         map[string]json.RawMessage
	CachePython   map[string]json.RawMessage `json:"cache_python"`
	Assigned      map[string]string          `json:"assignments"`
	AnonymousHist map[string]string          `json:"anonymous_assignments"`
}

type expectation struct {
	Flags      object
	Panic      bool
	FetchError bool `json:"fetch_error"`
	Written    [][2]json.RawMessage
}

// of returns what an engine answered; nil if it was not asked.
func (c *evaluationCase) of(engine string) *expectation {
	special := map[string]*expectation{"js": c.ExpectJS, "python": c.ExpectPython, "go": c.ExpectGo}[engine]
	switch {
	case special != nil:
		return special
	case engine == "js" || slices.Contains(c.Same, engine):
		return c.Expect
	}
	return nil
}

// flagsOf are the expected flags with the members that the engine has.
func (x *expectation) flagsOf(engine string) object {
	flags := object{}
	for key, flag := range x.Flags {
		copied := object{}
		for name, value := range flag.(object) {
			copied[name] = value
		}
		if engine != "js" {
			withoutNames(copied)
		}
		flags[key] = copied
	}
	return flags
}

type evaluationFile struct {
	Bucketing json.RawMessage
	Cases     []evaluationCase
}

func TestEvaluationVectors(t *testing.T) {
	for file, want := range map[string]int{
		"allocation_edges": 40, "allocation_fractional": 60, "duplicate_campaign_id": 1, "example_environment": 13, "groups": 14,
		"missing_key_string_operator": 3, "multi_campaign": 4, "no_campaigns": 1, "panic": 1, "targeting_cases": 286,
		"variation_groups": 7,
	} {
		var f evaluationFile
		datasynctest.Read(t, filepath.Join(vectorDir, file+".json"), &f)
		require.Len(t, f.Cases, want)
		for _, e := range engines {
			prefix := file + "/" + e.name + "/"
			deviations := datasynctest.LoadDeviations(t, vectorDir, prefix)
			rules := compile(t, f.Bucketing, e.targeting)
			var d Decision
			for i := range f.Cases {
				c := &f.Cases[i]
				expected := c.of(e.name)
				if expected == nil {
					continue
				}
				t.Run(prefix+c.Name, func(t *testing.T) {
					require.False(t, expected.FetchError)
					visitor := Visitor{ID: c.Visitor, Context: attributesOf(c.Context), Hashes: e.hashes}
					rules.Decide(&visitor, &d)
					got := shownFlags(t, &d, e)
					datasynctest.RequireEqual(t, deviations.Want(t, prefix+c.Name, expected.flagsOf(e.name)), got)
					require.Equal(t, expected.Panic, d.Panic)
					requireSameOneByOne(t, rules, &visitor, &d)
				})
			}
			deviations.Done(t)
		}
	}
}

// requireSameOneByOne asks for each flag alone.
func requireSameOneByOne(t *testing.T, rules *Ruleset, v *Visitor, d *Decision) {
	t.Helper()
	alone := *rules
	alone.hashes = v.Hashes
	ec := eval.Context{TargetingKey: v.ID, Attributes: v.Context}
	for _, key := range rules.Keys() {
		var out eval.Outcome
		alone.Resolve(key, &ec, &out)
		require.Empty(t, out.ErrorCode)
		f := d.Find(key)
		if f == nil {
			require.Empty(t, out.Variant, key)
			require.Equal(t, eval.Value{}, out.Value, key)
			continue
		}
		require.Equal(t, f.Value, out.Value, key)
		require.Equal(t, f.From.VariationID, out.Variant, key)
		require.Equal(t, []string{f.From.VariationGroupID}, out.Segments, key)
		require.Equal(t, f.ID, out.ID, key)
	}
}

func TestTargetingMatrixVectors(t *testing.T) {
	var file struct {
		Rows []struct {
			ID, Operator string
			Value        json.RawMessage
			Context      json.RawMessage
			JS516        bool `json:"js_5_1_6"`
			JS           any
			Python, Go   bool
		}
	}
	datasynctest.Read(t, filepath.Join(vectorDir, "targeting_matrix.json"), &file)
	require.Len(t, file.Rows, 840)
	for _, e := range engines {
		prefix := "targeting_matrix/" + e.name + "/"
		deviations := datasynctest.LoadDeviations(t, vectorDir, prefix)
		for _, row := range file.Rows {
			t.Run(prefix+row.ID+" "+row.Operator, func(t *testing.T) {
				var context []eval.Attribute
				if row.Context != nil {
					context = []eval.Attribute{{Name: "k", Value: evaljson.Value(row.Context)}}
				}
				want := map[string]bool{"js": row.JS516, "python": row.Python, "go": row.Go}[e.name]
				want = deviations.Want(t, prefix+row.ID, want).(bool)
				requireMatch(t, want, e.targeting, oneRule(row.Operator, string(row.Value)), context...)
			})
		}
		deviations.Done(t)
	}
}

func TestAllocationVectors(t *testing.T) {
	var ascii struct {
		Columns   []string
		Bucketing json.RawMessage
		Rows      [][]any
	}
	var other struct {
		Columns []string
		Rows    []struct {
			Visitor string `json:"visitor_id"`
			JS      []any
			Python  []any
			Go      []any
		}
	}
	datasynctest.Read(t, filepath.Join(vectorDir, "allocation_hash.json"), &ascii)
	datasynctest.Read(t, filepath.Join(vectorDir, "allocation_hash_non_ascii.json"), &other)
	require.Len(t, ascii.Rows, 248)
	require.Len(t, other.Rows, 22)
	require.Equal(t, ascii.Columns[1:], other.Columns)
	for _, e := range engines {
		rules := compile(t, ascii.Bucketing, e.targeting)
		var d Decision
		check := func(t *testing.T, visitor string, want []any) {
			rules.Decide(&Visitor{ID: visitor, Hashes: e.hashes}, &d)
			found := map[string]string{}
			for _, a := range d.Allocations {
				found[a.VariationGroupID] = a.VariationID
			}
			for i, group := range other.Columns {
				if want[i] == nil {
					require.NotContains(t, found, group)
					continue
				}
				require.Equal(t, fmt.Sprintf("%s-v%v", group, want[i]), found[group])
			}
		}
		for _, row := range ascii.Rows {
			id := row[0].(string)
			t.Run(e.name+"/"+id, func(t *testing.T) { check(t, id, row[1:]) })
		}
		for _, row := range other.Rows {
			t.Run(e.name+"/"+row.Visitor, func(t *testing.T) {
				check(t, row.Visitor, map[string][]any{"js": row.JS, "python": row.Python, "go": row.Go}[e.name])
			})
		}
	}
}

func TestMalformedFileVectors(t *testing.T) {
	type answer struct{ Flags []any }
	var file struct {
		Rows []struct {
			Name     string
			Campaign json.RawMessage
			JS       answer `json:"js_5_1_6"`
			Python   answer
			Go       answer
		}
	}
	datasynctest.Read(t, filepath.Join(vectorDir, "malformed_files.json"), &file)
	require.Len(t, file.Rows, 17)
	const neighbour = `{"id":%q,"variationGroups":[{"id":"g","targeting":{"targetingGroups":[{"targetings":[{"operator":"EQUALS",` +
		`"key":"fs_all_users","value":""}]}]},"variations":[{"id":"v","allocation":100,"modifications":{"value":{%[1]q:1}}}]}]}`
	for _, e := range engines {
		prefix := "malformed_files/" + e.name + "/"
		deviations := datasynctest.LoadDeviations(t, vectorDir, prefix)
		for _, row := range file.Rows {
			t.Run(prefix+row.Name, func(t *testing.T) {
				text := fmt.Sprintf(`{"campaigns":[`+neighbour+`,%[2]s,`, "ok", row.Campaign) + fmt.Sprintf(neighbour, "last") + `]}`
				var d Decision
				compile(t, []byte(text), e.targeting).Decide(&Visitor{ID: "visitor_1", Hashes: e.hashes}, &d)
				keys := []any{}
				for _, f := range d.Flags {
					keys = append(keys, f.Key)
				}
				slices.SortFunc(keys, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
				want := map[string]answer{"js": row.JS, "python": row.Python, "go": row.Go}[e.name].Flags
				require.Equal(t, deviations.Want(t, prefix+row.Name, want), keys)
			})
		}
		deviations.Done(t)
	}
}
