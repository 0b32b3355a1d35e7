package datasync

import (
	"math"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// Rollout is the part of all users that is served something, by a hash between 0 and 1.
type Rollout struct {
	low, high float64
	// All says that the range is exactly [0, 1]: it serves everybody without a hash.
	All    bool
	usable bool // the range makes sense
	// Experiment is the part of those served that counts for the experiment, by another hash: 0 is nobody, 1 everybody.
	Experiment float64
}

// ReadRange reads [low, high]. One that is unusable serves nobody.
func ReadRange(raw []byte) (r Rollout, usable bool) {
	var bounds [2]float64
	count, ok := 0, true
	jsonscan.Elements(raw, func(bound []byte) {
		if count < len(bounds) {
			f, number := Number(bound)
			bounds[count], ok = f, ok && number
		}
		count++
	})
	if !ok || count < len(bounds) {
		return r, false
	}
	r = Rollout{low: bounds[0], high: bounds[1], usable: true}
	r.All = count == len(bounds) && r.low == 0 && r.high == 1
	return r, true
}

// Accepts reports whether the range holds a hash. The end is outside, but for the hash 1, which would otherwise be in no
// range at all.
func (r *Rollout) Accepts(hash float64) bool {
	return r.usable && r.low <= hash && (hash < r.high || hash == 1 && r.high >= 1 && r.low < r.high)
}

// SetExperiment turns a share of all users into a share of those who are served.
func (r *Rollout) SetExperiment(share float64) {
	width := r.high - r.low
	if share != 0 && width != 0 {
		r.Experiment = math.Min(share/width, 1)
	}
}

// Bucket shows the range.
func (r *Rollout) Bucket(variant string) eval.TraceBucket {
	return eval.TraceBucket{Variant: variant, From: r.low * traceBuckets, To: r.high * traceBuckets}
}

// Usable says that the range makes sense.
func (r *Rollout) Usable() bool { return r.usable }

// Targets are users who are named one by one. The zero value names nobody.
type Targets struct {
	answers map[string]int
}

// Add names a user, for the answer with this index. What names a user first counts.
func (t *Targets) Add(user string, answer int) {
	if t.answers == nil {
		t.answers = map[string]int{}
	}
	if _, earlier := t.answers[user]; !earlier {
		t.answers[user] = answer
	}
}

// Find returns the index of the user's answer.
func (t *Targets) Find(user string) (int, bool) {
	answer, listed := t.answers[user]
	return answer, listed
}
