package backend

import (
	"context"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/option"
)

// Action is a call whose params have been read. It returns what is encoded as JSON.
type Action func(ctx context.Context, call *Call) (any, error)

// Strict returns a method that does nothing unless all params are as they should be. read takes those that the method has, and
// reports what is wrong with them; any other is refused by its name.
func Strict(name string, read func(params *option.Reader) Action) Method {
	return Method{Run: func(ctx context.Context, call *Call) (any, error) {
		params, err := option.New(call.Params)
		if err != nil {
			return nil, &eval.Error{Code: eval.CodeInvalidRequest, Op: name, Msg: err.Error(), Err: err}
		}
		run := read(params)
		for _, unknown := range params.Unknown() {
			params.Problem(unknown.Name, "is not a parameter")
		}
		if err := params.Err(name); err != nil {
			return nil, &eval.Error{Code: eval.CodeInvalidRequest, Msg: err.Error(), Err: err}
		}
		return run(ctx, call)
	}}
}
