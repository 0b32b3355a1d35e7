package api

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/burgee-flags/burgee/engine"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// InitializeEngine opens an engine for the Flipt-compatible group and returns its handle; 0 if options is nil (NULL) or
// not UTF-8. With options that make no sense it returns an engine whose every call says so, as if its first fetch had
// failed: Flipt's own engine then connects to localhost without telling anybody.
func (l *Library) InitializeEngine(options []byte) (handle uint64) {
	defer containHandle(&handle)
	if options == nil || !utf8.Valid(options) {
		return 0
	}
	return l.initialize(options, false)
}

// InitializeEngineLegacy is the two-argument form of engines before 0.10: the namespace stands beside the options.
func (l *Library) InitializeEngineLegacy(namespace, options []byte) (handle uint64) {
	defer containHandle(&handle)
	if namespace == nil || !utf8.Valid(namespace) || !utf8.Valid(options) {
		return 0
	}
	merged, err := withNamespace(string(namespace), options)
	if err != nil {
		return l.broken(&eval.Error{Code: eval.CodeInvalidConfig, Msg: err.Error()})
	}
	return l.initialize(merged, true)
}

// withNamespace returns the options with the namespace in place of the one they may name themselves.
func withNamespace(namespace string, options []byte) ([]byte, error) {
	merged := append([]byte(nil), `{"namespace":`...)
	merged = jsonscan.AppendString(merged, namespace)
	end, err := jsonscan.Object(options, jsonscan.SkipSpace(options, 0), nil, func(name string, valueAt int) (int, error) {
		end, err := jsonscan.Skip(options, valueAt)
		if err == nil && name != "namespace" {
			merged = append(merged, ',')
			merged = jsonscan.AppendString(merged, name)
			merged = append(merged, ':')
			merged = append(merged, options[valueAt:end]...)
		}
		return end, err
	})
	if err == nil {
		err = jsonscan.End(options, end)
	}
	return append(merged, '}'), err
}

func (l *Library) initialize(options []byte, legacy bool) uint64 {
	e, err := l.openEntry(options, engine.Host{IgnoreUnknown: true, StartWait: fliptStartWait, FailFast: true}, legacy)
	if err != nil {
		return l.broken(asError(err))
	}
	return e.handle
}

// broken returns the handle of an engine that answers every call with err; 0 if there is no room even for that.
func (l *Library) broken(err *eval.Error) uint64 {
	handle, full := l.handles.reserve()
	if full != nil {
		return 0
	}
	l.handles.publish(&entry{handle: handle, broken: err})
	return handle
}

// fliptMessage words an error as Flipt's engine would: a category, then the detail.
func fliptMessage(err *eval.Error) string {
	if isFliptMessage(err.Msg) {
		return err.Msg
	}
	return fliptText(err.Code, err.Error())
}

// fliptText returns the text with a category before it, if it has none.
func fliptText(code eval.Code, text string) string {
	if isFliptMessage(text) {
		return text
	}
	switch code {
	case eval.CodeInvalidConfig:
		return internalError + "invalid options: " + text
	case eval.CodeInvalidRequest, eval.CodeInvalidContext, eval.CodeTargetingKeyMissing, eval.CodeUnknownMethod,
		eval.CodeFlagNotFound, eval.CodeTypeMismatch:
		return invalidRequest + text
	case eval.CodeParse:
		return parsingError + text
	case eval.CodeNotReady:
		return serverError + text
	default:
		return internalError + text
	}
}

func isFliptMessage(text string) bool {
	for _, category := range fliptCategories {
		if strings.HasPrefix(text, category) {
			return true
		}
	}
	return false
}

// resolveFlipt evaluates the flag. An error is worded as Flipt's engine would.
func (e *entry) resolveFlipt(flagKey string, ec *eval.Context, out *eval.Outcome) {
	e.client.Resolve(flagKey, ec, out)
	switch {
	case out.ErrorCode == "":
	case out.ErrorCode != eval.CodeNotReady:
		out.ErrorMessage = fliptText(out.ErrorCode, out.ErrorMessage)
	case e.hasNoFlagsYet():
		out.Fail(eval.CodeFlagNotFound, invalidRequest+"failed to get flag information "+e.client.FlagSet()+"/"+flagKey)
	default:
		out.ErrorMessage = nullEngine
	}
}

