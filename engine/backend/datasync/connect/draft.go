package connect

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/burgee-flags/burgee/engine/eval"
)

// A draft is the record of an evaluation before it is JSON. An evaluation writes one in a fraction of the time that the
// element of the JSON array would take, into a third of the memory; the delivery makes the element of it. Drafts never
// leave the process, so that their form may change with every version:
//
//	draftMark
//	exposures: their count, and for each its flag key, variant, value, reason and part in an experiment
//	user: the targeting key, the count of attributes, and for each its name and value
//
// Texts follow their length. A value is a text followed by its kind, with trueBit for true. The part in an experiment is
// notCounted or counted; or open, followed by the bits of the share and the unit of the draw.
const draftMark = 0 // no JSON text begins with it

const (
	longText = 255 // in place of a length: four bytes with the length follow
	trueBit  = 128

	notCounted = 0
	counted    = 1
	open       = 2
)

// appendDraft appends the draft of what a user was served, the flags that were asked on the way first. It does not allocate
// when dst has room.
func appendDraft(dst []byte, ec *eval.Context, out *eval.Outcome) []byte {
	dst = append(dst, draftMark)
	dst = appendLength(dst, len(out.Prerequisites)+1)
	for i := range out.Prerequisites {
		e := &out.Prerequisites[i]
		dst = appendExposure(dst, e.FlagKey, e.Variant, &e.Served, e.VendorReason, e.InExperiment, &e.Draw)
	}
	dst = appendExposure(dst, out.FlagKey, out.Variant, &out.Served, out.VendorReason, out.InExperiment, &out.Draw)
	dst = appendText(dst, ec.TargetingKey)
	dst = appendLength(dst, len(ec.Attributes))
	for i := range ec.Attributes {
		a := &ec.Attributes[i]
		dst = appendText(dst, a.Name)
		dst = appendValue(dst, &a.Value)
	}
	return dst
}

func appendLength(dst []byte, n int) []byte {
	if n < longText {
		return append(dst, byte(n))
	}
	return binary.NativeEndian.AppendUint32(append(dst, longText), uint32(n)) //nolint:gosec // a request is far below 4 GiB
}

func appendText(dst []byte, s string) []byte { return append(appendLength(dst, len(s)), s...) }

func appendValue(dst []byte, v *eval.Value) []byte {
	kind := byte(v.Kind)
	if v.Bool {
		kind |= trueBit
	}
	return append(appendText(dst, v.Text), kind)
}

func appendExposure(
	dst []byte, key, variant string, served *eval.Value, reason string, inExperiment bool, draw *eval.Draw,
) []byte {
	dst = appendText(dst, key)
	dst = appendText(dst, variant)
	dst = appendValue(dst, served)
	dst = appendText(dst, reason)
	switch {
	case inExperiment:
		return append(dst, counted)
	case draw.Share > 0:
		dst = binary.NativeEndian.AppendUint64(append(dst, open), math.Float64bits(draw.Share))
		return appendText(dst, draw.Unit)
	default:
		return append(dst, notCounted)
	}
}

func isDraft(record []byte) bool { return len(record) > 0 && record[0] == draftMark }

// elementSize is how long the element of a record is, about.
func elementSize(record []byte) int {
	const growth = 3 // the names of an element's members are longer than most of what they hold
	if isDraft(record) {
		return growth * len(record)
	}
	return len(record)
}

// elements writes records as the elements of a JSON array. It reads drafts where they lie.
type elements struct {
	evaluation func(dst []byte, ec *eval.Context, asked []eval.Exposure, own eval.Exposure, at int64) []byte

	exposures []eval.Exposure
	context   eval.Context
}

// append appends the element that a record is, or that it is the draft of.
func (e *elements) append(dst, record []byte, at int64) []byte {
	if !isDraft(record) {
		return append(dst, record...)
	}
	r := draftReader{rest: unsafe.String(&record[0], len(record))[1:]}
	e.exposures = e.exposures[:0]
	for range r.length() {
		e.exposures = append(e.exposures, r.exposure())
	}
	e.context.TargetingKey = r.text()
	e.context.Attributes = e.context.Attributes[:0]
	for range r.length() {
		e.context.Attributes = append(e.context.Attributes, eval.Attribute{Name: r.text(), Value: r.value()})
	}
	last := len(e.exposures) - 1
	return e.evaluation(dst, &e.context, e.exposures[:last], e.exposures[last], at)
}

// draftReader reads what appendDraft wrote.
type draftReader struct{ rest string }

func (r *draftReader) take(n int) string {
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *draftReader) length() int {
	if n := r.take(1)[0]; n != longText {
		return int(n)
	}
	return int(binary.NativeEndian.Uint32([]byte(r.take(4))))
}

func (r *draftReader) text() string { return r.take(r.length()) }

func (r *draftReader) value() eval.Value {
	text := r.text()
	kind := r.take(1)[0]
	return eval.Value{Text: text, Kind: eval.Kind(kind &^ trueBit), Bool: kind&trueBit != 0}
}

func (r *draftReader) exposure() eval.Exposure {
	e := eval.Exposure{FlagKey: r.text(), Variant: r.text(), Served: r.value(), VendorReason: r.text()}
	switch r.take(1)[0] {
	case counted:
		e.InExperiment = true
	case open:
		e.Draw.Share = math.Float64frombits(binary.NativeEndian.Uint64([]byte(r.take(8))))
		e.Draw.Unit = r.text()
	}
	return e
}
