package declarative

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-json"
)

// segment is a converted segment, or what is wrong with it: that hurts the flags that use it, and no others.
type segment struct {
	encoded json.RawMessage
	err     error
}

func (c *converter) readSegments(root *value) error {
	list, err := object{of: root, where: "the document"}.list("segments")
	if err != nil {
		return fmt.Errorf("declarative: %w", err)
	}
	for i, item := range list {
		where := fmt.Sprintf("segment %d", i+1)
		key, encoded, err := c.readSegment(item, where)
		switch {
		case errors.Is(err, errExpansion):
			return err
		case key == "":
			c.report("%s: %s", where, reason(err, "has no key"))
		default:
			c.segments[key] = segment{encoded: encoded, err: err}
		}
		if err != nil && key != "" {
			c.report("segment %q: %s", key, err)
		}
	}
	return nil
}

func (c *converter) readSegment(v *value, where string) (string, json.RawMessage, error) {
	o, err := c.object(v, where, "key", "name", "description", "match_type", "constraints")
	if err != nil {
		return "", nil, err
	}
	var out wireSegment
	if out.Key, err = o.text("key"); err != nil || out.Key == "" {
		return "", nil, err
	}
	if out.Name, err = o.text("name"); err != nil {
		return out.Key, nil, err
	}
	if out.Description, err = o.text("description"); err != nil {
		return out.Key, nil, err
	}
	match, err := o.choice("match_type", "ALL_MATCH_TYPE", "ANY_MATCH_TYPE")
	if err != nil {
		return out.Key, nil, err
	}
	out.MatchType = strings.TrimSuffix(match, "_MATCH_TYPE") + "_SEGMENT_MATCH_TYPE"
	list, err := o.list("constraints")
	if err != nil {
		return out.Key, nil, err
	}
	out.Constraints = make([]wireConstraint, 0, len(list))
	for i, item := range list {
		constraint, err := c.readConstraint(item, fmt.Sprintf("constraint %d", i+1))
		if err != nil {
			return out.Key, nil, err
		}
		out.Constraints = append(out.Constraints, constraint)
	}
	encoded, err := encode(out)
	return out.Key, encoded, err
}

func (c *converter) readConstraint(v *value, where string) (wireConstraint, error) {
	var out wireConstraint
	o, err := c.object(v, where, "id", "type", "property", "operator", "value", "description")
	if err != nil {
		return out, err
	}
	typ, err := o.text("type")
	if err != nil {
		return out, err
	}
	switch typ {
	case "STRING_COMPARISON_TYPE", "NUMBER_COMPARISON_TYPE", "BOOLEAN_COMPARISON_TYPE", "DATETIME_COMPARISON_TYPE",
		"ENTITY_ID_COMPARISON_TYPE":
		out.Type = strings.TrimSuffix(typ, "_COMPARISON_TYPE") + "_CONSTRAINT_COMPARISON_TYPE"
	default:
		return out, fmt.Errorf("%s: type %q is not a comparison type", where, typ)
	}
	if out.Property, err = o.text("property"); err != nil {
		return out, err
	}
	if out.Operator, err = o.text("operator"); err != nil {
		return out, err
	}
	if operand := o.get("value"); operand != nil {
		if out.Value, err = c.constraintValue(operand, where+": value"); err != nil {
			return out, err
		}
	}
	return out, c.budget.spend(len(out.Property) + len(out.Operator) + len(out.Value))
}

// constraintValue returns a scalar as written and a list as the JSON array that the operators isoneof and isnotoneof read.
// In a list, booleans become text and null becomes empty text, as on the server.
func (c *converter) constraintValue(v *value, where string) (string, error) {
	if v.kind != listKind {
		return v.asText(where)
	}
	list := make([]any, 0, len(v.items))
	for i, item := range v.items {
		if err := c.budget.spend(len(item.text)); err != nil {
			return "", err
		}
		text, err := item.asText(fmt.Sprintf("%s %d", where, i+1))
		if err != nil {
			return "", err
		}
		if number, ok := jsonNumber(text); ok && item.kind == numberKind {
			list = append(list, json.Number(number))
			continue
		}
		list = append(list, text)
	}
	encoded, err := encode(list)
	return string(encoded), err
}

// segmentsOf returns the encoded segments with the given keys.
func (c *converter) segmentsOf(keys []string, where string) ([]json.RawMessage, error) {
	found := make([]json.RawMessage, 0, len(keys))
	for _, key := range keys {
		s, ok := c.segments[key]
		if !ok {
			return nil, fmt.Errorf("%s: segment %q is not in the file", where, key)
		}
		if s.err != nil {
			return nil, fmt.Errorf("%s: segment %q: %w", where, key, s.err)
		}
		if err := c.budget.spend(len(s.encoded)); err != nil {
			return nil, err
		}
		found = append(found, s.encoded)
	}
	return found, nil
}

func reason(err error, otherwise string) string {
	if err != nil {
		return err.Error()
	}
	return otherwise
}
