package api

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
	"unsafe"

	"github.com/burgee-flags/burgee/engine/eval"
)

// Text is burgee_text.
type Text struct {
	Data   *byte
	Length uintptr
}

// Attribute is burgee_attribute.
type Attribute struct {
	Name     Text
	Text     Text
	Number   float64
	Integer  int64
	Kind     uint32
	Reserved uint32
}

// Request is burgee_request.
type Request struct {
	FlagKey        Text
	TargetingKey   Text
	Attributes     *Attribute
	AttributeCount uintptr
	Want           uint32
	Flags          uint32
	Known          *uint64
	KnownCount     uintptr
}

// Result is burgee_result.
type Result struct {
	Buffer             *byte
	Capacity           uintptr
	Length             uintptr
	ID                 uint64
	Version            uint64
	Number             float64
	Code               uint32
	Reason             uint32
	FlagType           uint32
	ValueKind          uint32
	Boolean            uint32
	Matched            uint32
	ValueLength        uint32
	VariantLength      uint32
	AttachmentLength   uint32
	MessageLength      uint32
	SegmentCount       uint32
	VendorReasonLength uint32
	FlagNameLength     uint32
	RuleNameLength     uint32
	InExperiment       uint32
	Reserved           uint32
}

// Bits of Request.Flags.
const (
	noExposure   = 1 // BURGEE_NO_EXPOSURE
	noExperiment = 2 // BURGEE_NO_EXPERIMENT
	validTexts   = 4 // BURGEE_VALID_TEXTS
	knownTexts   = 8 // BURGEE_KNOWN_TEXTS
	flagBits     = noExposure | noExperiment | validTexts | knownTexts
)

// absent is BURGEE_ABSENT.
const absent = math.MaxUint32

// kindInteger is BURGEE_INTEGER, which only attributes have. The others are eval.Kind.
const kindInteger = 5

const (
	// maxAttributes and maxText keep an invented count or length from being followed for ever. They are above anything
	// that fits into a request.
	maxAttributes = 1 << 20
	maxText       = 1 << 30
)

// ResolveInto evaluates the request into the result and returns its code. Both belong to the caller.
func (l *Library) ResolveInto(handle uint64, request *Request, result *Result) (code uint32) {
	if result == nil {
		return eval.CodeInvalidRequest.Number()
	}
	defer containFast(result, &code)
	c := newCall()
	e := l.resolveFast(handle, request, c)
	c.write(request, result)
	// When the result does not fit the caller comes again.
	if e != nil && request.Flags&noExposure == 0 && result.Length <= result.Capacity {
		c.record = e.client.Expose(c.record, &c.context, &c.outcome)
	}
	c.done()
	return result.Code
}

// containFast turns a panic into an INTERNAL error without text. It is deferred.
func containFast(result *Result, code *uint32) {
	if recover() != nil {
		*code = eval.CodeInternal.Number()
		*result = Result{
			Buffer: result.Buffer, Capacity: result.Capacity, Code: *code, Reason: uint32(eval.ReasonError), AttachmentLength: absent,
		}
	}
}

// resolveFast leaves the outcome in c. It returns whose flag was evaluated; nil if there was nothing to evaluate.
func (l *Library) resolveFast(handle uint64, request *Request, c *call) *entry {
	out := &c.outcome
	out.Version = 0
	e := l.handles.get(handle)
	switch {
	case e == nil:
		fail(out, errHandle)
		return nil
	case e.broken != nil:
		fail(out, e.broken)
		return nil
	case request == nil:
		out.Fail(eval.CodeInvalidRequest, "the request is NULL")
		return nil
	case request.Want >= uint32(wants):
		out.Fail(eval.CodeInvalidRequest, "want is not one of burgee_want")
		return nil
	case request.Flags > flagBits:
		out.Fail(eval.CodeInvalidRequest, "flags has a bit that is not declared")
		return nil
	}
	vouched := request.Flags&validTexts != 0
	key, ok := request.FlagKey.readValid(vouched)
	if !ok {
		out.Fail(eval.CodeInvalidRequest, "flag_key is not UTF-8 text")
		return nil
	}
	if code, message := c.readAttributes(request); code != "" {
		out.Fail(code, message)
		return nil
	}
	w := want(request.Want)
	switch w {
	case wantFliptVariant, wantFliptBoolean:
		e.resolveFlipt(key, &c.context, out)
		checkFliptType(out, w == wantFliptBoolean)
	case wantFliptAny:
		e.resolveFlipt(key, &c.context, out)
	default:
		out.LateDraw = request.Flags&noExperiment != 0
		e.client.Resolve(key, &c.context, out)
		if w == wantVendor {
			out.Value = out.Served
		} else {
			convert(out, w)
		}
	}
	if out.ID != 0 {
		// What the texts are depends on what was asked for.
		out.ID = out.ID*uint64(wants) + uint64(w)
	}
	return e
}

