package datasync_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-json"
	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/backend/datasync/datasynctest"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/source"
)

// note is the simplest flag there can be: it has a value, and may ask other notes and segments.
type note struct {
	Key            string
	At             int64
	Archived       bool
	Value          string
	Asks, Segments []string
}

func (n note) String() string {
	text, _ := json.Marshal(n)
	return string(text)
}

type notes struct{ *datasync.Rules[note] }

func (n notes) Resolve(key string, _ *eval.Context, out *eval.Outcome) {
	out.Reset(key)
	if f, ok := n.Flags.Get(key); ok {
		out.Value = eval.StringValue(f.Value)
	}
}

func (n notes) Flag(key string) (eval.Flag, bool) {
	_, ok := n.Flags.Get(key)
	return eval.Flag{Key: key, Fingerprint: n.Fingerprint(key)}, ok
}

func readNote(text []byte) (item datasync.Item, err error) {
	var n note
	if err := json.Unmarshal(text, &n); err != nil || n.Key == "" {
		return item, errors.New("lacks a key")
	}
	return datasync.Item{Key: n.Key, At: n.At, Archived: n.Archived}, nil
}

var compilations int

func newNotes() *datasync.Compiler[note] {
	return datasync.NewCompiler(datasync.Vendor[note]{
		ReadFlag: readNote, ReadSegment: readNote,
		CompileFlag: func(_ string, text []byte) (made datasync.Compiled[note]) {
			compilations++
			_ = json.Unmarshal(text, &made.Item)
			made.Asks = datasync.Asks{Flags: made.Item.Asks, Segments: made.Item.Segments}
			if made.Item.Value == "odd" {
				made.Problems = []string{"is odd"}
			}
			return made
		},
		CompileSegment: func(_ string, text []byte) (made datasync.Compiled[datasync.Segment]) {
			var n note
			_ = json.Unmarshal(text, &n)
			made.Asks.Segments = n.Segments
			return made
		},
		Ruleset: func(rules *datasync.Rules[note]) eval.Ruleset { return notes{rules} },
	})
}

func texts(items []note) []string {
	list := make([]string, len(items))
	for i := range items {
		list[i] = items[i].String()
	}
	return list
}

// send compiles a message.
func send(t testing.TB, c *datasync.Compiler[note], origin source.Origin, event string, flags, segments []note) notes {
	t.Helper()
	u := datasynctest.Message(event, texts(flags), texts(segments))
	u.Origin = origin
	return datasynctest.Compile(t, c, u).(notes)
}

func values(n notes) string {
	var held []string
	for _, key := range n.Order() {
		f, _ := n.Flags.Get(key)
		held = append(held, key+"="+f.Value)
	}
	return strings.Join(held, " ")
}

// The vendors' clients compare with the newest item of all, and lose what comes second here.
func TestAnItemOfAPatchIsComparedWithItsOwnCopy(t *testing.T) {
	c := newNotes()
	require.Zero(t, c.Since())
	first := send(t, c, source.FromStream, "full", []note{{Key: "a", At: 10, Value: "a1"}, {Key: "b", At: 20, Value: "b1"}}, nil)
	require.Equal(t, []string{"a", "b"}, c.Changed())
	require.Equal(t, int64(20), c.Since())
	for _, step := range []struct {
		name     string
		flags    []note
		segments []note
		want     string
		changed  []string
		version  int64
	}{
		{"older than another item", []note{{Key: "a", At: 15, Value: "a2"}}, nil, "a=a2 b=b1", []string{"a"}, 20},
		{"as old as its copy", []note{{Key: "a", At: 15, Value: "a3"}}, nil, "a=a2 b=b1", nil, 20},
		{"older than its copy", []note{{Key: "a", At: 9, Value: "a4"}}, nil, "a=a2 b=b1", nil, 20},
		{"two of one time, with a segment older than them",
			[]note{{Key: "b", At: 30, Value: "b2"}, {Key: "c", At: 30, Value: "c1", Segments: []string{"s"}}},
			[]note{{Key: "s", At: 29}}, "a=a2 b=b2 c=c1", []string{"b", "c"}, 30},
		{"by time, not as they stand in the message", []note{{Key: "b", At: 50, Value: "b3"}, {Key: "a", At: 40, Value: "a5"}}, nil,
			"a=a5 b=b3 c=c1", []string{"a", "b"}, 50},
		{"a segment alone", nil, []note{{Key: "s", At: 31, Value: "more"}}, "a=a5 b=b3 c=c1", []string{"c"}, 50},
		{"nothing", nil, nil, "a=a5 b=b3 c=c1", nil, 50},
		{"archived", []note{{Key: "a", At: 60, Archived: true}}, nil, "b=b3 c=c1", []string{"a"}, 60},
		{"older than what was archived", []note{{Key: "a", At: 55, Value: "a6"}}, nil, "b=b3 c=c1", nil, 60},
		{"restored, where it was", []note{{Key: "a", At: 70, Value: "a7"}}, nil, "a=a7 b=b3 c=c1", []string{"a"}, 70},
		{"an archived segment", nil, []note{{Key: "s", At: 61, Archived: true}}, "a=a7 b=b3 c=c1", []string{"c"}, 70},
	} {
		got := send(t, c, source.FromStream, "patch", step.flags, step.segments)
		require.Equal(t, step.want, values(got), step.name)
		require.Equal(t, step.changed, c.Changed(), step.name)
		require.Equal(t, step.version, c.Since(), step.name)
		require.Equal(t, step.version, got.Newest(), step.name)
	}
	require.Equal(t, "a=a1 b=b1", values(first), "a published rule set does not change")
}