// hasNoFlagsYet tells an engine without flags from one that is being closed. With the error strategy "fallback" Flipt's
// engine begins with an empty set of flags, and answers as if the server had none.
func (e *entry) hasNoFlagsYet() bool { return e.client.Status().State != engine.Closed }

// engineOf returns the open engine of a handle, or the message that answers a call on it.
func (l *Library) engineOf(handle uint64) (e *entry, message string) {
	e = l.handles.get(handle)
	switch {
	case e == nil:
		return nil, nullEngine
	case e.broken != nil:
		return nil, fliptMessage(e.broken)
	}
	return e, ""
}

// EvaluateVariant appends the reply to evaluate_variant to dst.
func (l *Library) EvaluateVariant(handle uint64, request, dst []byte) (reply []byte) {
	defer containFlipt("evaluate_variant", dst, &reply)
	return l.evaluate(handle, request, dst, false)
}

// EvaluateBoolean appends the reply to evaluate_boolean to dst.
func (l *Library) EvaluateBoolean(handle uint64, request, dst []byte) (reply []byte) {
	defer containFlipt("evaluate_boolean", dst, &reply)
	return l.evaluate(handle, request, dst, true)
}

func (l *Library) evaluate(handle uint64, request, dst []byte, boolean bool) []byte {
	e, message := l.engineOf(handle)
	if e == nil {
		return appendFailure(dst, message)
	}
	if request == nil {
		return appendFailure(dst, invalidRequest+errNullRequest.Error())
	}
	now := l.host.Now()
	c := newCall()
	flagKey, end, err := c.readFlipt(request, 0)
	if err == nil {
		err = jsonscan.End(request, end)
	}
	if err != nil {
		dst = appendFailure(dst, invalidRequest+err.Error())
		c.done()
		return dst
	}
	out := &c.outcome
	e.resolveFlipt(flagKey, &c.context, out)
	checkFliptType(out, boolean)
	c.record = e.client.Expose(c.record, &c.context, out)
	switch {
	case out.ErrorCode != "":
		dst = appendFailure(dst, out.ErrorMessage)
	case boolean:
		dst = append(dst, success...)
		dst = c.appendBoolean(dst, now)
		dst = append(dst, successEnd...)
	default:
		dst = append(dst, success...)
		dst = c.appendVariant(dst, now, e.legacy)
		dst = append(dst, successEnd...)
	}
	c.done()
	return dst
}

// checkFliptType makes the outcome an error if its flag is not of the kind that was asked for. Flipt looks at the type
// before anything else that may be wrong with a flag.
func checkFliptType(out *eval.Outcome, boolean bool) {
	if out.Type == eval.TypeUnknown || (out.Type == eval.TypeBoolean) == boolean {
		return
	}
	if boolean {
		out.Fail(eval.CodeTypeMismatch, invalidRequest+out.FlagKey+" is not a boolean flag")
	} else {
		out.Fail(eval.CodeTypeMismatch, invalidRequest+out.FlagKey+" is not a variant flag")
	}
}

// EvaluateBatch appends the reply to evaluate_batch to dst.
func (l *Library) EvaluateBatch(handle uint64, requests, dst []byte) (reply []byte) {
	defer containFlipt("evaluate_batch", dst, &reply)
	e, message := l.engineOf(handle)
	if e == nil {
		return appendFailure(dst, message)
	}
	if requests == nil {
		return appendFailure(dst, invalidRequest+errNullRequest.Error())
	}
	c := newCall()
	start := len(dst)
	dst = append(dst, success+`{"responses":[`...)
	dst, message = l.batch(e, c, requests, dst)
	c.done()
	if message != "" {
		return appendFailure(dst[:start], message)
	}
	return append(dst, `],"request_duration_millis":0.0}`+successEnd...)
}

