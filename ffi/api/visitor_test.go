package api

import (
	"math"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/eval"
)

// heldFlags are the flags of one visitor, whose handle is 7, and what its vendor was told.
type heldFlags struct {
	flags     map[string]backend.VisitorFlag
	fallbacks []eval.Value
}

func (h *heldFlags) Read(visitor uint64, key string, out *backend.VisitorFlag) bool {
	*out = h.flags[key]
	return visitor == 7
}

func (h *heldFlags) Expose(_ uint64, key string, fallback eval.Value) backend.Exposure {
	fallback.Text = string([]byte(fallback.Text)) // as a backend does that keeps it
	h.fallbacks = append(h.fallbacks, fallback)
	if !h.flags[key].Found {
		return backend.NoSuchFlag
	}
	return backend.Queued
}

func (h *heldFlags) Close(visitor uint64) bool { return visitor == 7 }

func held(values ...eval.Value) *heldFlags {
	h := &heldFlags{flags: map[string]backend.VisitorFlag{
		"none": {FetchStatus: 2},
		"off":  {NotStarted: true, FetchReason: 1},
	}}
	for i, value := range values {
		h.flags[string(rune('a'+i))] = backend.VisitorFlag{
			Found: true, Value: value, ID: uint64(i + 1), Status: 2, FetchStatus: 4, FetchReason: 6,
		}
	}
	return h
}

func asksOf(visitor uint64, key string) *VisitorRequest {
	return &VisitorRequest{Visitor: visitor, Key: text(key)}
}

func visitorResult(capacity int) *VisitorFlag {
	return &VisitorFlag{Buffer: unsafe.SliceData(make([]byte, capacity)), Capacity: uintptr(capacity)}
}

func TestReadingAVisitorsFlag(t *testing.T) {
	h := held(eval.StringValue("grün"), eval.BoolValue(true), eval.Value{Kind: eval.Number, Text: "-1.50e2"}, eval.Value{},
		eval.Value{Kind: eval.JSON, Text: `{"a":[1]}`}, eval.BoolValue(false), eval.StringValue(""))
	for key, want := range map[string]struct {
		text    string
		number  float64
		boolean uint32
	}{
		"a": {text: "grün"}, "b": {boolean: 1}, "c": {text: "-1.50e2", number: -150}, "d": {}, "e": {text: `{"a":[1]}`}, "f": {}, "g": {},
	} {
		result := visitorResult(64)
		require.Empty(t, newCall().readVisitor(h, asksOf(7, key), result))
		require.Equal(t, want.text, string(unsafe.Slice(result.Buffer, result.Length)), key)
		require.InDelta(t, want.number, result.Number, 0)
		flag := h.flags[key]
		require.Equal(t, VisitorFlag{
			Buffer: result.Buffer, Capacity: 64, Length: uintptr(len(want.text)), ID: flag.ID, Number: want.number, ValueKind: uint32(flag.Value.Kind),
			Boolean: want.boolean, ValueLength: length(want.text), Status: 2, FetchStatus: 4, FetchReason: 6,
		}, *result)
	}
	require.Empty(t, h.fallbacks, "nobody asked for it")
}

func TestAFlagThatAVisitorDoesNotHave(t *testing.T) {
	h := held()
	result := visitorResult(0)
	require.Equal(t, eval.CodeFlagNotFound, newCall().readVisitor(h, asksOf(7, "none"), result))
	require.Equal(t, VisitorFlag{Buffer: result.Buffer, FetchStatus: 2}, *result)
	require.Equal(t, eval.CodeNotReady, newCall().readVisitor(h, asksOf(7, "off"), visitorResult(0)))
	request := asksOf(7, "none")
	request.Flags = expose
	newCall().readVisitor(h, request, result)
	require.Equal(t, uint32(backend.NoSuchFlag), result.Exposure, "why nothing was reported")
}

func TestTheDefaultIsPartOfTheReport(t *testing.T) {
	h := held(eval.BoolValue(true))
	digits := func(text string) eval.Value { return eval.Value{Kind: eval.Number, Text: text} }
	for _, c := range []struct {
		fallback Attribute
		want     eval.Value
	}{
		{str("", "none"), eval.StringValue("none")},
		{integer("", math.MinInt64), digits("-9223372036854775808")},
		{number("", 0.1), digits("0.1")},
		{Attribute{Kind: uint32(eval.Number), Text: text("1.0")}, digits("1.0")},
		{Attribute{Kind: uint32(eval.Bool), Integer: 1}, eval.BoolValue(true)},
		{Attribute{}, eval.Value{}},
		{Attribute{Kind: uint32(eval.JSON), Text: text("[]")}, eval.Value{Kind: eval.JSON, Text: "[]"}},
		{number("", math.NaN()), eval.Value{}},
		{number("", math.Inf(1)), eval.Value{}},
	} {
		h.fallbacks = nil
		result := visitorResult(0)
		request := &VisitorRequest{Visitor: 7, Key: text("a"), Fallback: c.fallback, Flags: expose}
		require.Empty(t, newCall().readVisitor(h, request, result))
		require.Equal(t, uint32(backend.Queued), result.Exposure)
		require.Equal(t, []eval.Value{c.want}, h.fallbacks)
	}
}

