package featbit

import (
	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/eval"
)

// ruleset is one environment, compiled. It implements eval.Ruleset.
type ruleset struct {
	*datasync.Rules[flag]
}

// flag begins with what nearly every evaluation reads.
type flag struct {
	key            string
	name           string
	flagType       eval.FlagType
	enabled        bool
	hasDescription bool
	targets        datasync.Targets // by index of targetAnswers
	targetProblem  string           // the list cannot be read beyond these targets
	ruleProblem    string
	rules          []rule
	fallthru       rule
	disabled       answer
	targetAnswers  []answer
	description    string
	expt           bool   // exptIncludeAllTargets
	exptProblem    string // it is absent
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
	datasync.Rule
	attribute uint8 // where dispatch comes from
	dispatch  string
	rollouts  []rollout
	unserved  string // the rollouts cannot be read
}

type rollout struct {
	answer
	datasync.Rollout
	exptProblem string
}

// Flag implements eval.Ruleset.
func (r *ruleset) Flag(key string) (eval.Flag, bool) {
	f, ok := r.Flags.Get(key)
	if !ok {
		return eval.Flag{}, false
	}
	described := eval.Flag{
		Key: f.key, Type: f.flagType, Enabled: f.enabled, Description: f.description, HasDescription: f.hasDescription,
		Fingerprint: r.Fingerprint(key),
	}
	if last := f.fallthru.rollouts; len(last) == 1 && last[0].All && last[0].variation != nil {
		v := last[0].variation
		described.Default = &eval.Variant{
			ID: v.id, Key: v.id, Attachment: v.served.String(), HasAttachment: v.served.Kind != eval.Null,
		}
	}
	return described, true
}

// assignIDs reserves an id for everything the flag can answer: one for off, one for each target, and two for each rollout,
// outside and inside the experiment.
func (f *flag) assignIDs() {
	f.disabled.id = eval.ReserveIDs(1)
	for i := range f.targetAnswers {
		f.targetAnswers[i].id = eval.ReserveIDs(1)
	}
	for i := range f.rules {
		f.rules[i].assignIDs()
	}
	f.fallthru.assignIDs()
}

func (r *rule) assignIDs() {
	for i := range r.rollouts {
		r.rollouts[i].id = eval.ReserveIDs(2)
	}
}
