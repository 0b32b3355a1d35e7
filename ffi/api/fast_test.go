package api

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/eval"
)

func text(s string) Text { return Text{Data: unsafe.StringData(s), Length: uintptr(len(s))} }

func str(name, value string) Attribute {
	return Attribute{Name: text(name), Text: text(value), Kind: uint32(eval.String)}
}

func integer(name string, value int64) Attribute {
	return Attribute{Name: text(name), Integer: value, Kind: kindInteger}
}

func number(name string, value float64) Attribute {
	return Attribute{Name: text(name), Number: value, Kind: uint32(eval.Number)}
}

func fastRequest(key string, w want, attributes ...Attribute) *Request {
	return &Request{
		FlagKey: text(key), TargetingKey: text("u"), Attributes: unsafe.SliceData(attributes), AttributeCount: uintptr(len(attributes)), Want: uint32(w),
	}
}

func fastResult(capacity int) *Result {
	return &Result{Buffer: unsafe.SliceData(make([]byte, capacity)), Capacity: uintptr(capacity)}
}

type texts struct {
	value, variant, attachment, message string
	segments                            []string
	vendor                              vendorTexts
}

type vendorTexts struct{ reason, flagName, ruleName string }

// read takes the texts apart as the header says that they stand.
func (r *Result) read(t *testing.T) texts {
	t.Helper()
	require.LessOrEqual(t, r.Length, r.Capacity)
	rest := string(unsafe.Slice(r.Buffer, r.Length))
	next := func(n uint32) string {
		s := rest[:n]
		rest = rest[n:]
		return s
	}
	var got texts
	got.value, got.variant = next(r.ValueLength), next(r.VariantLength)
	if r.AttachmentLength != absent {
		got.attachment = next(r.AttachmentLength)
	}
	got.message = next(r.MessageLength)
	for range r.SegmentCount {
		got.segments = append(got.segments, next(binary.NativeEndian.Uint32([]byte(next(4)))))
	}
	got.vendor = vendorTexts{next(r.VendorReasonLength), next(r.FlagNameLength), next(r.RuleNameLength)}
	require.Empty(t, rest)
	return got
}

func TestResolveInto(t *testing.T) {
	l, handle := opened(t)
	hex := `{"hex":"#FFBF00"}`
	both := []string{"everybody", "pro-users"}
	cases := []struct {
		name    string
		request *Request
		code    eval.Code
		kind    eval.Kind
		want    texts
		boolean uint32
		matched uint32
	}{
		{"string", fastRequest("theme", wantString, str("plan", "pro")), "", eval.String, texts{"amber", "amber", hex, "", both, vendorTexts{}}, 0, 1},
		{"any", fastRequest("theme", wantAny, str("plan", "pro")), "", eval.String, texts{"amber", "amber", hex, "", both, vendorTexts{}}, 0, 1},
		{"object", fastRequest("theme", wantObject, str("plan", "pro")), "", eval.JSON, texts{hex, "amber", hex, "", both, vendorTexts{}}, 0, 1},
		{"number", fastRequest("limit", wantNumber), "", eval.Number, texts{"-12.50", "-12.50", "", "", []string{"everybody"}, vendorTexts{}}, 0, 1},
		{"boolean", fastRequest("dark", wantBoolean, str("plan", "pro")), "", eval.Bool, texts{segments: []string{"pro-users"}}, 1, 1},
		{"no match", fastRequest("dark", wantBoolean), "", eval.Bool, texts{}, 0, 0},
		{"no value", fastRequest("bare", wantString), "", eval.Null, texts{}, 0, 0},
		{"Flipt variant", fastRequest("theme", wantFliptVariant, str("plan", "pro")), "", eval.String, texts{"amber", "", hex, "", both, vendorTexts{}}, 0, 1},
		{"Flipt drops other kinds", fastRequest("theme", wantFliptVariant, str("plan", "pro"), integer("plan", 5)), "", eval.String, texts{"grey", "", "", "", nil, vendorTexts{}}, 0, 0},
		{"Flipt boolean", fastRequest("dark", wantFliptBoolean, str("plan", "pro")), "", eval.Bool, texts{segments: []string{"pro-users"}}, 1, 1},
		{"Flipt any", fastRequest("dark", wantFliptAny), "", eval.Bool, texts{}, 0, 0},
		{"Flipt wrong type", fastRequest("dark", wantFliptVariant), eval.CodeTypeMismatch, eval.Null, texts{message: "invalid request: dark is not a variant flag"}, 0, 0},
		{"Flipt wrong type", fastRequest("theme", wantFliptBoolean), eval.CodeTypeMismatch, eval.Null, texts{message: "invalid request: theme is not a boolean flag"}, 0, 0},
		{"unknown", fastRequest("x", wantFliptAny), eval.CodeFlagNotFound, eval.Null, texts{message: "invalid request: failed to get flag information shop/x"}, 0, 0},
		{"mismatch", fastRequest("theme", wantBoolean), eval.CodeTypeMismatch, eval.Null, texts{message: "flag theme of type variant has no boolean value here"}, 0, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			result := fastResult(512)
			require.Equal(t, c.code.Number(), l.ResolveInto(handle, c.request, result))
			got := result.read(t)
			require.Equal(t, c.want, got)
			require.Equal(t, c.code.Number(), result.Code)
			require.Equal(t, uint32(c.kind), result.ValueKind)
			require.Equal(t, c.boolean, result.Boolean)
			require.Equal(t, c.matched, result.Matched)
			require.Equal(t, uint64(1), result.Version)
			if c.code != "" {
				require.Zero(t, result.ID, "an error is not to be kept")
				require.Equal(t, uint32(eval.ReasonError), result.Reason)
			}
		})
	}
}

