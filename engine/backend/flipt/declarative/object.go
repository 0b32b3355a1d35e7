package declarative

import (
	"fmt"
	"slices"
)

// object reads the members of one mapping; where names it in messages.
type object struct {
	of    *value
	where string
}

// object checks that v is a mapping without a repeated key, and reports members that Flipt does not know: they have no
// effect, which the author should hear.
func (c *converter) object(v *value, where string, known ...string) (object, error) {
	if v.kind != mappingKind {
		return object{}, fmt.Errorf("%s must be a mapping, found %s", where, v.described())
	}
	if v.repeated != "" {
		return object{}, fmt.Errorf("%s has the member %q twice (line %d)", where, v.repeated, v.line)
	}
	if err := c.budget.spend(len(v.entries)); err != nil {
		return object{}, err
	}
	for _, member := range v.entries {
		if !slices.Contains(known, member.key) {
			c.report("%s: unknown member %q has no effect", where, member.key)
		}
	}
	return object{of: v, where: where}, nil
}

// get returns nil for an absent member and for null.
func (o object) get(name string) *value {
	i, ok := o.of.index[name]
	if !ok || o.of.entries[i].value.kind == nullKind {
		return nil
	}
	return o.of.entries[i].value
}

// first returns the first of the named members that is there: some members go by several names.
func (o object) first(names ...string) (*value, string) {
	for _, name := range names {
		if v := o.get(name); v != nil {
			return v, name
		}
	}
	return nil, ""
}

func (o object) text(name string) (string, error) {
	v := o.get(name)
	if v == nil {
		return "", nil
	}
	return v.asText(o.where + ": " + name)
}

func (o object) boolean(name string) (bool, error) {
	v := o.get(name)
	if v == nil {
		return false, nil
	}
	return v.asBool(o.where + ": " + name)
}

func (o object) number(name string) (string, error) {
	v := o.get(name)
	if v == nil {
		return "0", nil
	}
	return v.asNumber(o.where + ": " + name)
}

func (o object) list(name string) ([]*value, error) {
	v := o.get(name)
	if v == nil {
		return nil, nil
	}
	if v.kind != listKind {
		return nil, fmt.Errorf("%s: %s must be a list, found %s", o.where, name, v.described())
	}
	return v.items, nil
}

// choice returns the member's text when it is one of allowed, and the first of allowed when it is absent.
func (o object) choice(name string, allowed ...string) (string, error) {
	text, err := o.text(name)
	if err != nil {
		return "", err
	}
	if text == "" {
		return allowed[0], nil
	}
	if !slices.Contains(allowed, text) {
		return "", fmt.Errorf("%s: %s is %q, want one of %s", o.where, name, text, quoted(slices.Clone(allowed)))
	}
	return text, nil
}
