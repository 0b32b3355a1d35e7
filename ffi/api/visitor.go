package api

import (
	"math"
	"strconv"
	"unsafe"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/eval"
)

// VisitorRequest is burgee_visitor_request.
type VisitorRequest struct {
	Visitor  uint64
	Key      Text
	Fallback Attribute
	Flags    uint32
	Reserved uint32
}

// VisitorFlag is burgee_visitor_flag.
type VisitorFlag struct {
	Buffer      *byte
	Capacity    uintptr
	Length      uintptr
	ID          uint64
	Number      float64
	Code        uint32
	ValueKind   uint32
	Boolean     uint32
	ValueLength uint32
	Status      uint32
	FetchStatus uint32
	FetchReason uint32
	Exposure    uint32
}

// expose is BURGEE_EXPOSE.
const expose = 1

// VisitorFlagInto reads a flag of a visitor into the result and returns its code. Both belong to the caller.
func (l *Library) VisitorFlagInto(handle uint64, request *VisitorRequest, result *VisitorFlag) (code uint32) {
	if result == nil {
		return eval.CodeInvalidRequest.Number()
	}
	*result = VisitorFlag{Buffer: result.Buffer, Capacity: result.Capacity}
	defer containVisitor(result, &code)
	visitors, failed := l.visitorsOf(handle)
	if failed == "" {
		c := newCall()
		failed = c.readVisitor(visitors, request, result)
		c.done()
	}
	result.Code = failed.Number()
	return result.Code
}

// CloseVisitor makes the handle of a visitor invalid. It returns the code.
func (l *Library) CloseVisitor(handle, visitor uint64) (code uint32) {
	defer containVisitor(&VisitorFlag{}, &code)
	visitors, failed := l.visitorsOf(handle)
	if failed == "" && !visitors.Close(visitor) {
		failed = eval.CodeInvalidHandle
	}
	return failed.Number()
}

// containVisitor turns a panic into an INTERNAL error. It is deferred.
func containVisitor(result *VisitorFlag, code *uint32) {
	if recover() != nil {
		*code = eval.CodeInternal.Number()
		*result = VisitorFlag{Buffer: result.Buffer, Capacity: result.Capacity, Code: *code}
	}
}

// visitorsOf returns the visitors of a client, or the code that answers a call on it.
func (l *Library) visitorsOf(handle uint64) (backend.Visitors, eval.Code) {
	e, failed := l.clientOf(handle)
	if failed != nil {
		return nil, failed.Code
	}
	visitors := e.client.Visitors()
	if visitors == nil {
		return nil, eval.CodeInvalidHandle
	}
	return visitors, ""
}

func (c *call) readVisitor(visitors backend.Visitors, request *VisitorRequest, result *VisitorFlag) eval.Code {
	if request == nil || request.Flags > expose {
		return eval.CodeInvalidRequest
	}
	key, ok := request.Key.read()
	if !ok {
		return eval.CodeInvalidRequest
	}
	asked := request.Flags&expose != 0
	var fallback eval.Value
	if asked && !c.readFallback(&request.Fallback, &fallback) {
		return eval.CodeInvalidRequest
	}
	flag := &c.flag
	if !visitors.Read(request.Visitor, key, flag) {
		return eval.CodeInvalidHandle
	}
	// When the result does not fit the caller comes again.
	if result.write(flag) && asked {
		result.Exposure = uint32(visitors.Expose(request.Visitor, key, fallback))
	}
	switch {
	case flag.Found:
		return ""
	case flag.NotStarted:
		return eval.CodeNotReady
	}
	return eval.CodeFlagNotFound
}

// readFallback reads the caller's default. It returns false for a kind that does not exist and a text that cannot be read.
func (c *call) readFallback(from *Attribute, to *eval.Value) bool {
	if from.Kind == uint32(eval.Number) && from.Text.Length == 0 && (math.IsNaN(from.Number) || math.IsInf(from.Number, 0)) {
		return true // null: what the vendor is told is JSON, which has no such numbers
	}
	return c.readAttribute(from, to) == ""
}

// write fills in what is known of the flag. It reports whether that fits into the buffer.
func (r *VisitorFlag) write(flag *backend.VisitorFlag) (fits bool) {
	r.Status, r.FetchStatus, r.FetchReason = uint32(flag.Status), uint32(flag.FetchStatus), uint32(flag.FetchReason)
	if !flag.Found {
		return true
	}
	value := &flag.Value
	r.ID, r.ValueKind, r.Boolean = flag.ID, uint32(value.Kind), bit(value.Bool)
	if value.Kind == eval.Number {
		// As in a result: what is beyond the range of a double is an infinity.
		r.Number, _ = strconv.ParseFloat(value.Text, 64)
	}
	r.ValueLength, r.Length = length(value.Text), uintptr(len(value.Text))
	if r.Length == 0 {
		return true
	}
	if r.Length > r.Capacity || r.Buffer == nil {
		return false
	}
	copy(unsafe.Slice(r.Buffer, len(value.Text)), value.Text)
	return true
}