// A server that knows less than is held takes no flags away; a file always counts.
func TestWhatReplacesEverything(t *testing.T) {
	held := []note{{Key: "a", At: 10, Value: "a1"}, {Key: "b", At: 10, Value: "b1"}}
	for _, c := range []struct {
		origin source.Origin
		event  string
		at     int64
		taken  bool
	}{
		{source.FromStream, "full", 11, true}, {source.FromStream, "full", 10, false}, {source.FromStream, "full", 9, false},
		{source.FromServer, "full", 9, true},
		{source.FromHost, "full", 11, true}, {source.FromHost, "full", 10, false}, {source.FromHost, "patch", 11, true},
		{source.FromHost, "patch", 10, false},
		{source.FromFile, "full", 9, true}, {source.FromFile, "patch", 9, true}, {source.FromInline, "full", 0, true},
		{source.FromSnapshot, "full", 9, true},
		{source.FromCache, "full", 10, true}, {source.FromCache, "full", 9, false}, {source.FromRestored, "full", 9, false},
	} {
		compiler := newNotes()
		before := send(t, compiler, source.FromInline, "full", held, nil)
		after := send(t, compiler, c.origin, c.event, []note{{Key: "b", At: c.at, Value: "b2"}}, nil)
		if !c.taken {
			require.Equal(t, before, after, "%+v", c)
			require.Empty(t, compiler.Changed())
			require.Equal(t, int64(10), compiler.Since())
			continue
		}
		require.Equal(t, "b=b2", values(after), "%+v", c)
		require.Equal(t, []string{"b", "a"}, compiler.Changed())
		require.Equal(t, c.at, compiler.Since())
	}
}

func TestAnEmptyEnvironmentIsOne(t *testing.T) {
	for _, origin := range []source.Origin{source.FromStream, source.FromServer, source.FromHost, source.FromFile} {
		c := newNotes()
		require.Empty(t, send(t, c, origin, "full", nil, nil).Keys())
		require.Zero(t, c.Since())
		require.Equal(t, "a=a1", values(send(t, c, source.FromStream, "patch", []note{{Key: "a", At: 1, Value: "a1"}}, nil)))
	}
}

func TestOfItemsWithOneKeyTheLastCounts(t *testing.T) {
	c := newNotes()
	got := send(t, c, source.FromStream, "full", []note{
		{Key: "a", At: 9, Value: "a1"}, {Key: "b", At: 2, Value: "b1"}, {Key: "a", At: 1, Value: "a2"},
	}, nil)
	require.Equal(t, "a=a2 b=b1", values(got))
}

func TestWhatAsksAChangedItemIsAnnounced(t *testing.T) {
	c := newNotes()
	send(t, c, source.FromStream, "full", []note{
		{Key: "d", At: 1}, {Key: "c", At: 1, Segments: []string{"outer"}}, {Key: "b", At: 1, Asks: []string{"c"}},
		{Key: "a", At: 1, Asks: []string{"b", "a"}},
	}, []note{{Key: "outer", At: 1, Segments: []string{"inner", "outer"}}, {Key: "inner", At: 1}})
	send(t, c, source.FromStream, "patch", nil, []note{{Key: "inner", At: 2}})
	require.Equal(t, []string{"c", "b", "a"}, c.Changed(), "in the order of the store")
	send(t, c, source.FromStream, "patch", []note{{Key: "b", At: 3, Value: "x"}}, nil)
	require.Equal(t, []string{"b", "a"}, c.Changed())
}

