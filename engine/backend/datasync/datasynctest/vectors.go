// Package datasynctest is what the tests of FeatBit and featureflag.co share: their vectors have one form.
package datasynctest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// Read decodes a file of vectors. Numbers keep their text.
func Read(t testing.TB, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path) //nolint:gosec // a test's own data
	require.NoError(t, err)
	Decode(t, text, into)
}

// Decode decodes JSON whose numbers keep their text.
func Decode(t testing.TB, text []byte, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	require.NoError(t, d.Decode(into))
}

// Deviations are the cases in which Burgee answers differently from the vectors, on purpose.
type Deviations struct {
	cases map[string]deviation
}

type deviation struct {
	Case   string `json:"case"`
	Want   any    `json:"want"`
	Reason string `json:"reason"`
}

// LoadDeviations reads deviations.json of a directory of vectors, those of the files whose name prefix begins.
func LoadDeviations(t testing.TB, dir, prefix string) *Deviations {
	t.Helper()
	var file struct {
		Cases []deviation `json:"cases"`
	}
	Read(t, filepath.Join(dir, "deviations.json"), &file)
	d := &Deviations{cases: map[string]deviation{}}
	for _, c := range file.Cases {
		require.NotEmpty(t, c.Reason, c.Case)
		if len(c.Case) >= len(prefix) && c.Case[:len(prefix)] == prefix {
			d.cases[c.Case] = c
		}
	}
	return d
}

// Want returns what the case with this name has to answer: what the vector says, unless there is a deviation. One that
// the vector agrees with fails the test.
func (d *Deviations) Want(t testing.TB, name string, vector any) any {
	t.Helper()
	c, ok := d.cases[name]
	if !ok {
		return vector
	}
	require.False(t, Equal(c.Want, vector), "stale deviation %s", name)
	delete(d.cases, name)
	return c.Want
}

// Done fails if a deviation names no case.
func (d *Deviations) Done(t testing.TB) {
	t.Helper()
	for name := range d.cases {
		t.Errorf("the deviation %s names no case", name)
	}
}

// Equal compares decoded JSON; numbers by their value, as Python does.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		if !ok {
			return false
		}
		if strings.ContainsAny(a.String()+b.String(), ".eE") { // one is a float, and then both are compared as such
			x, err1 := a.Float64()
			y, err2 := b.Float64()
			return err1 == nil && err2 == nil && x == y
		}
		return a == b
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !Equal(a[i], b[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for name, value := range a {
			other, there := b[name]
			if !there || !Equal(value, other) {
				return false
			}
		}
		return true
	}
	return a == b
}

// RequireEqual compares anything with decoded JSON.
func RequireEqual(t testing.TB, want, got any) {
	t.Helper()
	text, err := json.Marshal(got)
	require.NoError(t, err)
	var decoded any
	Decode(t, text, &decoded)
	wanted, err := json.Marshal(want)
	require.NoError(t, err)
	require.True(t, Equal(want, decoded), "want %s\n got %s", wanted, text)
}

// Attributes lists the members of a user in their order, as a Python program would hand them over.
func Attributes(user json.RawMessage) (attributes []eval.Attribute, isObject bool) {
	isObject = jsonscan.Members(bytes.TrimSpace(user), func(name string, value []byte) {
		attributes = append(attributes, eval.Attribute{Name: string([]byte(name)), Value: datasync.Value(value)})
	})
	return attributes, isObject
}

// Metrics is what the Python package makes of track_metric(name, value), or of track_metrics(many) when name is nil.
func Metrics(name, value, many json.RawMessage) []datasync.Metric {
	if name == nil {
		attributes, _ := Attributes(many)
		var metrics []datasync.Metric
		for _, a := range attributes {
			metrics = append(metrics, datasync.Metric{Name: eval.StringValue(a.Name), Value: a.Value})
		}
		return metrics
	}
	m := datasync.Metric{Name: datasync.Value(name), Value: eval.Value{Kind: eval.Number, Text: "1.0"}}
	if value != nil {
		m.Value = datasync.Value(value)
	}
	return []datasync.Metric{m}
}

// Falsy reports whether Python takes the value for false.
func Falsy(v eval.Value) bool {
	switch v.Kind {
	case eval.Null:
		return true
	case eval.Bool:
		return !v.Bool
	case eval.String:
		return v.Text == ""
	default:
		return !datasync.Truthy([]byte(v.Text))
	}
}

// JSON returns a value as decoded JSON.
func JSON(t testing.TB, v eval.Value) any {
	t.Helper()
	text, err := json.Marshal(v.Any())
	require.NoError(t, err)
	var decoded any
	Decode(t, text, &decoded)
	return decoded
}