func TestNothingIsReportedOfAResultThatDoesNotFit(t *testing.T) {
	h := held(eval.StringValue("a long value"))
	request := asksOf(7, "a")
	request.Flags = expose
	for _, result := range []*VisitorFlag{visitorResult(11), {}, {Capacity: 100}} {
		require.Empty(t, newCall().readVisitor(h, request, result))
		require.Equal(t, uintptr(12), result.Length)
		require.Zero(t, result.Exposure)
		if result.Buffer != nil {
			require.Equal(t, make([]byte, 11), unsafe.Slice(result.Buffer, 11))
		}
	}
	require.Empty(t, h.fallbacks)
	require.Empty(t, newCall().readVisitor(h, request, visitorResult(12)))
	require.Len(t, h.fallbacks, 1)
}

func TestVisitorRequestsThatMakeNoSense(t *testing.T) {
	h := held(eval.BoolValue(true))
	for name, request := range map[string]*VisitorRequest{
		"NULL":               nil,
		"undeclared bit":     {Visitor: 7, Key: text("a"), Flags: 2},
		"key without data":   {Visitor: 7, Key: Text{Length: 5}},
		"key is not UTF-8":   {Visitor: 7, Key: text("\xff")},
		"unknown kind":       {Visitor: 7, Key: text("a"), Flags: expose, Fallback: Attribute{Kind: 6}},
		"default not UTF-8":  {Visitor: 7, Key: text("a"), Flags: expose, Fallback: str("", "\xff")},
		"default not JSON":   {Visitor: 7, Key: text("a"), Flags: expose, Fallback: Attribute{Kind: 4, Text: text("{")}},
		"default not digits": {Visitor: 7, Key: text("a"), Flags: expose, Fallback: Attribute{Kind: 2, Text: text("1x")}},
	} {
		result := visitorResult(8)
		require.Equal(t, eval.CodeInvalidRequest, newCall().readVisitor(h, request, result), name)
		require.Equal(t, VisitorFlag{Buffer: result.Buffer, Capacity: 8}, *result, "%s: there is no value then", name)
	}
	require.Empty(t, h.fallbacks)
	stranger := asksOf(8, "a")
	stranger.Flags = expose
	result := visitorResult(8)
	require.Equal(t, eval.CodeInvalidHandle, newCall().readVisitor(h, stranger, result))
	require.Equal(t, VisitorFlag{Buffer: result.Buffer, Capacity: 8}, *result)
	require.Empty(t, h.fallbacks)
}

func TestClientsWithoutVisitors(t *testing.T) {
	l, handle := opened(t)
	broken := l.InitializeEngine([]byte("5"))
	for client, code := range map[uint64]eval.Code{
		handle: eval.CodeInvalidHandle, 0: eval.CodeInvalidHandle, handle + 1<<32: eval.CodeInvalidHandle, broken: eval.CodeInvalidConfig,
	} {
		result := visitorResult(4)
		result.ID, result.Exposure, result.Length = 1, 1, 1
		require.Equal(t, code.Number(), l.VisitorFlagInto(client, asksOf(7, "a"), result))
		require.Equal(t, VisitorFlag{Buffer: result.Buffer, Capacity: 4, Code: code.Number()}, *result, "nothing is left of before")
		require.Equal(t, code.Number(), l.CloseVisitor(client, 7))
	}
	require.Equal(t, eval.CodeInvalidRequest.Number(), l.VisitorFlagInto(handle, nil, nil))
}

func TestAPanicOfVisitorsIsAnAnswer(t *testing.T) {
	l := panicking()
	handle, err := l.handles.reserve()
	require.NoError(t, err)
	l.handles.publish(&entry{handle: handle}) // neither a client nor broken: every use of it panics
	result := visitorResult(4)
	require.Equal(t, eval.CodeInternal.Number(), l.VisitorFlagInto(handle, asksOf(7, "a"), result))
	require.Equal(t, VisitorFlag{Buffer: result.Buffer, Capacity: 4, Code: eval.CodeInternal.Number()}, *result)
	require.Equal(t, eval.CodeInternal.Number(), l.CloseVisitor(handle, 7))
}
