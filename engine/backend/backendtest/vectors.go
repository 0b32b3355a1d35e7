// Package backendtest is what the tests of every backend share: the vectors, and the conformance suite.
package backendtest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FliptCase is one case of testdata/vectors/flipt, with the flags it is evaluated on.
type FliptCase struct {
	Name      string // unique: file, position and name
	Namespace string
	Document  json.RawMessage // as a server would send it; nil when EngineSnapshot is set
	Snapshot  json.RawMessage // engine snapshot; nil when Document is set
	Op        string          // variant, boolean, batch, list_flags, get_snapshot
	Request   json.RawMessage
	Want      any // decoded JSON: {"error":...} or the members of the result
	// Deviation is why Burgee answers Want although the vector says otherwise; empty when it agrees.
	Deviation string
}

type fliptFile struct {
	Namespace string            `json:"namespace"`
	Snapshot  json.RawMessage   `json:"snapshot"`
	Engine    json.RawMessage   `json:"engine_snapshot"`
	Cases     []fliptVector     `json:"cases"`
	Groups    []json.RawMessage `json:"groups"`
}

type fliptVector struct {
	Name    string          `json:"name"`
	Op      string          `json:"op"`
	Request json.RawMessage `json:"request"`
	Expect  any             `json:"expect"`
}

type deviation struct {
	Case   string `json:"case"` // file/position, or file/group/position
	Want   any    `json:"want"`
	Reason string `json:"reason"`
}

// FliptCases loads every evaluation vector from dir (testdata/vectors/flipt) and puts the deviations in place. A
// deviation that names no case, or that the vector agrees with by now, fails the test.
func FliptCases(t testing.TB, dir string) []FliptCase {
	t.Helper()
	deviations := loadDeviations(t, dir)
	var cases []FliptCase
	files, err := filepath.Glob(filepath.Join(dir, "[01]*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		if name == "16_http_sequences" {
			continue
		}
		var file fliptFile
		read(t, path, &file)
		cases = file.appendCases(cases, name)
		for i, raw := range file.Groups {
			group := fliptFile{Namespace: file.Namespace}
			require.NoError(t, json.Unmarshal(raw, &group))
			cases = group.appendCases(cases, fmt.Sprintf("%s/%02d", name, i))
		}
	}
	for i := range cases {
		id, _, _ := strings.Cut(cases[i].Name, " ")
		if d, ok := deviations[id]; ok {
			require.NotEqual(t, d.Want, cases[i].Want, "stale deviation %s", d.Case)
			cases[i].Want, cases[i].Deviation = d.Want, d.Reason
			delete(deviations, id)
		}
	}
	require.Empty(t, deviations, "deviations that name no case")
	return cases
}

func (f *fliptFile) appendCases(cases []FliptCase, prefix string) []FliptCase {
	for i, v := range f.Cases {
		name := fmt.Sprintf("%s/%03d", prefix, i)
		if v.Name != "" {
			name += " " + v.Name
		}
		cases = append(cases, FliptCase{
			Name: name, Namespace: f.Namespace, Document: f.Snapshot, Snapshot: f.Engine,
			Op: v.Op, Request: v.Request, Want: v.Expect,
		})
	}
	return cases
}

func loadDeviations(t testing.TB, dir string) map[string]deviation {
	t.Helper()
	var file struct {
		Cases []deviation `json:"cases"`
	}
	read(t, filepath.Join(dir, "deviations.json"), &file)
	byCase := map[string]deviation{}
	for _, d := range file.Cases {
		require.NotEmpty(t, d.Reason, d.Case)
		byCase[d.Case] = d
	}
	return byCase
}

func read(t testing.TB, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path) //nolint:gosec // a test's own data
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, into), path)
}
