package declarative

import (
	"fmt"
	"slices"
)

// attachment returns a variant's attachment as compact JSON; nil when there is none.
func (c *converter) attachment(v *value, where string) (*string, error) {
	if v == nil {
		return nil, nil
	}
	encoded, err := c.appendJSON(nil, v, where)
	if err != nil {
		return nil, err
	}
	text := string(encoded)
	return &text, nil
}

// appendJSON recurses no deeper than the file is nested, which is bounded; aliases cannot form circles.
func (c *converter) appendJSON(to []byte, v *value, where string) ([]byte, error) {
	if err := c.budget.spend(len(v.text)); err != nil {
		return nil, err
	}
	switch v.kind {
	case nullKind:
		return append(to, "null"...), nil
	case boolKind:
		on, err := v.asBool(where)
		if err != nil {
			return nil, err
		}
		return fmt.Append(to, on), nil
	case numberKind:
		number, err := v.asNumber(where)
		return append(to, number...), err
	case textKind:
		return appendText(to, v.text)
	case listKind:
		return c.appendList(to, v, where)
	}
	return c.appendMapping(to, v, where)
}

func (c *converter) appendList(to []byte, v *value, where string) ([]byte, error) {
	var err error
	to = append(to, '[')
	for i, item := range v.items {
		if i > 0 {
			to = append(to, ',')
		}
		if to, err = c.appendJSON(to, item, where); err != nil {
			return nil, err
		}
	}
	return append(to, ']'), nil
}

func (c *converter) appendMapping(to []byte, v *value, where string) ([]byte, error) {
	if v.repeated != "" {
		return nil, fmt.Errorf("%s has the member %q twice", where, v.repeated)
	}
	keys := make([]string, 0, len(v.entries))
	for _, member := range v.entries {
		keys = append(keys, member.key)
	}
	slices.Sort(keys)
	var err error
	to = append(to, '{')
	for i, key := range keys {
		if i > 0 {
			to = append(to, ',')
		}
		if err = c.budget.spend(len(key)); err != nil {
			return nil, err
		}
		if to, err = appendText(to, key); err != nil {
			return nil, err
		}
		to = append(to, ':')
		if to, err = c.appendJSON(to, v.entries[v.index[key]].value, where); err != nil {
			return nil, err
		}
	}
	return append(to, '}'), nil
}

func appendText(to []byte, text string) ([]byte, error) {
	encoded, err := encode(text)
	return append(to, encoded...), err
}
