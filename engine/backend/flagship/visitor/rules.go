package visitor

import (
	"sync/atomic"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/flagship"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/source"
)

// Rules is a compiler that remembers what it compiled last: visitors are decided for at any time, not only when the engine
// hands out a rule set. It implements backend.Compiler.
type Rules struct {
	compiler backend.Compiler
	current  atomic.Pointer[flagship.Ruleset]
}

// NewRules returns a compiler that compiles with another one, of package flagship.
func NewRules(compiler backend.Compiler) *Rules { return &Rules{compiler: compiler} }

// Compile implements backend.Compiler.
func (r *Rules) Compile(u source.Update) (eval.Ruleset, []backend.Warning, error) {
	compiled, warnings, err := r.compiler.Compile(u)
	if rules, ok := compiled.(*flagship.Ruleset); ok && err == nil {
		r.current.Store(rules)
	}
	return compiled, warnings, err
}

// Current returns the last rule set, or nil before the first one. It is Environment.Rules.
func (r *Rules) Current() *flagship.Ruleset { return r.current.Load() }
