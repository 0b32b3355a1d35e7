package connect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/flagship/visitor"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/option"
)

// methods are the calls of the backend, for every client of the instance.
func (in *instance) methods() map[string]backend.Method {
	methods := map[string]backend.Method{}
	add := func(name string, read func(*option.Reader) backend.Action) {
		name = "flagship." + name
		methods[name] = backend.Strict(name, read)
	}
	add("status", in.status)
	add("flush", in.flush)
	add("document", in.document)
	add("cache.answer", in.answer)
	add("visitor.new", in.make)
	for name, read := range map[string]func(*option.Reader) visitorAction{
		"close":          in.closeVisitor,
		"fetch":          fetch,
		"flags":          in.flags,
		"flag":           in.flag,
		"expose":         expose,
		"send":           send,
		"consent":        consent,
		"update_context": updateContext,
		"clear_context":  clearContext,
		"authenticate":   authenticate,
		"unauthenticate": unauthenticate,
		"listen":         listen,
		"state":          state,
	} {
		add("visitor."+name, in.ofVisitor(read))
	}
	return methods
}

// visitorAction is a call about one visitor whose params have been read.
type visitorAction func(ctx context.Context, v *held) (any, error)

// ofVisitor reads the param visitor.
func (in *instance) ofVisitor(read func(*option.Reader) visitorAction) func(*option.Reader) backend.Action {
	return func(params *option.Reader) backend.Action {
		if !params.Has("visitor") {
			params.Problem("visitor", "is missing")
		}
		handle := uint64(params.Whole("visitor", 0, 0, 1<<53)) //nolint:gosec // not negative
		run := read(params)
		return func(ctx context.Context, _ *backend.Call) (any, error) {
			v := in.find(handle)
			if v == nil {
				return nil, &eval.Error{
					Code: eval.CodeInvalidHandle, Msg: fmt.Sprintf("there is no open visitor %d", handle),
				}
			}
			return run(ctx, v)
		}
	}
}

// status answers {} -> {"status", "name", "started"}: how far the SDK has come, in the words of its language.
func (in *instance) status(*option.Reader) backend.Action {
	return func(context.Context, *backend.Call) (any, error) {
		state := in.State()
		return struct {
			Status  int    `json:"status"`
			Name    string `json:"name"`
			Started bool   `json:"started"`
		}{state.Number(in.language), state.Name(in.language), in.Started()}, nil
	}
}

// flushWait is how long flush waits unless it is told otherwise.
const flushWait = 30 * time.Second

// flush sends what is pending: {"timeout_ms"} -> {"flushed"}. It is false before the start.
func (in *instance) flush(params *option.Reader) backend.Action {
	limit := params.Milliseconds("timeout_ms", flushWait)
	return func(ctx context.Context, _ *backend.Call) (any, error) {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		return struct {
			Flushed bool `json:"flushed"`
		}{in.Flush(ctx) == nil}, nil
	}
}

// answer takes what a cache of the host says: {"id", "result"} or {"id", "error"} -> {"taken"}.
func (in *instance) answer(params *option.Reader) backend.Action {
	if !params.Has("id") {
		params.Problem("id", "is missing")
	}
	id := uint64(params.Whole("id", 0, 0, 1<<53)) //nolint:gosec // not negative
	result, problem := params.Raw("result"), params.String("error", "")
	if params.Has("error") && problem == "" {
		problem = "it says no more"
	}
	return func(context.Context, *backend.Call) (any, error) {
		return struct {
			Taken bool `json:"taken"`
		}{in.host.Answer(id, result, problem) == nil}, nil
	}
}

// closeVisitor answers {"visitor"} -> null.
func (in *instance) closeVisitor(*option.Reader) visitorAction {
	return func(_ context.Context, v *held) (any, error) {
		in.close(v.handle)
		return nil, nil //nolint:nilnil // the answer is null
	}
}

// fetch decides the flags anew: {"visitor", "wait"} -> {"done", "error"}. Without wait it is done at once when nobody has to
// be waited for; otherwise the event ready comes.
func fetch(params *option.Reader) visitorAction {
	wait := params.Bool("wait", true)
	return func(ctx context.Context, v *held) (any, error) {
		over, err := true, error(nil)
		if wait {
			err = v.Fetch(ctx)
		} else {
			over, err = v.FetchSoon()
		}
		if !over {
			return struct {
				Done bool `json:"done"`
			}{}, nil
		}
		result := struct {
			Done  bool    `json:"done"`
			Error *string `json:"error"`
		}{Done: true}
		if err != nil {
			text := err.Error()
			result.Error = &text
		}
		return result, nil
	}
}

// send reports a hit: {"visitor", "hit"} -> {"sent", "refused", "why", "left_out"}.
func send(params *option.Reader) visitorAction {
	raw := params.Raw("hit")
	if raw == nil {
		params.Problem("hit", "is missing")
	}
	return func(_ context.Context, v *held) (any, error) {
		leftOut, err := v.Send(raw)
		result := struct {
			Sent    bool     `json:"sent"`
			Refused *string  `json:"refused"`
			Why     *string  `json:"why"`
			LeftOut []string `json:"left_out"`
		}{Sent: err == nil, Refused: refused(err), LeftOut: append([]string{}, leftOut...)}
		if err != nil {
			why := err.Error()
			result.Why = &why
		}
		return result, nil
	}
}

// consent answers {"visitor", "consent"} -> null.
func consent(params *option.Reader) visitorAction {
	agrees := requiredBool(params, "consent")
	return func(_ context.Context, v *held) (any, error) {
		v.SetConsent(agrees)
		return nil, nil //nolint:nilnil // the answer is null
	}
}

// authenticate answers {"visitor", "id"} -> {"refused", "id", "anonymousId"}.
func authenticate(params *option.Reader) visitorAction {
	id := params.String("id", "")
	return func(_ context.Context, v *held) (any, error) { return identified(v, v.Authenticate(id)), nil }
}

// unauthenticate answers {"visitor"} -> {"refused", "id", "anonymousId"}.
func unauthenticate(*option.Reader) visitorAction {
	return func(_ context.Context, v *held) (any, error) { return identified(v, v.Unauthenticate()), nil }
}

// listen answers {"visitor", "listens"} -> null.
func listen(params *option.Reader) visitorAction {
	listens := requiredBool(params, "listens")
	return func(_ context.Context, v *held) (any, error) {
		v.Listen(listens)
		return nil, nil //nolint:nilnil // the answer is null
	}
}

func requiredBool(params *option.Reader, name string) bool {
	if !params.Has(name) {
		params.Problem(name, "is missing")
	}
	return params.Bool(name, false)
}

// refusals are the words for why something had no effect.
var refusals = map[error]string{
	visitor.ErrNotReady: "not_ready", visitor.ErrPanic: "panic", visitor.ErrNoConsent: "no_consent",
	visitor.ErrFlagNotFound: "not_found", visitor.ErrDuplicate: "duplicate", visitor.ErrNotQueued: "dropped",
	visitor.ErrEmptyID:       "empty_id",
	visitor.ErrAuthenticated: "authenticated", visitor.ErrAnonymous: "not_authenticated",
}

// refused returns the word for an error, and null for none.
func refused(err error) *string {
	if err == nil {
		return nil
	}
	for known, word := range refusals {
		if errors.Is(err, known) {
			return &word
		}
	}
	word := "invalid"
	return &word
}
