package flagship

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"runtime"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
	"github.com/burgee-flags/burgee/engine/source"
)

// compiler turns environment files into rule sets. It implements backend.Compiler.
type compiler struct {
	targeting Targeting
	hashes    sdk.HashInput
	rules     *Ruleset // the last one
}

// NewCompiler returns a compiler of environment files whose rule sets resolve single flags for visitors whose ids are hashed
// as hashes says.
func NewCompiler(targeting Targeting, hashes sdk.HashInput) backend.Compiler {
	return &compiler{targeting: targeting, hashes: hashes}
}

// seed makes fingerprints comparable within this process.
var seed = maphash.MakeSeed()

// yieldEvery is after how many compiled campaigns evaluations get their turn.
const yieldEvery = 16

// Compile implements backend.Compiler. A campaign that makes no sense is left out, with a warning when it is first seen.
func (c *compiler) Compile(u source.Update) (eval.Ruleset, []backend.Warning, error) {
	file, err := readFile(u.Body)
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("the environment file cannot be read: %w", err)
	case !isNull(file.campaigns) && !isArray(file.campaigns):
		return nil, nil, fmt.Errorf("campaigns is %s, want an array", describe(file.campaigns))
	}
	rules, warnings := c.compile(file)
	c.rules = rules
	return rules, warnings, nil
}

func (c *compiler) compile(file wireFile) (*Ruleset, []backend.Warning) {
	r := &Ruleset{
		flags: map[string]*flag{}, names: map[string]int32{}, panic: isTrue(file.panic), unlisted: isNull(file.campaigns),
		targeting: c.targeting, hashes: c.hashes, byFingerprint: map[uint64]*campaign{},
	}
	var warnings []backend.Warning
	ids := map[string]bool{}
	compiled := 0
	jsonscan.Elements(file.campaigns, func(text []byte) {
		print := maphash.Bytes(seed, text)
		known := r.byFingerprint[print]
		if known == nil && c.rules != nil {
			known = c.rules.byFingerprint[print]
		}
		if known == nil {
			known = compileCampaign(bytes.Clone(text), c.targeting)
			known.fingerprint = print
			for _, text := range known.warnings {
				warnings = append(warnings, backend.Warning{Message: text})
			}
			if compiled++; compiled%yieldEvery == 0 {
				runtime.Gosched()
			}
		}
		r.byFingerprint[print] = known
		if known.broken == "" {
			r.place(known, ids)
		}
	})
	r.describe()
	return r, warnings
}
