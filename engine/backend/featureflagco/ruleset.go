package featureflagco

import (
	"slices"
	"sync/atomic"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/eval"
)

// ruleset is one environment, compiled. It implements eval.Ruleset. Flags find segments and prerequisites when they are
// evaluated, so that a change of those costs no compilation.
type ruleset struct {
	flags    *datasync.Table[*flag] // by key
	segments *datasync.Table[*segment]
}

func emptyRuleset() *ruleset {
	return &ruleset{flags: &datasync.Table[*flag]{}, segments: &datasync.Table[*segment]{}}
}

type flag struct {
	key                 string // under which it is found
	name                string
	keyName             string // by which events and details call it
	disabled            bool
	off                 answer // when it is disabled
	failed              answer // the same, when a prerequisite failed
	statusProblem       string
	prerequisites       []prerequisite
	prerequisiteProblem string
	targets             map[string]int // user key: index of the first answer that names it
	targetAnswers       []answer
	targetProblem       string // the list cannot be read beyond these targets
	rules               []rule
	ruleProblem         string
	last                rule     // the default
	expt                tri      // exptIncludeAllRules
	depends             []string // segments, by id
	problems            []string // what of the flag does not work as written
	described           eval.Flag
	sequence            uint64 // orders flags as the SDK's store does
	fingerprint         uint64
	text                []byte // the flag as it came; the strings alias it
}

// tri is a member that may be null, which is not the same as false.
type tri uint8

const (
	isFalse tri = iota
	isTrue
	isNull
)

func triOf(value []byte) tri {
	switch {
	case datasync.IsNull(value):
		return isNull
	case datasync.Truthy(value):
		return isTrue
	}
	return isFalse
}

type prerequisite struct {
	key     string
	variant string
	problem string
}

// answer is one thing that a flag can serve.
type answer struct {
	option  valueOption
	problem string // serving it fails
	id      uint64 // of the outcome
}

// valueOption is a value with its number.
type valueOption struct {
	variant string
	value   eval.Value
}

// rule is a rule of a flag, or its default, which has no clauses.
type rule struct {
	name     string
	clauses  []clause
	problem  string // reaching the rule fails
	rollouts []rollout
	unserved string // the rollouts cannot be read
}

type rollout struct {
	answer
	low, high float64
	all       bool // exactly [0, 1]: serves everybody without a hash
	usable    bool // the range makes sense
	expt      participation
	exptBound float64
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
	users       map[string]bool // true: included, false: excluded
	rules       []rule
	problem     string // testing it fails
	depends     []string
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
	described.Fingerprint = r.mix(f)
	return described, true
}

// describe prepares the flag's description, all but its fingerprint.
func (f *flag) describe() {
	f.described = eval.Flag{Key: f.key, Type: eval.TypeString, Enabled: !f.disabled}
	if last := f.last.rollouts; len(last) == 1 && last[0].all && last[0].problem == "" {
		o := last[0].option
		f.described.Default = &eval.Variant{
			ID: o.variant, Key: o.variant, Attachment: o.value.String(), HasAttachment: o.value.Kind != eval.Null,
		}
	}
}

// mix makes a fingerprint of a flag and of all that it depends on, so that a changed segment or prerequisite counts as a
// change of the flags that ask it.
func (r *ruleset) mix(f *flag) uint64 {
	if len(f.depends) == 0 && len(f.prerequisites) == 0 {
		return f.fingerprint
	}
	fingerprint := uint64(0)
	add := func(part uint64) {
		fingerprint *= 0x9e3779b97f4a7c15 // an odd number with bits all over
		fingerprint ^= fingerprint >> 29
		fingerprint += part
	}
	flags, segments := r.reached(f)
	for _, key := range flags {
		if reached, ok := r.flags.Get(key); ok {
			add(reached.fingerprint)
		}
	}
	for _, id := range segments {
		if reached, ok := r.segments.Get(id); ok {
			add(reached.fingerprint)
		}
	}
	return fingerprint
}

// reached lists the flag, its prerequisites and theirs, and the segments that all of them test, each once.
func (r *ruleset) reached(f *flag) (flags, segments []string) {
	flags = []string{f.key}
	for i := 0; i < len(flags); i++ {
		at, ok := r.flags.Get(flags[i])
		if !ok {
			continue
		}
		for j := range at.prerequisites {
			flags = addOnce(flags, at.prerequisites[j].key)
		}
		for _, id := range at.depends {
			segments = addOnce(segments, id)
		}
	}
	for i := 0; i < len(segments); i++ {
		at, ok := r.segments.Get(segments[i])
		if !ok {
			continue
		}
		for _, id := range at.depends {
			segments = addOnce(segments, id)
		}
	}
	return flags, segments
}

func addOnce(list []string, item string) []string {
	if slices.Contains(list, item) {
		return list
	}
	return append(list, item)
}

// nextID hands out outcome ids. 0 is never one.
var nextID atomic.Uint64

// assignIDs reserves an id for everything the flag can answer: one for off, one for a failed prerequisite, one for each
// target, and two for each rollout, outside and inside the experiment.
func (f *flag) assignIDs() {
	f.off.id, f.failed.id = nextID.Add(1), nextID.Add(1)
	for i := range f.targetAnswers {
		f.targetAnswers[i].id = nextID.Add(1)
	}
	for i := range f.rules {
		f.rules[i].assignIDs()
	}
	f.last.assignIDs()
}

func (r *rule) assignIDs() {
	for i := range r.rollouts {
		r.rollouts[i].id = nextID.Add(2) - 1
	}
}
