package declarative

import (
	"errors"
	"fmt"

	"github.com/goccy/go-json"
)

const (
	variantFlag = "VARIANT_FLAG_TYPE"
	booleanFlag = "BOOLEAN_FLAG_TYPE"
)

func (c *converter) readFlags(root *value, out *wireDocument) error {
	list, err := object{of: root, where: "the document"}.list("flags")
	if err != nil {
		return fmt.Errorf("declarative: %w", err)
	}
	for i, item := range list {
		encoded, err := c.readFlag(item, i)
		if errors.Is(err, errExpansion) {
			return err
		}
		if err != nil {
			c.drop(err)
			continue
		}
		out.Flags = append(out.Flags, encoded)
		c.keys = append(c.keys, c.flagKey)
	}
	c.flagKey = ""
	return nil
}

func (c *converter) readFlag(v *value, i int) (json.RawMessage, error) {
	c.flagKey = ""
	where := fmt.Sprintf("flag %d", i+1)
	if v.kind == mappingKind {
		// The key comes first, so that everything found from here on can be blamed on the flag.
		key, err := object{of: v, where: where}.text("key")
		if err != nil {
			return nil, err
		}
		if key == "" {
			return nil, fmt.Errorf("%s (line %d) has no key", where, v.line)
		}
		c.flagKey, where = key, "flag"
	}
	o, err := c.object(v, where, "key", "name", "type", "description", "enabled", "metadata", "variants", "rules", "rollouts")
	if err != nil {
		return nil, err
	}
	out := wireFlag{Key: c.flagKey}
	if out.Name, err = o.text("name"); err != nil {
		return nil, err
	}
	if out.Description, err = o.text("description"); err != nil {
		return nil, err
	}
	if out.Enabled, err = o.boolean("enabled"); err != nil {
		return nil, err
	}
	if out.Type, err = o.choice("type", variantFlag, booleanFlag); err != nil {
		return nil, err
	}
	variants, err := c.readVariants(o, &out)
	if err != nil {
		return nil, err
	}
	if err := c.readRules(o, variants, &out); err != nil {
		return nil, err
	}
	if err := c.readRollouts(o, &out); err != nil {
		return nil, err
	}
	c.reportUnused(out)
	encoded, err := encode(out)
	if err != nil {
		return nil, err
	}
	return encoded, c.budget.spend(len(encoded))
}

func (c *converter) reportUnused(flag wireFlag) {
	if flag.Type == booleanFlag && len(flag.Rules) > 0 {
		c.report("a boolean flag has no use for rules; it takes rollouts")
	}
	if flag.Type == variantFlag && len(flag.Rollouts) > 0 {
		c.report("a variant flag has no use for rollouts; it takes rules")
	}
}

// readVariants returns the attachments by variant key; nil for a variant without one.
func (c *converter) readVariants(flag object, out *wireFlag) (map[string]*string, error) {
	list, err := flag.list("variants")
	if err != nil {
		return nil, err
	}
	variants := make(map[string]*string, len(list))
	for i, item := range list {
		where := fmt.Sprintf("variant %d", i+1)
		o, err := c.object(item, where, "key", "name", "description", "default", "attachment", "id")
		if err != nil {
			return nil, err
		}
		key, err := o.text("key")
		if err != nil {
			return nil, err
		}
		if key == "" {
			return nil, fmt.Errorf("%s has no key", where)
		}
		attachment, err := c.attachment(o.get("attachment"), fmt.Sprintf("variant %q: attachment", key))
		if err != nil {
			return nil, err
		}
		isDefault, err := o.boolean("default")
		if err != nil {
			return nil, err
		}
		if isDefault {
			// With several defaults the last one counts, with several variants of a key the first: so do the servers.
			out.DefaultVariant = &wireVariant{ID: out.Key + "/" + key, Key: key, Attachment: attachment}
		}
		if _, again := variants[key]; again {
			c.report("variant %q is declared twice; distributions use the first one", key)
			continue
		}
		variants[key] = attachment
	}
	return variants, nil
}
