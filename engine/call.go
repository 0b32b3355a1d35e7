package engine

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/option"
	"github.com/burgee-flags/burgee/engine/source"
)

// Call runs one method by name: the engine's own, which include/burgee.h lists at burgee_call, or the backend's. params
// is a JSON object, or empty. The result is to be encoded as JSON. An unknown name is CodeUnknownMethod, unknown or badly
// typed params are CodeInvalidRequest.
func (c *Client) Call(ctx context.Context, method string, params []byte) (any, error) {
	if len(params) == 0 {
		params = []byte("{}")
	}
	if own, ok := methods[method]; ok {
		return c.callOwn(ctx, method, own, params)
	}
	foreign, ok := c.plan.Methods[method]
	if !ok {
		return nil, &eval.Error{
			Code: eval.CodeUnknownMethod, Msg: "the backend " + c.config.backend + " has no method " + method,
		}
	}
	s := c.current.Load()
	if s.state == Closed || (foreign.ReadsFlags && s.blocked != "" && s.blockedCode != eval.CodeNotReady) {
		return nil, s.unusable()
	}
	result, err := foreign.Run(ctx, &backend.Call{Rules: s.rules, Params: params, Report: c.delivery.report})
	if err == nil && foreign.ChangesOptions {
		c.save()
	}
	return result, err
}

type ownMethod func(*Client, context.Context, *option.Reader) (any, error)

var methods = map[string]ownMethod{
	"status":  (*Client).callStatus,
	"refresh": (*Client).callRefresh,
	"update":  (*Client).callUpdate,
	"track":   (*Client).callTrack,
	"flush":   (*Client).callFlush,
}

func (c *Client) callOwn(ctx context.Context, name string, method ownMethod, params []byte) (any, error) {
	reader, err := option.New(params)
	if err != nil {
		return nil, &eval.Error{Code: eval.CodeInvalidRequest, Op: name, Msg: err.Error(), Err: err}
	}
	return method(c, ctx, reader)
}

// checked reports what was wrong with the params of a call, unknown ones included.
func checked(name string, params *option.Reader) error {
	for _, unknown := range params.Unknown() {
		params.Problem(unknown.Name, cmp.Or(unknown.Reason, "is not a parameter"))
	}
	if err := params.Err(name); err != nil {
		return &eval.Error{Code: eval.CodeInvalidRequest, Msg: err.Error(), Err: err}
	}
	return nil
}

func (c *Client) callStatus(_ context.Context, params *option.Reader) (any, error) {
	if err := checked("status", params); err != nil {
		return nil, err
	}
	return c.Status(), nil
}

// changedResult says whether a call changed any flag.
type changedResult struct {
	Changed bool `json:"changed"`
}

// refreshWait is how long refresh waits unless it is told otherwise.
const refreshWait = 30 * time.Second

// callRefresh fetches out of turn and waits for the end of the fetch.
func (c *Client) callRefresh(ctx context.Context, params *option.Reader) (any, error) {
	limit := params.Milliseconds("timeout_ms", refreshWait)
	if err := checked("refresh", params); err != nil {
		return nil, err
	}
	refresher, ok := c.plan.Source.(source.Refresher)
	if !ok {
		return changedResult{}, nil // what comes from memory cannot have changed
	}
	if s := c.current.Load(); s.state == Fatal {
		return nil, &eval.Error{Code: eval.CodeFatal, Op: "refresh", Msg: s.failure}
	}
	end := c.rounds.next()
	refresher.Refresh()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	changed, err := wait(ctx, end)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, &eval.Error{
			Code: eval.CodeTimeout, Op: "refresh", Msg: "no answer within " + limit.String() + "; fetching goes on", Err: err,
		}
	}
	if err != nil {
		return nil, c.callError("refresh", err)
	}
	return changedResult{Changed: changed}, nil
}

// callUpdate takes a document that the host has fetched itself.
func (c *Client) callUpdate(_ context.Context, params *option.Reader) (any, error) {
	if _, fetches := c.plan.Source.(source.Refresher); fetches {
		return nil, &eval.Error{
			Code: eval.CodeInvalidRequest, Op: "update",
			Msg: `this client fetches its flags itself; one that is opened with a document takes others (or with ` +
				`"fetch_mode":"none"; FeatBit: "offline":true)`,
		}
	}
	document := params.Raw("document")
	if document == nil {
		params.Problem("document", "is missing")
	}
	if err := checked("update", params); err != nil {
		return nil, err
	}
	update := source.Update{Body: document, Origin: source.FromHost}
	changed, err := c.apply(update, time.Now())
	if err != nil {
		return nil, c.callError("update", err)
	}
	if changed {
		c.keep(update)
	}
	c.store()
	return changedResult{Changed: changed}, nil
}

func (c *Client) callError(method string, err error) error {
	if known, ok := err.(*eval.Error); ok {
		return known
	}
	text := err.Error()
	if c.plan.Describe != nil {
		text = c.plan.Describe(err)
	}
	return &eval.Error{Code: eval.CodeGeneral, Op: method, Msg: text, Err: err}
}
