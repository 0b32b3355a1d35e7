package featureflagco

import (
	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/eval"
)

// ruleset is one environment, compiled. It implements eval.Ruleset.
type ruleset struct {
	*datasync.Rules[flag]
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
	targets             datasync.Targets // by index of targetAnswers
	targetAnswers       []answer
	targetProblem       string // the list cannot be read beyond these targets
	rules               []rule
	ruleProblem         string
	last                rule // the default
	expt                tri  // exptIncludeAllRules
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
	datasync.Rule
	rollouts []rollout
	unserved string // the rollouts cannot be read
}

type rollout struct {
	answer
	datasync.Rollout
}

// Flag implements eval.Ruleset.
func (r *ruleset) Flag(key string) (eval.Flag, bool) {
	f, ok := r.Flags.Get(key)
	if !ok {
		return eval.Flag{}, false
	}
	described := eval.Flag{Key: f.key, Type: eval.TypeString, Enabled: !f.disabled, Fingerprint: r.Fingerprint(key)}
	if last := f.last.rollouts; len(last) == 1 && last[0].All && last[0].problem == "" {
		o := last[0].option
		described.Default = &eval.Variant{
			ID: o.variant, Key: o.variant, Attachment: o.value.String(), HasAttachment: o.value.Kind != eval.Null,
		}
	}
	return described, true
}

// assignIDs reserves an id for everything the flag can answer: one for off, one for a failed prerequisite, one for each
// target, and two for each rollout, outside and inside the experiment.
func (f *flag) assignIDs() {
	f.off.id, f.failed.id = eval.ReserveIDs(1), eval.ReserveIDs(1)
	for i := range f.targetAnswers {
		f.targetAnswers[i].id = eval.ReserveIDs(1)
	}
	for i := range f.rules {
		f.rules[i].assignIDs()
	}
	f.last.assignIDs()
}

func (r *rule) assignIDs() {
	for i := range r.rollouts {
		r.rollouts[i].id = eval.ReserveIDs(2)
	}
}
