package source

import (
	"context"
	"sync"
)

// Sequence is a Source that runs others one after the other, each until it returns: a Fetch for the first data, then a
// Stream for the changes.
type Sequence struct {
	stages []Source

	mu      sync.Mutex
	current Refresher // the stage that runs, if it can fetch out of turn
	wanted  bool      // since the stage began, which may have been too late for it
}

// NewSequence returns a source that runs the stages in order.
func NewSequence(stages ...Source) *Sequence { return &Sequence{stages: stages} }

// Run runs the stages until ctx ends or the last one returns.
func (s *Sequence) Run(ctx context.Context, sink Sink) {
	for _, stage := range s.stages {
		if ctx.Err() != nil {
			return
		}
		s.enter(stage)
		stage.Run(ctx, sink)
	}
}

// Refresh makes the stage that runs fetch at once, if it can, and otherwise the next one that can.
func (s *Sequence) Refresh() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wanted = true
	if s.current != nil {
		s.current.Refresh()
	}
}

func (s *Sequence) enter(stage Source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current, _ = stage.(Refresher)
	if s.wanted && s.current != nil {
		s.wanted = false
		s.current.Refresh()
	}
}