// Everything is held by the document, so that it can stand for a full message and the patches after it.
func TestTheDocumentHoldsEverything(t *testing.T) {
	c := newNotes()
	send(t, c, source.FromStream, "full", []note{{Key: "b", At: 1, Value: "b1"}, {Key: "a", At: 2, Value: "a1"}}, []note{{Key: "s", At: 1}})
	was := send(t, c, source.FromStream, "patch", []note{{Key: "b", At: 3, Archived: true}, {Key: "a", At: 4, Value: "a2"}}, nil)
	require.Equal(t, was.Document(), c.Document())

	again := newNotes()
	u := source.Update{Body: c.Document(), Origin: source.FromCache}
	rules := datasynctest.Compile(t, again, u).(notes)
	require.Equal(t, c.Since(), again.Since())
	require.Equal(t, "a=a2", values(rules))
	require.Equal(t, 1, rules.Segments.Len())
	rules = send(t, again, source.FromStream, "patch", []note{{Key: "b", At: 2, Value: "old"}}, nil)
	require.Equal(t, "a=a2", values(rules), "older than the archived copy")
	rules = send(t, again, source.FromStream, "patch", []note{{Key: "b", At: 5, Value: "b2"}}, nil)
	require.Equal(t, "b=b2 a=a2", values(rules), "where it first stood")
}

func TestWhatDidNotChangeIsNotCompiledAgain(t *testing.T) {
	c := newNotes()
	flags := []note{{Key: "a", At: 1, Value: "a1"}, {Key: "b", At: 2, Value: "odd"}}
	compilations = 0
	first := send(t, c, source.FromFile, "full", flags, nil)
	require.Equal(t, 2, compilations)
	slices.Reverse(flags)
	again := send(t, c, source.FromFile, "full", flags, nil)
	require.Equal(t, 2, compilations)
	require.Empty(t, c.Changed())
	require.Equal(t, "b=odd a=a1", values(again), "the order is the document's")
	require.Equal(t, "a=a1 b=odd", values(first))
	u := datasynctest.Message("patch", []string{note{Key: "a", At: 3, Value: "odd"}.String()}, nil)
	_, warnings, err := c.Compile(u)
	require.NoError(t, err)
	require.Equal(t, "a is odd", warnings[0].FlagKey+" "+warnings[0].Message)
	require.Len(t, warnings, 1)
}

// The body of an update is written over after Compile has returned.
func TestNothingOfAMessageIsKept(t *testing.T) {
	c := newNotes()
	u := datasynctest.Message("full", []string{`{"Key":"a","At":1,"Value":"a1"}`}, []string{`{"Key":"s","At":1}`})
	rules := datasynctest.Compile(t, c, u).(notes)
	clear(u.Body)
	require.Equal(t, []string{"a"}, c.Changed())
	require.Equal(t, "a=a1", values(rules))
	require.Equal(t, `{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[{"Key":"a","At":1,"Value":"a1"}],`+
		`"segments":[{"Key":"s","At":1}]}}`, string(c.Document()))
}

func TestAnItemThatLacksItsIdentityIsLeftOut(t *testing.T) {
	c := newNotes()
	send(t, c, source.FromStream, "full", []note{{Key: "a", At: 1, Value: "a1"}}, nil)
	u := datasynctest.Message("patch", []string{`{}`, `{"Key":"a","At":2,"Value":"a2"}`}, []string{`{"Key":"s"}`, `5`})
	for _, origin := range []source.Origin{source.FromFile, source.FromInline, source.FromHost} {
		u.Origin = origin
		_, _, err := c.Compile(u)
		require.EqualError(t, err, "featureFlags[0] lacks a key", "whoever wrote it can mend it")
		require.Equal(t, int64(1), c.Since())
	}
	u.Origin = source.FromStream
	rules, warnings, err := c.Compile(u)
	require.NoError(t, err)
	require.Equal(t, "a=a2", values(rules.(notes)))
	require.Equal(t, []backend.Warning{
		{Message: "left out: featureFlags[0] lacks a key"}, {Message: "left out: segments[1] lacks a key"},
	}, warnings)
}

// Random patches leave the same as a map would.
func TestPatchesAddUp(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // a repeatable test
	c := newNotes()
	rules := send(t, c, source.FromStream, "full", nil, nil)
	want := map[string]string{}
	at := int64(0)
	for range 300 {
		before, held := rules, values(rules)
		var flags []note
		for range random.IntN(40) {
			at++
			n := note{Key: fmt.Sprint("k", random.IntN(60)), At: at, Value: fmt.Sprint(at), Archived: random.IntN(3) == 0}
			flags = append(flags, n)
			if delete(want, n.Key); !n.Archived {
				want[n.Key] = n.Value
			}
		}
		rules = send(t, c, source.FromStream, "patch", flags, nil)
		require.Equal(t, held, values(before))
		require.IsIncreasing(t, append([]string{""}, rules.Keys()...))
		require.Len(t, want, rules.Flags.Len())
		for key, value := range want {
			got, ok := rules.Flags.Get(key)
			require.True(t, ok)
			require.Equal(t, value, got.Value)
		}
	}
}
