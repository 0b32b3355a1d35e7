package eval

// Code is what callers branch on. The list is closed; testdata/abi/error_codes.json names every one.
type Code string

// OpenFeature's codes.
const (
	CodeNotReady            Code = "PROVIDER_NOT_READY"
	CodeFatal               Code = "PROVIDER_FATAL"
	CodeFlagNotFound        Code = "FLAG_NOT_FOUND"
	CodeParse               Code = "PARSE_ERROR"
	CodeTypeMismatch        Code = "TYPE_MISMATCH"
	CodeTargetingKeyMissing Code = "TARGETING_KEY_MISSING"
	CodeInvalidContext      Code = "INVALID_CONTEXT"
	CodeGeneral             Code = "GENERAL"
)

// Burgee's own codes.
const (
	CodeInvalidConfig  Code = "INVALID_CONFIG"  // an option is unknown or badly typed
	CodeInvalidRequest Code = "INVALID_REQUEST" // a call's arguments are not what the header asks for
	CodeInvalidHandle  Code = "INVALID_HANDLE"  // no open client has this handle
	CodeUnknownMethod  Code = "UNKNOWN_METHOD"  // burgee_call has no such method for this backend
	CodeForked         Code = "FORKED"          // the library was loaded before a fork and must be loaded anew
	CodeTimeout        Code = "TIMEOUT"
	CodeInternal       Code = "INTERNAL" // a defect of Burgee, contained
)

// Codes lists every code in the order of its number in the C ABI (burgee_code in include/burgee.h), from 1.
var Codes = []Code{
	CodeNotReady, CodeFatal, CodeFlagNotFound, CodeParse, CodeTypeMismatch, CodeTargetingKeyMissing,
	CodeInvalidContext, CodeGeneral, CodeInvalidConfig, CodeInvalidRequest, CodeInvalidHandle, CodeUnknownMethod,
	CodeForked, CodeTimeout, CodeInternal,
}

// Number returns the code's number in the C ABI; 0 for no error.
func (c Code) Number() uint32 {
	if c == "" {
		return 0 // nearly always
	}
	for i, known := range Codes {
		if known == c {
			return uint32(i) + 1 //nolint:gosec // the list is short
		}
	}
	return 0
}

// Error is a call that failed: configuration, handle, time-out. An evaluation that fails is data, not an Error.
type Error struct {
	Code Code
	Op   string // where, such as "flipt.options"
	Msg  string // what was found and what was wanted; never a secret
	Err  error  // the cause, for errors.Is
}

func (e *Error) Error() string {
	if e.Op == "" {
		return e.Msg
	}
	return e.Op + ": " + e.Msg
}

func (e *Error) Unwrap() error { return e.Err }
