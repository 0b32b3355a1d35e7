package connect

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/option"
	"github.com/burgee-flags/burgee/engine/source"
)

const file = `{"campaigns":[{"id":"c","variationGroups":[{"id":"g","targeting":{"targetingGroups":[{"targetings":[{"operator":"EQUALS",` +
	`"key":"fs_all_users","value":""}]}]},"variations":[{"id":"v","allocation":100,"modifications":{"type":"FLAG","value":{"on":true}}}]}]}]}`

// taking are queues that take everything.
type taking struct{}

func (taking) Report(int, int64, []byte) bool   { return true }
func (taking) Flush(context.Context, int) error { return nil }

// running is a client with a file, which nobody fetches, and a visitor with flags.
func running(t testing.TB) (*backend.Plan, uint64) {
	opts, err := option.New([]byte(`{"env_id":"e","api_key":"k","document":` + file + `}`))
	require.NoError(t, err)
	plan, err := Open(opts, backend.Env{Getenv: func(string) string { return "" }})
	require.NoError(t, err)
	require.NoError(t, opts.Err(""))
	require.Empty(t, opts.Unknown())
	t.Cleanup(plan.Close)
	plan.Start(taking{})
	_, _, err = plan.Compiler.Compile(source.Update{Body: []byte(file), Origin: source.FromHost})
	require.NoError(t, err)
	made := run(t, plan, "visitor.new", `{"id":"v","consent":true}`)
	var visitor struct{ Visitor uint64 }
	require.NoError(t, json.Unmarshal(made, &visitor))
	require.Contains(t, string(run(t, plan, "visitor.fetch", fmt.Sprintf(`{"visitor":%d}`, visitor.Visitor))), `"done":true`)
	return plan, visitor.Visitor
}

func run(t testing.TB, plan *backend.Plan, method, params string) []byte {
	t.Helper()
	result, err := plan.Methods["flagship."+method].Run(t.Context(), &backend.Call{Params: []byte(params)})
	require.NoError(t, err)
	text, err := json.Marshal(result)
	require.NoError(t, err)
	return text
}

func TestReadingAndExposingDoNotAllocate(t *testing.T) {
	plan, visitor := running(t)
	var flag backend.VisitorFlag
	require.Zero(t, testing.AllocsPerRun(100, func() { plan.Visitors.Read(visitor, "on", &flag) }))
	require.Equal(t, eval.BoolValue(true), flag.Value)
	require.Equal(t, backend.Queued, plan.Visitors.Expose(visitor, "on", eval.Value{}))
	require.Zero(t, testing.AllocsPerRun(100, func() { plan.Visitors.Expose(visitor, "on", eval.Value{}) }))
	ec, out := eval.Context{TargetingKey: "v"}, eval.Outcome{Variant: "v", Segments: []string{"g"}}
	buffer := make([]byte, 0, 1<<10)
	require.Zero(t, testing.AllocsPerRun(100, func() { plan.Events.Exposure(buffer, &ec, &out, 1) }))
}

// Whatever a host says is answered.
func FuzzMethods(f *testing.F) {
	plan, _ := running(f)
	var names []string
	for name := range plan.Methods {
		names = append(names, name)
	}
	slices.Sort(names)
	for i := range names {
		for _, params := range []string{
			`{"visitor":16777216,"key":"on","default":[1],"wait":false}`, `{"id":"é","consent":true,"context":{"a":1e999,"":{}},"flags":[5]}`,
			`{"visitor":16777216,"hit":{"type":"event"},"consent":false,"listens":true,"id":"x","context":{"a":null}}`, `{"id":1,"result":{}}`,
			`{"id":"a","consent":true,"campaigns":[{"id":"c"}],"anonymous_id":"b","quiet":true}`, `{"timeout_ms":0}`,
		} {
			f.Add(uint8(i), []byte(params)) //nolint:gosec // a short list
		}
	}
	f.Fuzz(func(t *testing.T, method uint8, params []byte) {
		name := names[int(method)%len(names)]
		result, err := plan.Methods[name].Run(t.Context(), &backend.Call{Params: params})
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		_, err = json.Marshal(result)
		require.NoError(t, err, name)
	})
}
