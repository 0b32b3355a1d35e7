package visitor

import (
	"hash/maphash"
	"slices"
	"strconv"

	"github.com/burgee-flags/burgee/engine/backend/flagship"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/eval"
)

// automatic returns the attributes that the SDK sets by itself.
func (s *SDK) automatic(visitorID string) []eval.Attribute {
	attributes := s.language.Automatic(visitorID)
	if n := s.session.Load(); n != nil {
		attributes[0].Value = eval.StringValue(n.settings.Client)
		attributes[1].Value = eval.StringValue(n.settings.Version)
	}
	return attributes
}

// renew returns a context with the attributes anew that the SDK sets by itself. They come first.
func (s *SDK) renew(context []eval.Attribute, visitorID string) []eval.Attribute {
	automatic := s.automatic(visitorID)
	return append(automatic, context[len(automatic):]...)
}

// merge returns a context with further attributes, and whether that makes a difference. Those that cannot be part of a
// context are left out with a warning, but what is reserved without one in JavaScript.
func (s *SDK) merge(context, added []eval.Attribute) (merged []eval.Attribute, changed bool) {
	merged = context
	places := placesOf(context, len(added))
	for _, a := range added {
		reserved := a.Name == sdk.ClientKey || a.Name == sdk.VersionKey || a.Name == sdk.UsersKey
		if problem := flagship.CheckAttribute(a.Name, a.Value); problem != "" {
			if !reserved || s.language == sdk.Python {
				s.warn(problem)
			}
			continue
		}
		at := places.find(merged, a.Name)
		if at >= 0 && s.same(merged[at].Value, a.Value) {
			continue
		}
		if !changed {
			merged, changed = slices.Clone(merged), true // views that were published have the other one
		}
		if at >= 0 {
			merged[at] = a
		} else {
			merged = append(merged, a)
			places.add(a.Name, len(merged)-1)
		}
	}
	return merged, changed
}

// places are where attributes of a context are, by their names; nil when they are so few that looking at each is faster.
type places map[string]int

// fewAttributes is up to how many that is so.
const fewAttributes = 64

func placesOf(context []eval.Attribute, more int) places {
	if len(context)+more <= fewAttributes {
		return nil
	}
	p := make(places, len(context)+more)
	for i := range context {
		p[context[i].Name] = i
	}
	return p
}

// find returns where an attribute is, or -1.
func (p places) find(context []eval.Attribute, name string) int {
	if p == nil {
		return slices.IndexFunc(context, func(a eval.Attribute) bool { return a.Name == name })
	}
	if at, known := p[name]; known {
		return at
	}
	return -1
}

func (p places) add(name string, at int) {
	if p != nil {
		p[name] = at
	}
}

// same compares as the SDK's language does: 1 and 1.0 are one number in JavaScript.
func (s *SDK) same(a, b eval.Value) bool {
	if a == b || a.Kind != eval.Number || b.Kind != eval.Number || s.language != sdk.JavaScript {
		return a == b
	}
	x, err1 := strconv.ParseFloat(a.Text, 64)
	y, err2 := strconv.ParseFloat(b.Text, 64)
	return err1 == nil && err2 == nil && x == y
}

// sumOf makes a number of a context.
func sumOf(context []eval.Attribute) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for i := range context {
		hashText(&h, context[i].Name)
		hashValue(&h, context[i].Value)
	}
	return h.Sum64()
}

func hashText(h *maphash.Hash, text string) {
	_, _ = h.WriteString(text)
	_ = h.WriteByte(0)
}

func hashValue(h *maphash.Hash, v eval.Value) {
	_ = h.WriteByte(byte(v.Kind))
	if v.Bool {
		_ = h.WriteByte(1)
	}
	hashText(h, v.Text)
}

// UpdateContext adds and replaces attributes. What they hold must not change afterwards. The error is ErrPanic.
func (v *Visitor) UpdateContext(added []eval.Attribute) error {
	if v.sdk.State() == Panicked {
		return ErrPanic
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	context, changed := v.sdk.merge(v.view.Load().context, added)
	if changed {
		v.replaceContext(context)
	}
	return nil
}

// ClearContext leaves only what the SDK sets by itself. The error is ErrPanic.
func (v *Visitor) ClearContext() error {
	if v.sdk.State() == Panicked {
		return ErrPanic
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.replaceContext(v.sdk.automatic(v.view.Load().subject.VisitorID))
	return nil
}

// replaceContext makes the flags those of another context. The lock is held.
func (v *Visitor) replaceContext(context []eval.Attribute) {
	next := *v.view.Load()
	next.context, next.sum = context, sumOf(context)
	next.status, next.reason = FetchRequired, UpdateContext
	v.become(&next)
}
