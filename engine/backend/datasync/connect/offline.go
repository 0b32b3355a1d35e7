package connect

import (
	"context"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/source"
)

// offline is a source of a client whose flags the host brings: until then there are none, and that is no failure.
type offline struct{}

// Run implements source.Source. As if the host had brought nothing, which does not replace what is held.
func (offline) Run(_ context.Context, sink source.Sink) {
	_ = sink.Apply(source.Update{Body: datasync.Document(nil, nil), Origin: source.FromHost})
}
