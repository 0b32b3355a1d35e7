package eval

// FlagType says which values a flag yields.
type FlagType uint8

// The types of a flag. The numbers are part of the C ABI (burgee_flag_type in include/burgee.h).
const (
	TypeUnknown FlagType = 0
	TypeBoolean FlagType = 1
	TypeString  FlagType = 2
	TypeNumber  FlagType = 3
	TypeObject  FlagType = 4
	// TypeVariant is an untyped variant: its key is the string value (and the number value, if it reads as one), its
	// attachment the object value.
	TypeVariant FlagType = 5
)

var typeNames = [...]string{"unknown", "boolean", "string", "number", "object", "variant"}

func (t FlagType) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return typeNames[TypeUnknown]
}

// Outcome is the result of one evaluation. The caller owns it and may use it again for the next one; an evaluator
// fills it without allocating. Its strings belong to the rule set or to the caller's request.
type Outcome struct {
	FlagKey      string
	Type         FlagType
	Reason       Reason
	ErrorCode    Code   // empty unless Reason is ReasonError
	ErrorMessage string // for people; names the flag and what is wrong, in the vendor's words where it has some
	Value        Value  // Kind Null: the flag yields no value here and the caller's default applies
	Variant      string // the variant's key; empty when there is none
	Attachment   Value  // JSON text or plain text attached to the variant; Kind Null when there is none
	Segments     []string
	// ID names the unchanging part of this outcome (all but Segments' backing array, FlagKey and Trace) for as long as
	// the process lives, so that a binding can keep what it built from it. 0: do not keep it.
	ID uint64
	// Version counts the rule sets published by the client; 0 before the first.
	Version uint64
	// Trace, when the caller sets it, is filled with every step of the decision. It costs allocations.
	Trace *Trace

	// What follows is filled by vendors that have it, and is part of what ID names, but for Prerequisites.

	VendorReason string // the vendor's own words for the reason: "rule match"; also when the outcome is an error
	FlagName     string // the flag's name for people
	RuleName     string // the name of the rule that matched
	Served       Value  // the variant's value as the vendor's data has it, before it is read as Type
	InExperiment bool   // the exposure counts for an experiment
	// LateDraw, when the caller sets it, lets an evaluator leave InExperiment open and fill Draw instead.
	LateDraw bool
	Draw     Draw
	// Prerequisites are the flags that were evaluated on the way, in the order of evaluation. They are exposures too.
	Prerequisites []Exposure

	segments [8]string
}

// Exposure is one flag evaluated for one user, as an event reports it.
type Exposure struct {
	FlagKey      string
	Variant      string
	Served       Value
	VendorReason string
	InExperiment bool
	Draw         Draw
}

// Draw is what decides whether an exposure counts for an experiment when the evaluation left that open, as it costs a hash
// that only the vendor wants to know the result of. The zero value is decided.
type Draw struct {
	Share float64 // of the users who count; above 0 when it is open
	Unit  string  // what is hashed
}

// Exposure returns what an event reports of the outcome itself.
func (o *Outcome) Exposure() Exposure {
	return Exposure{
		FlagKey: o.FlagKey, Variant: o.Variant, Served: o.Served, VendorReason: o.VendorReason, InExperiment: o.InExperiment,
		Draw: o.Draw,
	}
}

// Reset empties the outcome for the evaluation of flagKey, and keeps its memory and its Trace.
func (o *Outcome) Reset(flagKey string) {
	o.FlagKey = flagKey
	o.Type = TypeUnknown
	o.Reason = ReasonUnknown
	o.ErrorCode = ""
	o.ErrorMessage = ""
	o.Value = Value{}
	o.Variant = ""
	o.Attachment = Value{}
	o.ID = 0
	o.VendorReason, o.FlagName, o.RuleName, o.Served, o.InExperiment = "", "", "", Value{}, false
	o.Draw = Draw{}
	o.Prerequisites = o.Prerequisites[:0]
	if o.Segments == nil {
		o.Segments = o.segments[:0]
	}
	o.Segments = o.Segments[:0]
}

// Fail makes the outcome an error.
func (o *Outcome) Fail(code Code, message string) {
	o.Reason, o.ErrorCode, o.ErrorMessage = ReasonError, code, message
	o.Value, o.Variant, o.Attachment, o.ID = Value{}, "", Value{}, 0
	o.Segments = o.Segments[:0]
	o.RuleName, o.Served, o.InExperiment, o.Draw = "", Value{}, false, Draw{}
	o.Prerequisites = o.Prerequisites[:0]
}

// Matched reports whether a rule or a rollout decided.
func (o *Outcome) Matched() bool {
	return o.Reason == ReasonTargetingMatch || o.Reason == ReasonSplit
}
