package api

import (
	"errors"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

var (
	errNoFlagKey   = errors.New("flag_key is missing")
	errNoEntityID  = errors.New("entity_id is missing")
	errNullRequest = errors.New("the request is NULL")
)

// readFlipt reads {"flag_key":...,"entity_id":...,"context":{...}} at i into c, and returns the flag key and the index
// after the object. Members with other names are ignored, as Flipt does: its Python client sends a namespace_key that
// has no effect.
func (c *call) readFlipt(b []byte, i int) (flagKey string, end int, err error) {
	const flag, entity, context = 1, 2, 4
	seen := 0
	i = jsonscan.SkipSpace(b, i)
	at, more, err := jsonscan.FirstMember(b, i)
	for more && err == nil {
		var name string
		if name, at, c.text, err = jsonscan.Name(b, at, c.text); err != nil {
			break
		}
		member := 0
		switch name {
		case "flag_key":
			member = flag
			flagKey, at, c.text, err = jsonscan.String(b, at, c.text)
		case "entity_id":
			member = entity
			c.context.TargetingKey, at, c.text, err = jsonscan.String(b, at, c.text)
		case "context":
			member = context
			at, err = c.readFliptContext(b, at)
		default:
			at, err = jsonscan.Skip(b, at)
		}
		if err != nil {
			return "", at, errors.New(name + ": " + err.Error())
		}
		if seen&member != 0 {
			return "", at, errors.New(name + " is given twice")
		}
		seen |= member
		at, more, err = jsonscan.NextMember(b, at)
	}
	switch {
	case err != nil:
		return "", at, err
	case seen&flag == 0:
		return "", at, errNoFlagKey
	case seen&entity == 0:
		return "", at, errNoEntityID
	}
	return flagKey, at, nil
}

// readFliptContext reads the object or null at i. Values that are not strings are dropped, as Flipt does; of a repeated
// name the last value counts, also if it is one that is dropped.
func (c *call) readFliptContext(b []byte, i int) (end int, err error) {
	if b[i] == 'n' {
		return jsonscan.Skip(b, i)
	}
	at, more, err := jsonscan.FirstMember(b, i)
	for more && err == nil {
		var name, text string
		if name, at, c.text, err = jsonscan.Name(b, at, c.text); err != nil {
			break
		}
		if b[at] == '"' {
			text, at, c.text, err = jsonscan.String(b, at, c.text)
			c.context.Attributes = append(c.context.Attributes, eval.Attribute{Name: name, Value: eval.StringValue(text)})
		} else {
			c.dropAttribute(name)
			at, err = jsonscan.Skip(b, at)
		}
		if err != nil {
			break
		}
		at, more, err = jsonscan.NextMember(b, at)
	}
	return at, err
}

func (c *call) dropAttribute(name string) {
	kept := c.context.Attributes[:0]
	for _, attribute := range c.context.Attributes {
		if attribute.Name != name {
			kept = append(kept, attribute)
		}
	}
	clear(c.context.Attributes[len(kept):])
	c.context.Attributes = kept
}
