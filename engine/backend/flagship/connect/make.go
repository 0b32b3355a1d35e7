package connect

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-json"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/backend/flagship/visitor"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/jsonscan"
	"github.com/burgee-flags/burgee/engine/option"
)

// make makes a visitor: {"id", "consent", "authenticated", "anonymous_id", "context", "campaigns", "flags", "listens", "quiet"}
// -> {"visitor", "id", "anonymousId", "status", "reason"}. In Python it may wait for the cache of visitors.
func (in *instance) make(params *option.Reader) backend.Action {
	p := visitor.Params{
		ID: params.String("id", ""), Consent: requiredBool(params, "consent"),
		Authenticated: params.Bool("authenticated", false), AnonymousID: params.String("anonymous_id", ""),
		Context: readContext(params), Campaigns: readList(params, "campaigns"), Flags: readList(params, "flags"),
		Listens: params.Bool("listens", false), Quiet: params.Bool("quiet", false),
	}
	if p.ID == "" && in.language == sdk.Python {
		params.Problem("id", "is missing")
	}
	return func(ctx context.Context, _ *backend.Call) (any, error) {
		handle, err := in.reserve()
		if err != nil {
			return nil, err
		}
		p.Tag = handle
		v := &held{handle: handle, Visitor: in.NewVisitor(ctx, p)}
		in.publish(v)
		result := struct {
			Visitor uint64 `json:"visitor"`
			ids
			statuses
		}{handle, idsOf(v), statusOf(v)}
		return result, nil
	}
}

// readContext reads attributes, in their order.
func readContext(params *option.Reader) (attributes []eval.Attribute) {
	raw := params.Raw("context")
	if raw == nil {
		return nil
	}
	if !jsonscan.Members(raw, func(name string, value []byte) {
		attributes = append(attributes, eval.Attribute{Name: strings.Clone(name), Value: evaljson.Value(value)})
	}) {
		params.Problem("context", "is not an object")
	}
	return attributes
}

func readList(params *option.Reader, name string) []byte {
	raw := params.Raw(name)
	if raw != nil && raw[0] != '[' {
		params.Problem(name, "is not an array")
	}
	return raw
}

// ids are those of a visitor.
type ids struct {
	ID          string  `json:"id"`
	AnonymousID *string `json:"anonymousId"` // null: not logged in
}

func idsOf(v *held) ids {
	id, anonymous := v.IDs()
	result := ids{ID: id}
	if anonymous != "" {
		result.AnonymousID = &anonymous
	}
	return result
}

// statuses are those of all flags of a visitor.
type statuses struct {
	Status string `json:"status"`
	Reason string `json:"reason"`
}

func statusOf(v *held) statuses {
	status, reason := v.Status()
	return statuses{status.String(), reason.String()}
}

// identifiedResult is how a visitor is called after logging in or out.
type identifiedResult struct {
	Refused *string `json:"refused"`
	ids
}

func identified(v *held, err error) identifiedResult { return identifiedResult{refused(err), idsOf(v)} }

// contextResult is a visitor's context after a change.
type contextResult struct {
	Refused *string         `json:"refused"`
	Context json.RawMessage `json:"context"`
}

func contextOf(v *held) json.RawMessage {
	to := []byte{'{'}
	for _, a := range v.Context() {
		to = evaljson.AppendValue(evaljson.AppendName(to, a.Name), a.Value)
	}
	return append(to, '}')
}

// updateContext answers {"visitor", "context"} -> {"refused", "context"}.
func updateContext(params *option.Reader) visitorAction {
	added := readContext(params)
	if !params.Has("context") {
		params.Problem("context", "is missing")
	}
	return func(_ context.Context, v *held) (any, error) {
		err := v.UpdateContext(added)
		return contextResult{refused(err), contextOf(v)}, nil
	}
}

// clearContext answers {"visitor"} -> {"refused", "context"}.
func clearContext(*option.Reader) visitorAction {
	return func(_ context.Context, v *held) (any, error) {
		err := v.ClearContext()
		return contextResult{refused(err), contextOf(v)}, nil
	}
}

// state answers {"visitor"} -> {"id", "anonymousId", "consent", "status", "reason", "context", "assignments", "exposed"}:
// assignments are variation ids by variation group ids; exposed are the ids of the variations reported as seen, in Python only.
func state(*option.Reader) visitorAction {
	return func(_ context.Context, v *held) (any, error) {
		assignments := v.Assignments()
		if assignments == nil {
			assignments = map[string]string{}
		}
		return struct {
			ids
			Consent bool `json:"consent"`
			statuses
			Context     json.RawMessage   `json:"context"`
			Assignments map[string]string `json:"assignments"`
			Exposed     []string          `json:"exposed"`
		}{
			idsOf(v), v.Consent(), statusOf(v), contextOf(v), assignments,
			append([]string{}, slices.Sorted(maps.Keys(v.Exposed()))...),
		}, nil
	}
}
