package api

import (
	"errors"
	"unsafe"

	"github.com/goccy/go-json"

	"github.com/burgee-flags/burgee/engine"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

const okStart = `{"ok":`

func appendError(dst []byte, err *eval.Error) []byte {
	dst = append(dst, `{"error":{"code":"`...)
	dst = append(dst, err.Code...)
	dst = append(dst, `","message":`...)
	dst = jsonscan.AppendString(dst, err.Error())
	return append(dst, `}}`...)
}

// appendOK appends the reply with result, which is encoded as JSON.
func appendOK(dst []byte, result any) []byte {
	start := len(dst)
	dst = append(dst, okStart...)
	dst, err := appendJSON(dst, result)
	if err != nil {
		return appendError(dst[:start], &eval.Error{Code: eval.CodeInternal, Msg: "the result cannot be encoded: " + err.Error()})
	}
	return append(dst, '}')
}

// appendJSON appends v as JSON. What has its text already is taken as it is: a server's numbers may be beyond the range of a
// double, which the encoder refuses.
func appendJSON(dst []byte, v any) ([]byte, error) {
	switch ready := v.(type) {
	case json.RawMessage:
		return append(dst, ready...), nil
	case engine.Event:
		if ready.Own != nil {
			return append(dst, ready.Own...), nil
		}
	}
	text, err := json.MarshalWithOption(v, json.DisableHTMLEscape())
	return append(dst, text...), err
}

// snapshotText returns the member snapshot of the result of the method flipt.snapshot.
func snapshotText(result any) (string, error) {
	text, err := appendJSON(nil, result)
	if err != nil {
		return "", err
	}
	var object struct {
		Snapshot *string `json:"snapshot"`
	}
	if err := json.Unmarshal(text, &object); err != nil || object.Snapshot == nil {
		return "", errors.New("flipt.snapshot has no member snapshot")
	}
	return *object.Snapshot, nil
}

// appendResolution appends the outcome as OFREP has it. fallback is the JSON text of the caller's default, which is the
// value where the flag yields none.
func appendResolution(dst []byte, out *eval.Outcome, fallback []byte) []byte {
	dst = append(dst, `{"key":`...)
	dst = jsonscan.AppendString(dst, out.FlagKey)
	dst = append(dst, `,"value":`...)
	if out.ErrorCode != "" || out.Value.Kind == eval.Null {
		dst = append(dst, fallback...)
	} else {
		dst = appendValue(dst, out.Value)
	}
	if out.Variant != "" {
		dst = append(dst, `,"variant":`...)
		dst = jsonscan.AppendString(dst, out.Variant)
	}
	dst = append(dst, `,"reason":"`...)
	dst = append(dst, out.Reason.String()...)
	dst = append(dst, `","metadata":{"flagType":"`...)
	dst = append(dst, out.Type.String()...)
	dst = append(dst, `","segments":[`...)
	dst = appendStrings(dst, out.Segments)
	dst = append(dst, ']')
	if out.Attachment.Kind != eval.Null {
		dst = append(dst, `,"attachment":`...)
		dst = jsonscan.AppendString(dst, out.Attachment.Text)
	}
	if out.VendorReason != "" {
		dst = append(dst, `,"vendorReason":`...)
		dst = jsonscan.AppendString(dst, out.VendorReason)
	}
	if out.FlagName != "" {
		dst = append(dst, `,"flagName":`...)
		dst = jsonscan.AppendString(dst, out.FlagName)
	}
	if out.RuleName != "" {
		dst = append(dst, `,"ruleName":`...)
		dst = jsonscan.AppendString(dst, out.RuleName)
	}
	if out.InExperiment {
		dst = append(dst, `,"inExperiment":true`...)
	}
	dst = appendPrerequisites(dst, out.Prerequisites)
	dst = append(dst, `,"version":`...)
	dst = appendUint(dst, out.Version)
	dst = append(dst, '}')
	if out.ErrorCode != "" {
		dst = append(dst, `,"errorCode":"`...)
		dst = append(dst, out.ErrorCode...)
		dst = append(dst, `","errorDetails":`...)
		dst = jsonscan.AppendString(dst, out.ErrorMessage)
	}
	return append(dst, '}')
}

// appendPrerequisites appends the flags that were evaluated on the way, if there are any.
func appendPrerequisites(dst []byte, exposures []eval.Exposure) []byte {
	for i := range exposures {
		e := &exposures[i]
		if i == 0 {
			dst = append(dst, `,"prerequisites":[{"key":`...)
		} else {
			dst = append(dst, `},{"key":`...)
		}
		dst = jsonscan.AppendString(dst, e.FlagKey)
		dst = append(dst, `,"variation":`...)
		dst = jsonscan.AppendString(dst, e.Variant)
		dst = append(dst, `,"value":`...)
		dst = appendValue(dst, e.Served)
		dst = append(dst, `,"reason":`...)
		dst = jsonscan.AppendString(dst, e.VendorReason)
		dst = append(dst, `,"in_experiment":`...)
		dst = appendBool(dst, e.InExperiment)
	}
	if len(exposures) > 0 {
		dst = append(dst, "}]"...)
	}
	return dst
}

func appendValue(dst []byte, v eval.Value) []byte {
	switch v.Kind {
	case eval.Bool:
		return appendBool(dst, v.Bool)
	case eval.Number, eval.JSON:
		return append(dst, v.Text...)
	case eval.String:
		return jsonscan.AppendString(dst, v.Text)
	default:
		return append(dst, null...)
	}
}

func appendUint(dst []byte, n uint64) []byte {
	var digits [20]byte
	i := len(digits)
	for {
		i--
		digits[i] = byte('0' + n%10)
		n /= 10
		if n == 0 {
			return append(dst, digits[i:]...)
		}
	}
}

// appendFlag appends one element of the reply to the method flags.
func appendFlag(dst []byte, flag *eval.Flag) []byte {
	dst = append(dst, `{"key":`...)
	dst = jsonscan.AppendString(dst, flag.Key)
	dst = append(dst, `,"type":"`...)
	dst = append(dst, flag.Type.String()...)
	dst = append(dst, `","enabled":`...)
	dst = appendBool(dst, flag.Enabled)
	if flag.HasDescription {
		dst = append(dst, `,"description":`...)
		dst = jsonscan.AppendString(dst, flag.Description)
	}
	if v := flag.Default; v != nil {
		dst = append(dst, `,"defaultVariant":{"id":`...)
		dst = jsonscan.AppendString(dst, v.ID)
		dst = append(dst, `,"key":`...)
		dst = jsonscan.AppendString(dst, v.Key)
		if v.HasAttachment {
			dst = append(dst, `,"attachment":`...)
			dst = jsonscan.AppendString(dst, v.Attachment)
		}
		dst = append(dst, '}')
	}
	if flag.Broken != "" {
		dst = append(dst, `,"broken":`...)
		dst = jsonscan.AppendString(dst, flag.Broken)
	}
	return append(dst, '}')
}

// bytesOf and viewOf give one memory two types. Nobody writes to it for as long as both are in use.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
func viewOf(b []byte) string  { return unsafe.String(unsafe.SliceData(b), len(b)) }
