package api

import (
	"bytes"
	"context"
	"time"
	"unicode/utf8"

	"github.com/burgee-flags/burgee/engine"
	"github.com/burgee-flags/burgee/engine/eval"
)

// Open appends the reply to burgee_open to dst.
func (l *Library) Open(options, dst []byte) (reply []byte) {
	defer containJSON("burgee_open", dst, &reply)
	switch {
	case options == nil:
		return appendError(dst, &eval.Error{Code: eval.CodeInvalidConfig, Msg: "options are NULL"})
	case !utf8.Valid(options):
		return appendError(dst, &eval.Error{Code: eval.CodeInvalidConfig, Msg: "options are not UTF-8"})
	}
	e, err := l.openEntry(options, engine.Host{StartWait: startWait}, false)
	if err != nil {
		return appendError(dst, asError(err))
	}
	return appendOK(dst, struct {
		Client uint64        `json:"client"`
		Status engine.Status `json:"status"`
	}{e.handle, e.client.Status()})
}

// clientOf returns the open client of a handle, or the error that answers a call on it.
func (l *Library) clientOf(handle uint64) (*entry, *eval.Error) {
	e := l.handles.get(handle)
	switch {
	case e == nil:
		return nil, errHandle
	case e.broken != nil:
		return nil, e.broken
	}
	return e, nil
}

var errHandle = &eval.Error{Code: eval.CodeInvalidHandle, Msg: "no client is open under this handle"}

// Call appends the reply to burgee_call to dst.
func (l *Library) Call(handle uint64, method, params, dst []byte) (reply []byte) {
	defer containJSON("burgee_call", dst, &reply)
	e, failed := l.clientOf(handle)
	switch {
	case failed != nil:
		return appendError(dst, failed)
	case method == nil:
		return appendError(dst, &eval.Error{Code: eval.CodeInvalidRequest, Msg: "method is NULL"})
	case params == nil:
		params = []byte("{}")
	}
	var takes int
	var answer answer
	switch string(method) {
	case "resolve":
		takes, answer = takesKey|takesType|takesContext|takesExposure, resolve
	case "all":
		takes, answer = takesContext, resolveAll
	case "explain":
		takes, answer = takesKey|takesContext, explain
	case "flags":
		answer = listFlags
	default:
		return pass(e.client, method, params, dst)
	}
	c := newCall()
	err := c.readParams(params, takes)
	if err == nil {
		reply, err = answer(e.client, c, append(dst, okStart...))
	}
	c.done()
	if err != nil {
		return appendError(dst, asError(err))
	}
	return append(reply, '}')
}

// answer appends a method's result to dst.
type answer func(client *engine.Client, c *call, dst []byte) ([]byte, error)

func resolve(client *engine.Client, c *call, dst []byte) ([]byte, error) {
	if c.params.context != nil {
		c.outcome.Reset(c.params.key)
		c.outcome.Version = 0
		c.outcome.Fail(eval.CodeInvalidContext, c.params.context.Error())
	} else {
		client.Resolve(c.params.key, &c.context, &c.outcome)
		convert(&c.outcome, c.params.want)
		if !c.params.silent {
			c.record = client.Expose(c.record, &c.context, &c.outcome)
		}
	}
	return appendResolution(dst, &c.outcome, c.params.fallback), nil
}

func resolveAll(client *engine.Client, c *call, dst []byte) ([]byte, error) {
	if c.params.context != nil {
		return dst, &eval.Error{Code: eval.CodeInvalidContext, Msg: c.params.context.Error()}
	}
	dst = append(dst, `{"flags":[`...)
	first := true
	err := client.ResolveAll(&c.context, &c.outcome, func(out *eval.Outcome) {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendResolution(dst, out, null)
	})
	return append(dst, `]}`...), err
}

func listFlags(client *engine.Client, _ *call, dst []byte) ([]byte, error) {
	flags, err := client.Flags()
	if err != nil {
		return dst, err
	}
	dst = append(dst, `{"flags":[`...)
	for i := range flags {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendFlag(dst, &flags[i])
	}
	return append(dst, `]}`...), nil
}

func explain(client *engine.Client, c *call, dst []byte) ([]byte, error) {
	if c.params.context != nil {
		return dst, &eval.Error{Code: eval.CodeInvalidContext, Msg: c.params.context.Error()}
	}
	trace := client.Explain(c.params.key, &c.context)
	return appendJSON(dst, struct {
		Trace *eval.Trace `json:"trace"`
		Text  string      `json:"text"`
	}{trace, trace.Text()})
}

// pass hands every other method to the client.
func pass(client *engine.Client, method, params, dst []byte) []byte {
	if !utf8.Valid(method) {
		return appendError(dst, &eval.Error{Code: eval.CodeInvalidRequest, Msg: "method is not UTF-8"})
	}
	if !isJSON(params) {
		return appendError(dst, &eval.Error{Code: eval.CodeInvalidRequest, Op: "params", Msg: "want a JSON object"})
	}
	// The client may keep what it is told, and the caller's memory ends with the call.
	result, err := client.Call(context.Background(), string(method), bytes.Clone(params))
	if err != nil {
		return appendError(dst, asError(err))
	}
	return appendOK(dst, result)
}

// Wait appends the reply to burgee_wait to dst. It blocks.
func (l *Library) Wait(handle uint64, timeout time.Duration, dst []byte) (reply []byte) {
	defer containJSON("burgee_wait", dst, &reply)
	e, failed := l.clientOf(handle)
	if failed != nil {
		return appendError(dst, failed)
	}
	ctx := context.Background()
	if timeout >= 0 {
		limited, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		ctx = limited
	}
	event, ok := e.client.Next(ctx)
	if !ok {
		return append(dst, `{"ok":null}`...)
	}
	return appendOK(dst, event)
}

// Close appends the reply to burgee_close to dst.
func (l *Library) Close(handle uint64, dst []byte) (reply []byte) {
	defer containJSON("burgee_close", dst, &reply)
	open, lost := l.close(handle)
	switch {
	case !open && !l.handles.wasOpen(handle):
		return appendError(dst, errHandle)
	case lost != "":
		return appendOK(dst, struct {
			Lost string `json:"lost"`
		}{lost})
	}
	return append(dst, `{"ok":null}`...)
}