// batch appends one entry for each request. The message, if there is one, is what makes the whole batch fail.
func (l *Library) batch(e *entry, c *call, requests, dst []byte) (grown []byte, message string) {
	out := &c.outcome
	at, more, err := jsonscan.FirstElement(requests, jsonscan.SkipSpace(requests, 0))
	if err == nil && !more {
		// An engine that shows a failed fetch does so on an empty batch too.
		if e.resolveFlipt("", &c.context, out); out.ErrorCode != "" && out.ErrorCode != eval.CodeFlagNotFound {
			return dst, out.ErrorMessage
		}
	}
	namespace := e.client.FlagSet()
	for first := true; more && err == nil; first = false {
		var flagKey string
		if flagKey, at, err = c.readFlipt(requests, at); err != nil {
			break
		}
		e.resolveFlipt(flagKey, &c.context, out)
		if out.ErrorCode != "" && errorEntryReason(out.ErrorCode) == "" {
			return dst, out.ErrorMessage
		}
		c.record = e.client.Expose(c.record, &c.context, out)
		if !first {
			dst = append(dst, ',')
		}
		dst = c.appendEntry(dst, namespace, l.host.Now(), e.legacy)
		c.resetContext()
		at, more, err = jsonscan.NextElement(requests, at)
	}
	if err == nil {
		err = jsonscan.End(requests, at)
	}
	if err != nil {
		return dst, invalidRequest + err.Error()
	}
	return dst, ""
}

// ListFlags appends the reply to list_flags to dst.
func (l *Library) ListFlags(handle uint64, dst []byte) (reply []byte) {
	defer containFlipt("list_flags", dst, &reply)
	e, message := l.engineOf(handle)
	if e == nil {
		return appendFailure(dst, message)
	}
	flags, err := e.client.Flags()
	if err != nil {
		failed := asError(err)
		if failed.Code == eval.CodeNotReady {
			if !e.hasNoFlagsYet() {
				return appendFailure(dst, nullEngine)
			}
			return append(dst, success+`[]`+successEnd...)
		}
		return appendFailure(dst, fliptMessage(failed))
	}
	dst = append(dst, success+`[`...)
	for i := range flags {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendFliptFlag(dst, &flags[i])
	}
	return append(dst, `]`+successEnd...)
}

// GetSnapshot appends the reply to get_snapshot to dst: bare base64, or a failure envelope.
func (l *Library) GetSnapshot(handle uint64, dst []byte) (reply []byte) {
	defer containFlipt("get_snapshot", dst, &reply)
	e, message := l.engineOf(handle)
	if e == nil {
		return appendFailure(dst, message)
	}
	result, err := e.client.Call(context.Background(), "flipt.snapshot", []byte("{}"))
	if err != nil {
		return appendFailure(dst, fliptMessage(asError(err)))
	}
	text, err := snapshotText(result)
	if err != nil {
		return appendFailure(dst, internalError+err.Error())
	}
	return append(dst, text...)
}

// UpdateAuthentication appends the reply to update_authentication to dst.
func (l *Library) UpdateAuthentication(handle uint64, authentication, dst []byte) (reply []byte) {
	defer containFlipt("update_authentication", dst, &reply)
	e, message := l.engineOf(handle)
	switch {
	case e == nil:
		return appendFailure(dst, message)
	case authentication == nil:
		return appendFailure(dst, nullEngine)
	case !utf8.Valid(authentication):
		return appendFailure(dst, internalError+"invalid UTF-8: the authentication is not UTF-8")
	}
	end, err := jsonscan.Skip(authentication, 0)
	if err == nil {
		err = jsonscan.End(authentication, end)
	}
	if err == nil {
		params := append([]byte(nil), `{"authentication":`...)
		params = append(params, authentication...)
		params = append(params, '}')
		_, err = e.client.Call(context.Background(), "flipt.update_authentication", params)
	}
	if err != nil {
		return appendFailure(dst, authenticationMessage(err))
	}
	return append(dst, success+`null`+successEnd...)
}

func authenticationMessage(err error) string {
	var coded *eval.Error
	if errors.As(err, &coded) && coded.Code != eval.CodeInvalidConfig && coded.Code != eval.CodeInvalidRequest {
		return fliptMessage(coded)
	}
	return internalError + "invalid auth JSON: " + err.Error()
}

// DestroyEngine closes an engine. It does nothing to a handle that is not open.
func (l *Library) DestroyEngine(handle uint64) {
	defer func() { _ = recover() }()
	l.close(handle)
}
