package flipt

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync/atomic"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/option"
	"github.com/burgee-flags/burgee/engine/transport"
)

// authentication holds what proves who we are. It may be replaced while requests are made.
type authentication struct {
	current atomic.Pointer[credentials]
}

type credentials struct {
	header  string // value of Authorization; empty: none
	member  string // client_token or jwt_token
	token   string
	changed bool // since the client was opened
}

// set takes the JSON of the option: "none", {"none":null}, {"client_token":"..."} or {"jwt_token":"..."}; null members
// count as absent. Its errors never hold the token, nor the name of a member that may be one.
func (a *authentication) set(raw []byte) error {
	if string(bytes.TrimSpace(raw)) == `"none"` {
		a.current.Store(&credentials{})
		return nil
	}
	opts, err := option.New(raw)
	if err != nil {
		return errors.New(`is neither "none" nor an object with client_token or jwt_token`)
	}
	opts.Raw("none")
	given := credentials{}
	for member, scheme := range map[string]string{"client_token": "Bearer ", "jwt_token": "JWT "} {
		if opts.Raw(member) == nil {
			continue
		}
		if given.member != "" {
			return errors.New("holds both client_token and jwt_token")
		}
		given.member, given.token = member, opts.Secret(member)
		given.header = scheme + given.token
	}
	// Their names are not shown: a token may stand in the wrong place.
	if len(opts.Unknown()) > 0 {
		return errors.New("has members that are neither client_token nor jwt_token")
	}
	if opts.Err("") != nil {
		return errors.New("has a member that is not a string, or one that is given twice")
	}
	if !transport.ValidHeaderValue(given.header) {
		return errors.New("has a token with characters that a header cannot hold")
	}
	a.current.Store(&given)
	return nil
}

func (a *authentication) header() http.Header {
	c := a.current.Load()
	if c == nil || c.header == "" {
		return nil
	}
	return http.Header{"Authorization": {c.header}}
}

// updateMethod is flipt.update_authentication: {"authentication":...} as the option. It counts from the next request.
func (a *authentication) updateMethod(_ context.Context, call *backend.Call) (any, error) {
	const op = "flipt.update_authentication"
	opts, err := option.New(call.Params)
	if err != nil {
		return nil, &eval.Error{Code: eval.CodeInvalidRequest, Op: op, Msg: "the params are not a JSON object", Err: err}
	}
	raw := opts.Raw("authentication")
	if raw == nil {
		raw = []byte(`"none"`)
	}
	if err := a.set(raw); err != nil {
		return nil, &eval.Error{Code: eval.CodeInvalidRequest, Op: op, Msg: "authentication " + err.Error(), Err: err}
	}
	if c := a.current.Load(); c != nil {
		changed := *c
		changed.changed = true
		a.current.Store(&changed)
	}
	return nil, nil
}

// overlay returns the option as it is now, if it is not as it was given.
func (a *authentication) overlay() map[string]any {
	c := a.current.Load()
	if c == nil || !c.changed {
		return nil
	}
	if c.member == "" {
		return map[string]any{"authentication": "none"}
	}
	return map[string]any{"authentication": map[string]string{c.member: c.token}}
}
