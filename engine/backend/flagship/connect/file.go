package connect

import (
	"context"
	"slices"

	"github.com/goccy/go-json"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/option"
	"github.com/burgee-flags/burgee/engine/source"
	"github.com/burgee-flags/burgee/engine/transport"
)

// remembering is the compiler of environment files. What it compiles visitors are decided with, and it keeps the text for a
// host that asks for it.
type remembering struct{ *startup }

// Compile implements backend.Compiler.
func (r *remembering) Compile(u source.Update) (eval.Ruleset, []backend.Warning, error) {
	s := r.startup
	rules, warnings, err := s.rules.Compile(u)
	if err != nil {
		return nil, nil, err
	}
	if packed, err := source.Pack(u.Body); err == nil {
		s.file.Store(&packed)
	}
	// With a file of the host's own the JavaScript SDK is not ready yet, but fetches. The Python SDK has no such file, and would
	// refuse to fetch.
	if u.Origin != source.FromSnapshot || s.language == sdk.Python {
		s.Arrived(s.session, u.Modified, s.rules.Current())
	}
	return rules, warnings, nil
}

// document answers {} -> {"document"}: the environment file that came last; null before the first.
func (in *instance) document(*option.Reader) backend.Action {
	return func(context.Context, *backend.Call) (any, error) {
		packed := in.file.Load()
		if packed == nil {
			return json.RawMessage(`{"document":null}`), nil
		}
		text, err := source.Unpack(*packed, transport.DefaultMaxBody)
		if err != nil {
			return nil, &eval.Error{Code: eval.CodeGeneral, Op: "flagship.document", Msg: err.Error(), Err: err}
		}
		return json.RawMessage(slices.Concat([]byte(`{"document":`), text, []byte{'}'})), nil
	}
}