func fail(out *eval.Outcome, err *eval.Error) { out.Fail(err.Code, err.Error()) }

// read returns the text and whether it is UTF-8 at a possible address.
func (t *Text) read() (string, bool) {
	if t.Length == 0 {
		return "", true
	}
	if t.Data == nil || t.Length > maxText {
		return "", false
	}
	s := unsafe.String(t.Data, t.Length)
	return s, isASCII(s) || utf8.ValidString(s)
}

// readValid is read of a text that is UTF-8 if the caller vouches for it.
func (t *Text) readValid(vouched bool) (string, bool) {
	if vouched && t.Data != nil && t.Length <= maxText {
		return unsafe.String(t.Data, t.Length), true
	}
	return t.read()
}

// isASCII looks at eight bytes at a time, and at the last ones a second time instead of one by one: nearly every text is
// short and plain, and this is done a dozen times in an evaluation.
func isASCII(s string) bool {
	b := unsafe.Slice(unsafe.StringData(s), len(s))
	var all uint64
	switch n := len(b); {
	case n >= 8:
		for i := 0; i+8 <= n; i += 8 {
			all |= binary.NativeEndian.Uint64(b[i:])
		}
		all |= binary.NativeEndian.Uint64(b[n-8:])
	case n >= 4:
		all = uint64(binary.NativeEndian.Uint32(b) | binary.NativeEndian.Uint32(b[n-4:]))
	case n > 0:
		all = uint64(b[0] | b[n/2] | b[n-1])
	}
	return all&0x8080808080808080 == 0
}

// readAttributes fills the context.
func (c *call) readAttributes(request *Request) (eval.Code, string) {
	var ok bool
	vouched := request.Flags&validTexts != 0
	if c.context.TargetingKey, ok = request.TargetingKey.readValid(vouched); !ok {
		return eval.CodeInvalidRequest, "targeting_key is not UTF-8 text"
	}
	if request.AttributeCount == 0 {
		return "", ""
	}
	if request.Attributes == nil || request.AttributeCount > maxAttributes {
		return eval.CodeInvalidRequest, "attributes is NULL or attribute_count is too large"
	}
	onlyStrings := want(request.Want).flipt()
	attributes := unsafe.Slice(request.Attributes, int(request.AttributeCount)) //nolint:gosec // at most maxAttributes
	c.context.Attributes = slices.Grow(c.context.Attributes, len(attributes))
	for i := range attributes {
		from := &attributes[i]
		name, ok := from.Name.readValid(vouched)
		if !ok {
			return eval.CodeInvalidRequest, "an attribute's name is not UTF-8 text"
		}
		if onlyStrings && eval.Kind(from.Kind) != eval.String { //nolint:gosec // an unknown kind is not a string either
			c.dropAttribute(name)
			continue
		}
		// Written where it belongs: copying a whole attribute costs more than reading it.
		c.context.Attributes = c.context.Attributes[:len(c.context.Attributes)+1]
		to := &c.context.Attributes[len(c.context.Attributes)-1]
		to.Name = name
		if vouched && from.Kind == uint32(eval.String) {
			if text, ok := from.Text.readValid(vouched); ok {
				to.Value.Kind, to.Value.Text = eval.String, text
				continue
			}
		}
		if problem := c.readAttribute(from, &to.Value); problem != "" {
			return eval.CodeInvalidContext, "attribute " + name + " " + problem
		}
	}
	return "", ""
}

func (c *call) readAttribute(from *Attribute, to *eval.Value) (problem string) {
	switch from.Kind {
	case uint32(eval.Null):
		return ""
	case uint32(eval.Bool):
		to.Kind, to.Bool = eval.Bool, from.Integer != 0
		return ""
	case kindInteger:
		to.Kind = eval.Number
		to.Text = c.keepText(func(dst []byte) []byte { return strconv.AppendInt(dst, from.Integer, 10) })
		return ""
	}
	text, ok := from.Text.read()
	if !ok {
		return "is not UTF-8 text"
	}
	switch from.Kind {
	case uint32(eval.String):
	case uint32(eval.Number):
		if text == "" {
			if math.IsNaN(from.Number) || math.IsInf(from.Number, 0) {
				return "is not a finite number"
			}
			text = c.keepText(func(dst []byte) []byte { return appendFloat(dst, from.Number) })
		} else if !isNumber(text) {
			return "is not a JSON number"
		}
	case uint32(eval.JSON):
		if !isContainer(text) {
			return "is not the JSON text of an object or array"
		}
	default:
		return "has a kind that is not one of burgee_kind"
	}
	to.Kind, to.Text = eval.Kind(from.Kind), text //nolint:gosec // one of the above
	return ""
}

