package source

import (
	"context"
	"sync/atomic"
)

// Sequence is a Source that runs others one after the other, each until it returns: a Fetch for the first data, then a
// Stream for the changes.
type Sequence struct {
	stages  []Source
	current atomic.Int32
}

// NewSequence returns a source that runs the stages in order.
func NewSequence(stages ...Source) *Sequence { return &Sequence{stages: stages} }

// Run runs the stages until ctx ends or the last one returns.
func (s *Sequence) Run(ctx context.Context, sink Sink) {
	for i, stage := range s.stages {
		if ctx.Err() != nil {
			return
		}
		s.current.Store(int32(i)) //nolint:gosec // a handful of stages
		stage.Run(ctx, sink)
	}
}

// Refresh makes the stage that runs fetch at once, if it can.
func (s *Sequence) Refresh() {
	if i := int(s.current.Load()); i < len(s.stages) {
		if stage, ok := s.stages[i].(Refresher); ok {
			stage.Refresh()
		}
	}
}
