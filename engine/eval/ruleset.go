package eval

// Ruleset is one vendor's flags, compiled. It is immutable and safe for any number of callers at once.
type Ruleset interface {
	// Resolve evaluates one flag into out. It neither waits nor allocates (unless out.Trace is set). An unknown flag
	// is an outcome with CodeFlagNotFound.
	Resolve(flagKey string, ec *Context, out *Outcome)
	// Keys lists the flag keys in ascending order. The caller must not change it.
	Keys() []string
	// Flag describes one flag.
	Flag(key string) (Flag, bool)
	// Problem says why the flags as a whole cannot be used, as when they belong to somebody else; normally empty.
	Problem() string
}

// Flag describes a flag without evaluating it.
type Flag struct {
	Key            string
	Type           FlagType
	Enabled        bool
	Description    string
	HasDescription bool
	Default        *Variant // the flag's default variant, if it has one
	// Fingerprint changes whenever the flag's definition changes.
	Fingerprint uint64
	Broken      string // why the flag cannot be evaluated; empty when it can
}

// Variant names one of a flag's variants.
type Variant struct {
	ID            string
	Key           string
	Attachment    string
	HasAttachment bool
}

// Changed lists the keys of the flags that were added, removed or redefined between two rule sets, in ascending order.
// Either may be nil.
func Changed(before, after Ruleset) []string {
	var old, cur []string
	if before != nil {
		old = before.Keys()
	}
	if after != nil {
		cur = after.Keys()
	}
	changed := []string{}
	for len(old) > 0 || len(cur) > 0 {
		switch {
		case len(cur) == 0 || (len(old) > 0 && old[0] < cur[0]):
			changed = append(changed, old[0])
			old = old[1:]
		case len(old) == 0 || cur[0] < old[0]:
			changed = append(changed, cur[0])
			cur = cur[1:]
		default:
			a, _ := before.Flag(old[0])
			b, _ := after.Flag(cur[0])
			if a.Fingerprint != b.Fingerprint {
				changed = append(changed, cur[0])
			}
			old, cur = old[1:], cur[1:]
		}
	}
	return changed
}
