package declarative

import (
	"go.yaml.in/yaml/v3"
)

// mapping builds a mapping with its merge keys resolved: a member of the mapping itself wins over a merged one, an
// earlier merged mapping over a later one.
func (b *builder) mapping(node *yaml.Node, depth int) (*value, error) {
	members := len(node.Content) / 2
	built := &value{kind: mappingKind, line: node.Line}
	built.entries, built.index = make([]entry, 0, members), make(map[string]int, members)
	var merged []merge
	for at := range members {
		name, content := node.Content[2*at], node.Content[2*at+1]
		member, err := b.build(content, depth+1)
		if err != nil {
			return nil, err
		}
		if name.Tag == "!!merge" && name.Value == "<<" {
			merged = append(merged, merge{content, member})
			continue
		}
		key, err := b.build(name, depth+1)
		if err != nil {
			return nil, err
		}
		if key.kind == listKind || key.kind == mappingKind {
			return nil, failure(name.Line, name.Column, "a key must be text, found %s", key.kind)
		}
		if _, again := built.index[key.text]; again {
			built.repeated = key.text
			continue
		}
		built.add(key.text, member)
	}
	for _, m := range merged {
		if err := b.merge(built, m); err != nil {
			return nil, err
		}
	}
	return built, nil
}

// merge is what stands behind a merge key.
type merge struct {
	node *yaml.Node
	from *value
}

func (b *builder) merge(into *value, m merge) error {
	sources := []*value{m.from}
	if m.from.kind == listKind {
		sources = m.from.items
	}
	for _, source := range sources {
		if source.kind != mappingKind {
			return failure(m.node.Line, m.node.Column, "<< wants a mapping, found %s", source.kind)
		}
		if err := b.budget.spend(len(source.entries)); err != nil {
			return err
		}
		for _, member := range source.entries {
			if _, own := into.index[member.key]; !own {
				into.add(member.key, member.value)
			}
		}
	}
	return nil
}
