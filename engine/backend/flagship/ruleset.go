package flagship

import (
	"slices"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/bucket"
	"github.com/burgee-flags/burgee/engine/eval"
)

// Ruleset is one environment file, compiled. It implements eval.Ruleset for one flag at a time; Decide decides for a
// visitor as a whole.
type Ruleset struct {
	campaigns []placed
	flags     map[string]*flag // by flag key
	keys      []string         // of the flags, ascending
	names     map[string]int32 // targeting key: its place
	panic     bool
	unlisted  bool // the file has no list of campaigns
	targeting Targeting
	hashes    sdk.HashInput
	// byFingerprint finds a campaign whose text did not change since the last file, so that it need not be compiled again
	// and keeps its outcome ids.
	byFingerprint map[uint64]*campaign
}

// placed is a campaign in a rule set. What is numbered within the campaign is numbered within the rule set here, so that a
// decision for a whole visitor finds attributes and flags by index.
type placed struct {
	*campaign
	names    []int32 // place of each of the campaign's targeting keys
	flags    []int32 // place of each of the campaign's flag keys
	repeated bool    // an earlier campaign has the same id
}

// campaign is one campaign, compiled. It holds no reference to the file. Campaigns that did not change are shared between
// rule sets.
type campaign struct {
	id          string
	groups      []group
	names       []string // targeting keys that its rules look at
	flags       []carried
	broken      string   // why it is left out
	warnings    []string // what does not work as written
	fingerprint uint64
}

// carried is one key among the flags that the variations of a campaign give.
type carried struct {
	key      string
	flagType eval.FlagType // of all its values but null
	mixed    bool          // they have several
}

// add takes in one more value, or those of another campaign.
func (c *carried) add(flagType eval.FlagType, mixed bool) {
	switch {
	case flagType == eval.TypeUnknown && !mixed:
	case c.flagType == eval.TypeUnknown && !c.mixed:
		c.flagType, c.mixed = flagType, mixed
	case mixed || c.flagType != flagType:
		c.flagType, c.mixed = eval.TypeUnknown, true
	}
}

// group is a variation group: who may have one of its variations.
type group struct {
	id, name   string
	beginning  [sdk.HashInputs]bucket.Murmur3 // the hash after the id, in front of the visitor's
	alternates []ruleList                     // one must match
	variations []Allocation
	shares     []float64 // of each variation, in per cent; 0: it is only for those who have it already
	unhashed   bool      // everybody gets the first variation with a share
}

// ruleList is a list of rules that must all match.
type ruleList struct {
	rules   []rule
	missing bool // it has no list, not even an empty one
}

// flag is where a flag key comes from.
type flag struct {
	carried
	place     int32
	carriers  []int32 // campaigns with a variation that gives it, ascending
	described eval.Flag
}

// Keys implements eval.Ruleset.
func (r *Ruleset) Keys() []string { return r.keys }

// Problem implements eval.Ruleset.
func (r *Ruleset) Problem() string { return "" }

// Flag implements eval.Ruleset.
func (r *Ruleset) Flag(key string) (eval.Flag, bool) {
	f, ok := r.flags[key]
	if !ok {
		return eval.Flag{}, false
	}
	return f.described, true
}

// Panic reports whether the kill switch of the environment is on.
func (r *Ruleset) Panic() bool { return r.panic }

// place adds a campaign.
func (r *Ruleset) place(c *campaign, ids map[string]bool) {
	at := int32(len(r.campaigns)) //nolint:gosec // no file has that many
	p := placed{
		campaign: c, names: make([]int32, len(c.names)), flags: make([]int32, len(c.flags)), repeated: ids[c.id],
	}
	ids[c.id] = true
	for i, name := range c.names {
		number, known := r.names[name]
		if !known {
			number = int32(len(r.names)) //nolint:gosec // see above
			r.names[name] = number
		}
		p.names[i] = number
	}
	for i := range c.flags {
		from := &c.flags[i]
		f, known := r.flags[from.key]
		if !known {
			f = &flag{place: int32(len(r.flags)), carried: carried{key: from.key}} //nolint:gosec // see above
			r.flags[f.key] = f
			r.keys = append(r.keys, f.key)
		}
		f.add(from.flagType, from.mixed)
		f.carriers = append(f.carriers, at)
		p.flags[i] = f.place
	}
	r.campaigns = append(r.campaigns, p)
}

// describe prepares what Keys and Flag answer.
func (r *Ruleset) describe() {
	slices.Sort(r.keys)
	for _, f := range r.flags {
		f.described = eval.Flag{Key: f.key, Type: f.flagType, Enabled: !r.panic, Fingerprint: r.mix(f)}
	}
}

var valueTypes = [...]eval.FlagType{
	eval.Null: eval.TypeUnknown, eval.Bool: eval.TypeBoolean, eval.Number: eval.TypeNumber, eval.String: eval.TypeString,
	eval.JSON: eval.TypeObject,
}

func (a *Allocation) find(key string) *Modification {
	for i := range a.Modifications {
		if a.Modifications[i].Key == key {
			return &a.Modifications[i]
		}
	}
	return nil
}

// mix makes a fingerprint of all campaigns that can give the flag, in their order, and of the kill switch.
func (r *Ruleset) mix(f *flag) uint64 {
	fingerprint := uint64(0)
	add := func(part uint64) {
		fingerprint *= 0x9e3779b97f4a7c15 // an odd number with bits all over
		fingerprint ^= fingerprint >> 29
		fingerprint += part
	}
	for _, at := range f.carriers {
		add(r.campaigns[at].fingerprint)
	}
	if r.panic {
		add(1)
	}
	return fingerprint
}
