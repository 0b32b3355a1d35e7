package flipt

import (
	"github.com/burgee-flags/burgee/engine/eval"
)

// ruleset is one namespace of Flipt flags, compiled. It implements eval.Ruleset.
type ruleset struct {
	namespace string
	flags     map[string]*flag
	keys      []string
	problem   string
	// byFingerprint finds a flag whose text did not change since the last document, so that it need not be compiled
	// again and keeps its outcome ids.
	byFingerprint map[uint64]*flag
}

type flag struct {
	key            string // under which it is found, but for hand-made engine snapshots
	flagType       eval.FlagType
	enabled        bool
	hasDescription bool
	description    string
	defaultVariant *eval.Variant
	rules          []rule
	rollouts       []rollout
	failure        string // evaluation answers this, after the checks that come before it
	broken         bool   // the definition makes no sense: evaluation answers failure before anything else
	fingerprint    uint64
	ids            uint64 // of the flag's first outcome; see outcomeIDs
}

// rule is a rule of a variant flag, or what a rollout has in common with one.
type rule struct {
	segments      []*segment // ascending by key
	distributions []distribution
	usable        int     // how many distributions have a rollout above 0
	ids           uint64  // of its first outcome, counted from the flag's
	seeded        *seeded // nil except in an imported engine snapshot
	and           bool    // all segments must match
}

// seeded is what only an imported engine snapshot knows of a rule.
type seeded struct {
	id           string
	rank         int
	failure      string // reaching the rule ends the evaluation with this error
	matchFailure string // matching the rule does
}

// distribution gives a share of the entities to a variant.
type distribution struct {
	variantKey    string
	attachment    string
	hasAttachment bool
	rollout       float32
	upper         uint32 // end of its range of buckets, 0 to 1000; counts only when rollout > 0
}

// rollout is one step of a boolean flag: a threshold, or a rule whose result is value.
type rollout struct {
	rule
	kind       rolloutKind
	value      bool
	percentage float32
}

type rolloutKind uint8

const (
	rolloutUnknown rolloutKind = iota
	rolloutThreshold
	rolloutSegment
)

var rolloutNames = [...]string{"UNKNOWN_ROLLOUT_TYPE", "THRESHOLD_ROLLOUT_TYPE", "SEGMENT_ROLLOUT_TYPE"}

type segment struct {
	key         string
	any         bool // one constraint is enough
	constraints []constraint
}

// constraint is one condition with its operand parsed. The texts are kept for export and explanation.
type constraint struct {
	property string
	value    string
	number   int64 // 32-bit integer, or Unix seconds
	set      *operandSet
	names    *constraintNames
	op       operation
}

// constraintNames are the type and the operator as written. Constraints share them.
type constraintNames struct{ constraintType, operator string }

// Keys implements eval.Ruleset.
func (r *ruleset) Keys() []string { return r.keys }

// Problem implements eval.Ruleset.
func (r *ruleset) Problem() string { return r.problem }

// Flag implements eval.Ruleset.
func (r *ruleset) Flag(key string) (eval.Flag, bool) {
	f, ok := r.flags[key]
	if !ok {
		return eval.Flag{}, false
	}
	return eval.Flag{
		Key: f.key, Type: f.flagType, Enabled: f.enabled, Description: f.description, HasDescription: f.hasDescription,
		Default: f.defaultVariant, Fingerprint: f.fingerprint, Broken: f.brokenBecause(),
	}, true
}

func (f *flag) brokenBecause() string {
	if f.broken {
		return f.failure
	}
	return ""
}

// maxMaskedSegments bounds how many segments a rule may have for each combination of matching ones to have an id.
const maxMaskedSegments = 8

// assignIDs reserves an id for everything the flag can answer: two for "no rule decided" (disabled, default), and for
// each rule one for each distribution and set of matching segments.
func (f *flag) assignIDs() {
	total := uint64(2)
	reserve := func(r *rule, distributions int) {
		r.ids = total
		masks := uint64(1)
		if !r.and && len(r.segments) <= maxMaskedSegments {
			masks = 1 << len(r.segments)
		}
		total += masks * uint64(distributions)
	}
	for i := range f.rules {
		reserve(&f.rules[i], max(1, len(f.rules[i].distributions)))
	}
	for i := range f.rollouts {
		reserve(&f.rollouts[i].rule, 1)
	}
	f.ids = eval.ReserveIDs(total)
}