func TestNumbersCarryTheirDouble(t *testing.T) {
	l, handle := opened(t)
	result := fastResult(64)
	l.ResolveInto(handle, fastRequest("limit", wantNumber), result)
	require.InDelta(t, -12.5, result.Number, 0)
}

func TestTheIdNamesTheTexts(t *testing.T) {
	l, handle := opened(t)
	byID := map[uint64]texts{}
	for _, key := range []string{"bare", "big", "dark", "limit", "off", "theme"} {
		for w := range wants {
			for _, plan := range []string{"pro", "free"} {
				result := fastResult(1 << 14)
				if l.ResolveInto(handle, fastRequest(key, w, str("plan", plan)), result) != 0 || result.ID == 0 {
					continue
				}
				got := result.read(t)
				if known, ok := byID[result.ID]; ok {
					require.Equal(t, known, got, "%s %d %s", key, w, plan)
				}
				byID[result.ID] = got
			}
		}
	}
	require.NotEmpty(t, byID)
}

func TestTooSmallABufferIsUntouched(t *testing.T) {
	l, handle := opened(t)
	for _, result := range []*Result{fastResult(10), {}} {
		require.Zero(t, l.ResolveInto(handle, fastRequest("big", wantString), result))
		require.Greater(t, result.Length, uintptr(5000))
		if result.Buffer != nil {
			require.Equal(t, make([]byte, 10), unsafe.Slice(result.Buffer, 10))
		}
		again := fastResult(int(result.Length))
		require.Zero(t, l.ResolveInto(handle, fastRequest("big", wantString), again))
		require.Len(t, again.read(t).value, 2000)
	}
}

