package featbit

import (
	"slices"
	"sync/atomic"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/eval"
)

// ruleset is one environment, compiled. It implements eval.Ruleset. Flags find segments by id when they are evaluated, so
// that a changed segment costs no compilation of flags.
type ruleset struct {
	flags    *datasync.Table[*flag]
	segments *datasync.Table[*segment]
}

func emptyRuleset() *ruleset {
	return &ruleset{flags: &datasync.Table[*flag]{}, segments: &datasync.Table[*segment]{}}
}

type flag struct {
	key            string
	name           string
	description    string
	hasDescription bool
	flagType       eval.FlagType
	enabled        bool
	disabled       answer
	targets        map[string]int // user key: index of the first answer that names it
	targetAnswers  []answer
	targetProblem  string // the list cannot be read beyond these targets
	rules          []rule
	ruleProblem    string
	fallthru       rule
	expt           bool   // exptIncludeAllTargets
	exptProblem    string // it is absent
	segments       []string
	problems       []string // what of the flag does not work as written
	described      eval.Flag
	sequence       uint64 // orders flags as the SDK's store does
	fingerprint    uint64
	text           []byte // the flag as it came; the strings alias it
}

// answer is one thing that a flag can serve.
type answer struct {
	variation *variation // nil: serving it fails
	problem   string
	id        uint64 // of the outcome
}

type variation struct {
	id     string
	served eval.Value
	value  eval.Value
}

// rule is a rule of a flag, or its fallthrough, which has no conditions.
type rule struct {
	name       string
	conditions []condition
	problem    string // reaching the rule fails
	attribute  origin
	dispatch   string
	rollouts   []rollout
	unserved   string // the rollouts cannot be read
}

type rollout struct {
	answer
	low, high   float64
	all         bool // exactly [0, 1]: serves everybody without a hash
	usable      bool // the range makes sense
	expt        participation
	exptBound   float64
	exptProblem string
}

// participation says which of those who are served by a rollout count for the experiment.
type participation uint8

const (
	nobody participation = iota
	everybody
	hashed // those whose second hash is below exptBound
)

type segment struct {
	id          string
	name        string
	users       map[string]bool // true: included, false: excluded
	rules       []rule
	problem     string // testing it fails
	segments    []string
	fingerprint uint64
	text        []byte
}

// Keys implements eval.Ruleset.
func (r *ruleset) Keys() []string { return r.flags.Keys() }

// Problem implements eval.Ruleset.
func (r *ruleset) Problem() string { return "" }

// Flag implements eval.Ruleset.
func (r *ruleset) Flag(key string) (eval.Flag, bool) {
	f, ok := r.flags.Get(key)
	if !ok {
		return eval.Flag{}, false
	}
	described := f.described
	described.Fingerprint = r.mix(f.fingerprint, f.segments)
	return described, true
}

// describe prepares the flag's description, all but its fingerprint.
func (f *flag) describe() {
	f.described = eval.Flag{
		Key: f.key, Type: f.flagType, Enabled: f.enabled, Description: f.description, HasDescription: f.hasDescription,
	}
	if last := f.fallthru.rollouts; len(last) == 1 && last[0].all && last[0].variation != nil {
		v := last[0].variation
		f.described.Default = &eval.Variant{
			ID: v.id, Key: v.id, Attachment: v.served.String(), HasAttachment: v.served.Kind != eval.Null,
		}
	}
}

// mix makes a fingerprint of a flag and of all segments that it depends on, so that a changed segment counts as a change
// of the flags that test it.
func (r *ruleset) mix(fingerprint uint64, segments []string) uint64 {
	for _, id := range r.reached(segments) {
		fingerprint *= 0x9e3779b97f4a7c15 // an odd number with bits all over
		fingerprint ^= fingerprint >> 29
		if s, ok := r.segments.Get(id); ok {
			fingerprint += s.fingerprint
		}
	}
	return fingerprint
}

// reached lists the segments and those that they test in turn, each once.
func (r *ruleset) reached(segments []string) []string {
	nested := false
	for _, id := range segments {
		s, ok := r.segments.Get(id)
		nested = nested || ok && len(s.segments) > 0
	}
	if !nested {
		return segments
	}
	all := slices.Clone(segments)
	for i := 0; i < len(all); i++ {
		s, ok := r.segments.Get(all[i])
		if !ok {
			continue
		}
		for _, id := range s.segments {
			if !slices.Contains(all, id) {
				all = append(all, id)
			}
		}
	}
	return all
}

// nextID hands out outcome ids. 0 is never one.
var nextID atomic.Uint64

// assignIDs reserves an id for everything the flag can answer: one for off, one for each target, and two for each rollout,
// outside and inside the experiment.
func (f *flag) assignIDs() {
	f.disabled.id = nextID.Add(1)
	for i := range f.targetAnswers {
		f.targetAnswers[i].id = nextID.Add(1)
	}
	for i := range f.rules {
		f.rules[i].assignIDs()
	}
	f.fallthru.assignIDs()
}

func (r *rule) assignIDs() {
	for i := range r.rollouts {
		r.rollouts[i].id = nextID.Add(2) - 1
	}
}
