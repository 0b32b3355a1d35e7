package eval

// Reason says why a flag has its value. The names are OpenFeature's.
type Reason uint8

// The reasons. The numbers are part of the C ABI (burgee_reason in include/burgee.h).
const (
	ReasonUnknown        Reason = 0
	ReasonTargetingMatch Reason = 1 // a rule matched
	ReasonSplit          Reason = 2 // a rule matched and a hash chose among several variants, or a percentage decided
	ReasonDefault        Reason = 3 // no rule matched; the flag's own default
	ReasonDisabled       Reason = 4 // the flag is switched off
	ReasonError          Reason = 5
	ReasonStatic         Reason = 6 // the flag has no rules
)

var reasonNames = [...]string{"UNKNOWN", "TARGETING_MATCH", "SPLIT", "DEFAULT", "DISABLED", "ERROR", "STATIC"}

func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return "UNKNOWN"
}