func TestFastRequestsThatMakeNoSense(t *testing.T) {
	l, handle := opened(t)
	broken := l.InitializeEngine([]byte("5"))
	require.Equal(t, eval.CodeInvalidRequest.Number(), l.ResolveInto(handle, nil, nil))
	far := Text{Length: 5}
	huge := Text{Data: unsafe.StringData("x"), Length: math.MaxUint}
	for _, c := range []struct {
		handle  uint64
		request *Request
		code    eval.Code
	}{
		{0, fastRequest("theme", wantAny), eval.CodeInvalidHandle},
		{handle + 1<<32, fastRequest("theme", wantAny), eval.CodeInvalidHandle},
		{broken, fastRequest("theme", wantAny), eval.CodeInvalidConfig},
		{handle, nil, eval.CodeInvalidRequest},
		{handle, fastRequest("theme", wants), eval.CodeInvalidRequest},
		{handle, fastRequest("th\xffme", wantAny), eval.CodeInvalidRequest},
		{handle, &Request{FlagKey: far}, eval.CodeInvalidRequest},
		{handle, &Request{FlagKey: huge}, eval.CodeInvalidRequest},
		{handle, &Request{TargetingKey: text("\xff")}, eval.CodeInvalidRequest},
		{handle, &Request{AttributeCount: 1}, eval.CodeInvalidRequest},
		{handle, &Request{AttributeCount: math.MaxUint, Attributes: &Attribute{}}, eval.CodeInvalidRequest},
		{handle, fastRequest("theme", wantAny, str("\xff", "v")), eval.CodeInvalidRequest},
		{handle, fastRequest("theme", wantAny, str("n", "\xff")), eval.CodeInvalidContext},
		{handle, fastRequest("theme", wantAny, number("n", math.NaN())), eval.CodeInvalidContext},
		{handle, fastRequest("theme", wantAny, number("n", math.Inf(-1))), eval.CodeInvalidContext},
		{handle, fastRequest("theme", wantAny, Attribute{Name: text("n"), Text: text("01"), Kind: 2}), eval.CodeInvalidContext},
		{handle, fastRequest("theme", wantAny, Attribute{Name: text("n"), Text: text(`"s"`), Kind: 4}), eval.CodeInvalidContext},
		{handle, fastRequest("theme", wantAny, Attribute{Name: text("n"), Text: text(`{"a"}`), Kind: 4}), eval.CodeInvalidContext},
		{handle, fastRequest("theme", wantAny, Attribute{Name: text("n"), Kind: 6}), eval.CodeInvalidContext},
	} {
		result := fastResult(512)
		require.Equal(t, c.code.Number(), l.ResolveInto(c.handle, c.request, result), "%+v", c.request)
		require.NotEmpty(t, result.read(t).message)
		require.Equal(t, uint32(absent), result.AttachmentLength)
	}
}

func TestAttributesAreValues(t *testing.T) {
	for _, c := range []struct {
		attribute Attribute
		want      eval.Value
	}{
		{str("n", "text"), eval.StringValue("text")},
		{integer("n", math.MinInt64), eval.Value{Kind: eval.Number, Text: "-9223372036854775808"}},
		{number("n", 1), eval.Value{Kind: eval.Number, Text: "1"}},
		{number("n", 0.1), eval.Value{Kind: eval.Number, Text: "0.1"}},
		{number("n", -1e21), eval.Value{Kind: eval.Number, Text: "-1e+21"}},
		{number("n", 1e-7), eval.Value{Kind: eval.Number, Text: "1e-07"}},
		{Attribute{Kind: 2, Text: text("1.50")}, eval.Value{Kind: eval.Number, Text: "1.50"}},
		{Attribute{Kind: 1, Integer: 7}, eval.BoolValue(true)},
		{Attribute{Kind: 1}, eval.BoolValue(false)},
		{Attribute{Kind: 0, Text: text("ignored")}, eval.Value{}},
		{Attribute{Kind: 4, Text: text(` [1] `)}, eval.Value{Kind: eval.JSON, Text: " [1] "}},
	} {
		var value eval.Value
		require.Empty(t, newCall().readAttribute(&c.attribute, &value))
		require.Equal(t, c.want, value)
	}
	many := make([]Attribute, 300)
	for i := range many {
		many[i] = number(strings.Repeat("n", i+1), float64(i))
	}
	c := newCall()
	code, _ := c.readAttributes(fastRequest("k", wantAny, many...))
	require.Empty(t, code)
	require.Equal(t, "0", c.context.Attributes[0].Value.Text, "the scratch has grown since")
	require.Equal(t, "299", c.context.Attributes[299].Value.Text)
}

func TestIsASCIILooksAtEveryByte(t *testing.T) {
	for n := range 40 {
		text := []byte(strings.Repeat("a", n))
		require.True(t, isASCII(string(text)))
		for i := range text {
			text[i] = 0x80
			require.False(t, isASCII(string(text)), "byte %d of %d", i, n)
			text[i] = 'a'
		}
	}
}
