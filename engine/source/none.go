package source

import "context"

// None is a Source that brings nothing: the host itself hands updates to the client.
type None struct{}

// Run returns at once.
func (None) Run(context.Context, Sink) {}
