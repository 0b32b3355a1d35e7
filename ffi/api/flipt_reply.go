package api

import (
	"time"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

const (
	success    = `{"status":"success","result":`
	successEnd = `,"error_message":null}`
	failure    = `{"status":"failure","result":null,"error_message":`
)

// The categories that begin a message of Flipt's engine. The set is closed, and some wrappers look at it.
const (
	nullEngine     = "error engine null pointer"
	invalidRequest = "invalid request: "
	internalError  = "internal error: "
	parsingError   = "error parsing json: "
	serverError    = "server error: "
	unknownError   = "unknown error: "
)

var fliptCategories = [...]string{nullEngine, invalidRequest, internalError, parsingError, serverError, unknownError}

func appendFailure(dst []byte, message string) []byte {
	dst = append(dst, failure...)
	dst = jsonscan.AppendString(dst, message)
	return append(dst, '}')
}

// fliptReason returns the reason's name, quoted. Flipt has one word for a rule and a percentage.
func fliptReason(r eval.Reason) string {
	switch r {
	case eval.ReasonTargetingMatch, eval.ReasonSplit:
		return `"MATCH_EVALUATION_REASON"`
	case eval.ReasonDefault, eval.ReasonStatic:
		return `"DEFAULT_EVALUATION_REASON"`
	case eval.ReasonDisabled:
		return `"FLAG_DISABLED_EVALUATION_REASON"`
	default:
		return `"UNKNOWN_EVALUATION_REASON"`
	}
}

// appendVariant appends the response to evaluate_variant.
func (c *call) appendVariant(dst []byte, now time.Time, legacy bool) []byte {
	out := &c.outcome
	key, attachment := fliptVariant(out)
	if out.Matched() {
		dst = append(dst, `{"match":true,"segment_keys":[`...)
	} else {
		dst = append(dst, `{"match":false,"segment_keys":[`...)
	}
	dst = appendStrings(dst, out.Segments)
	dst = append(dst, `],"reason":`...)
	dst = append(dst, fliptReason(out.Reason)...)
	dst = append(dst, `,"flag_key":`...)
	dst = jsonscan.AppendString(dst, out.FlagKey)
	dst = append(dst, `,"variant_key":`...)
	dst = jsonscan.AppendString(dst, key)
	// Without an attachment the member is left out, but for callers of engines before 0.10: those always had it.
	if attachment.Kind != eval.Null || legacy {
		dst = append(dst, `,"variant_attachment":`...)
		dst = jsonscan.AppendString(dst, attachment.Text)
	}
	dst = append(dst, `,"request_duration_millis":0.0,"timestamp":"`...)
	dst = c.appendTime(dst, now)
	return append(dst, `"}`...)
}

// fliptVariant returns an outcome's variant key and attachment. Flags of other vendors have typed values: such a value
// is the key, unless it is an object, which is an attachment.
func fliptVariant(out *eval.Outcome) (key string, attachment eval.Value) {
	if out.Value.Kind == eval.JSON {
		return out.Variant, out.Value
	}
	return out.Value.String(), out.Attachment
}

// appendBoolean appends the response to evaluate_boolean.
func (c *call) appendBoolean(dst []byte, now time.Time) []byte {
	out := &c.outcome
	if out.Value.Bool {
		dst = append(dst, `{"enabled":true,"flag_key":`...)
	} else {
		dst = append(dst, `{"enabled":false,"flag_key":`...)
	}
	dst = jsonscan.AppendString(dst, out.FlagKey)
	dst = append(dst, `,"reason":`...)
	dst = append(dst, fliptReason(out.Reason)...)
	dst = append(dst, `,"request_duration_millis":0.0,"timestamp":"`...)
	dst = c.appendTime(dst, now)
	dst = append(dst, `","segment_keys":[`...)
	dst = appendStrings(dst, out.Segments)
	return append(dst, `]}`...)
}

// appendEntry appends one entry of the response to evaluate_batch.
func (c *call) appendEntry(dst []byte, namespace string, now time.Time, legacy bool) []byte {
	switch {
	case c.outcome.ErrorCode != "":
		dst = append(dst, `{"type":"ERROR_EVALUATION_RESPONSE_TYPE","boolean_evaluation_response":null,"variant_evaluation_response":null,`+
			`"error_evaluation_response":{"flag_key":`...)
		dst = jsonscan.AppendString(dst, c.outcome.FlagKey)
		dst = append(dst, `,"namespace_key":`...)
		dst = jsonscan.AppendString(dst, namespace)
		dst = append(dst, `,"reason":"`...)
		dst = append(dst, errorEntryReason(c.outcome.ErrorCode)...)
		return append(dst, `"}}`...)
	case c.outcome.Type == eval.TypeBoolean:
		dst = append(dst, `{"type":"BOOLEAN_EVALUATION_RESPONSE_TYPE","boolean_evaluation_response":`...)
		dst = c.appendBoolean(dst, now)
		return append(dst, `,"variant_evaluation_response":null,"error_evaluation_response":null}`...)
	default:
		dst = append(dst, `{"type":"VARIANT_EVALUATION_RESPONSE_TYPE","boolean_evaluation_response":null,"variant_evaluation_response":`...)
		dst = c.appendVariant(dst, now, legacy)
		return append(dst, `,"error_evaluation_response":null}`...)
	}
}

// errorEntryReason returns what the entry of a batch says about a flag that has no answer: one that does not exist, or
// whose definition makes no sense. Its neighbours keep their answers. "" for an error of the whole batch.
func errorEntryReason(code eval.Code) string {
	switch code {
	case eval.CodeFlagNotFound:
		return "NOT_FOUND_ERROR_EVALUATION_REASON"
	case eval.CodeParse:
		return "UNKNOWN_ERROR_EVALUATION_REASON"
	default:
		return ""
	}
}

// appendFliptFlag appends one element of the response to list_flags.
func appendFliptFlag(dst []byte, flag *eval.Flag) []byte {
	dst = append(dst, `{"key":`...)
	dst = jsonscan.AppendString(dst, flag.Key)
	dst = append(dst, `,"enabled":`...)
	dst = appendBool(dst, flag.Enabled)
	if flag.Type == eval.TypeBoolean {
		dst = append(dst, `,"type":"BOOLEAN_FLAG_TYPE"`...)
	} else {
		dst = append(dst, `,"type":"VARIANT_FLAG_TYPE"`...)
	}
	if flag.HasDescription {
		dst = append(dst, `,"description":`...)
		dst = jsonscan.AppendString(dst, flag.Description)
	}
	if v := flag.Default; v != nil {
		dst = append(dst, `,"default_variant":{"id":`...)
		dst = jsonscan.AppendString(dst, v.ID)
		dst = append(dst, `,"key":`...)
		dst = jsonscan.AppendString(dst, v.Key)
		if v.HasAttachment {
			dst = append(dst, `,"attachment":`...)
			dst = jsonscan.AppendString(dst, v.Attachment)
		}
		dst = append(dst, '}')
	}
	return append(dst, '}')
}

func appendStrings(dst []byte, texts []string) []byte {
	for i, text := range texts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = jsonscan.AppendString(dst, text)
	}
	return dst
}

func appendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, "true"...)
	}
	return append(dst, "false"...)
}
