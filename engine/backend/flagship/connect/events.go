package connect

import (
	"context"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/flagship/visitor"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/option"
)

// queueEvents is how many records may wait in memory. Their bytes are what limits them: many are short.
const queueEvents = 40_000

// lanes are the queues of a client, by the names of package visitor. It implements visitor.Lanes.
type lanes struct{ queues backend.Queues }

// Report implements visitor.Lanes.
func (l lanes) Report(lane visitor.Lane, at int64, record []byte) bool {
	return l.queues.Report(int(lane), at, record)
}

// Flush implements visitor.Lanes.
func (l lanes) Flush(ctx context.Context, lane visitor.Lane) error {
	return l.queues.Flush(ctx, int(lane))
}

// events plans what the vendor hears. Without somebody to reach it hears nothing. What the host's cache of hits keeps is in
// no spool, or it would be sent twice.
func (s *startup) events(opts *option.Reader, env *backend.Env) *backend.Events {
	lane := func(name string, lane visitor.Lane) backend.Lane {
		config := s.session.Lane(lane)
		config.Client, config.Events = s.client.HTTP, queueEvents
		return backend.Lane{Name: name, Queue: config}
	}
	if s.hitCache && opts.Has("spool_path") {
		env.Log.Log(backend.Warn, "spool_path is not used, because the host has a cache of hits")
	}
	return &backend.Events{
		Lanes: []backend.Lane{
			visitor.Hits: lane("hits", visitor.Hits), visitor.Activations: lane("activations", visitor.Activations),
		},
		Disabled:  opts.Bool("disable_events", false) || s.client.HTTP == nil,
		InMemory:  s.hitCache,
		Exposures: int(visitor.Activations), Tracking: int(visitor.Hits),
		Exposure: s.exposure, Track: s.track, Flush: s.session.Flush,
	}
}

// exposure is backend.Events.Exposure: an activation, if the visitor has a variation. Without a visitor object nothing is
// known of consent, which therefore counts as given, nor of what was reported a moment ago.
func (s *startup) exposure(dst []byte, ec *eval.Context, out *eval.Outcome, _ int64) []byte {
	if out.Variant == "" || len(out.Segments) == 0 || ec.TargetingKey == "" {
		return dst
	}
	return s.session.AppendExposure(dst, ec.TargetingKey, out.Segments[len(out.Segments)-1], out.Variant)
}

// track is backend.Events.Track: an event of the category "Action Tracking".
func (s *startup) track(dst []byte, ec *eval.Context, tracked *backend.Tracked, _ int64) ([]byte, error) {
	switch {
	case ec.TargetingKey == "":
		return dst, &eval.Error{Code: eval.CodeTargetingKeyMissing, Msg: "the context has no targetingKey, which is the visitor's id"}
	case tracked.Data != nil:
		return dst, &eval.Error{
			Code: eval.CodeInvalidRequest, Msg: "data: an event of flagship has a value and no further details",
		}
	}
	record, err := s.session.AppendEvent(dst, ec.TargetingKey, tracked.Name, tracked.Value)
	if err != nil {
		return dst, &eval.Error{Code: eval.CodeInvalidRequest, Msg: err.Error(), Err: err}
	}
	return record, nil
}