// keepText returns what write appends, in memory that lasts as long as the call.
func (c *call) keepText(write func(dst []byte) []byte) string {
	from := len(c.text)
	c.text = write(c.text)
	return viewOf(c.text[from:])
}

// appendFloat writes a double as JSON has it, with as few digits as name it.
func appendFloat(dst []byte, f float64) []byte {
	if size := math.Abs(f); size != 0 && (size < 1e-6 || size >= 1e21) {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}

// write puts the outcome into the caller's result.
func (c *call) write(request *Request, result *Result) {
	out := &c.outcome
	if out.ID != 0 && out.ErrorCode == "" && request.knows(out.ID) {
		result.Length, result.ID, result.Version, result.Code = 0, out.ID, out.Version, 0
		return
	}
	value, variant, attachment := out.Value, out.Variant, out.Attachment
	if request != nil && want(request.Want).flipt() && out.ErrorCode == "" {
		value, variant, attachment = fliptTexts(request, out)
	}
	size := len(value.Text) + len(variant) + len(attachment.Text) + len(out.ErrorMessage)
	for _, segment := range out.Segments {
		size += 4 + len(segment)
	}
	size += len(out.VendorReason) + len(out.FlagName) + len(out.RuleName)
	result.Length = uintptr(size)
	result.ID, result.Version = out.ID, out.Version
	result.Number = 0
	if value.Kind == eval.Number {
		// A number beyond the range of a double becomes an infinity of its sign, and its text says what it is.
		result.Number, _ = strconv.ParseFloat(value.Text, 64)
	}
	result.Code = out.ErrorCode.Number()
	result.Reason, result.FlagType, result.ValueKind = uint32(out.Reason), uint32(out.Type), uint32(value.Kind)
	result.Boolean, result.Matched = bit(value.Bool), bit(out.Matched())
	result.ValueLength, result.VariantLength = length(value.Text), length(variant)
	result.AttachmentLength = absent
	if attachment.Kind != eval.Null {
		result.AttachmentLength = length(attachment.Text)
	}
	result.MessageLength = length(out.ErrorMessage)
	result.SegmentCount = uint32(len(out.Segments)) //nolint:gosec // a flag has few
	result.VendorReasonLength, result.FlagNameLength = length(out.VendorReason), length(out.FlagName)
	result.RuleNameLength, result.InExperiment = length(out.RuleName), bit(out.InExperiment)
	result.Reserved = 0
	if uintptr(size) > result.Capacity || result.Buffer == nil {
		return
	}
	to := unsafe.Slice(result.Buffer, size)
	to = to[copy(to, value.Text):]
	to = to[copy(to, variant):]
	to = to[copy(to, attachment.Text):]
	to = to[copy(to, out.ErrorMessage):]
	for _, segment := range out.Segments {
		binary.NativeEndian.PutUint32(to, length(segment))
		to = to[4:]
		to = to[copy(to, segment):]
	}
	to = to[copy(to, out.VendorReason):]
	to = to[copy(to, out.FlagName):]
	copy(to, out.RuleName)
}

// knows reports whether the caller keeps the texts of the outcome with an id.
func (r *Request) knows(id uint64) bool {
	if r.Flags&knownTexts == 0 || r.Known == nil || r.KnownCount == 0 {
		return false
	}
	known := unsafe.Slice(r.Known, r.KnownCount)
	return known[id>>3&uint64(len(known)-1)] == id //nolint:gosec // not empty
}

// fliptTexts returns what an answer in Flipt's form is made of. The variant is the value there, and its place is taken by
// the flag's own key, if that is not the one asked for.
func fliptTexts(request *Request, out *eval.Outcome) (value eval.Value, ownKey string, attachment eval.Value) {
	value, attachment = out.Value, out.Attachment
	if out.Type != eval.TypeBoolean {
		var key string
		value = eval.Value{}
		if key, attachment = fliptVariant(out); key != "" {
			value = eval.StringValue(key)
		}
	}
	asked := unsafe.String(request.FlagKey.Data, int(request.FlagKey.Length)) //nolint:gosec // it was read before
	if out.FlagKey != asked {
		ownKey = out.FlagKey
	}
	return value, ownKey, attachment
}

func length(s string) uint32 { return uint32(len(s)) } //nolint:gosec // texts of one flag are far below 4 GiB

func bit(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
