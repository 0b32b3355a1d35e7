package declarative

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
)

// mapping builds a mapping with its merge keys resolved: a member of the mapping itself wins over a merged one, an
// earlier merged mapping over a later one.
func (b *builder) mapping(nodes []*ast.MappingValueNode, line, depth int) (*value, error) {
	built := &value{kind: mappingKind, line: line, entries: make([]entry, 0, len(nodes)), index: make(map[string]int, len(nodes))}
	var merged []*value
	for _, node := range nodes {
		if node.Key == nil {
			continue
		}
		member, err := b.build(node.Value, depth+1)
		if err != nil {
			return nil, err
		}
		if node.Key.IsMergeKey() {
			merged = append(merged, member)
			continue
		}
		key, err := b.key(node.Key, depth+1)
		if err != nil {
			return nil, err
		}
		if _, again := built.index[key]; again {
			built.repeated = key
			continue
		}
		built.add(key, member)
	}
	for _, from := range merged {
		if err := b.merge(built, from); err != nil {
			return nil, err
		}
	}
	return built, nil
}

func (b *builder) merge(into, from *value) error {
	sources := []*value{from}
	if from.kind == listKind {
		sources = from.items
	}
	for _, source := range sources {
		if source.kind != mappingKind {
			return fmt.Errorf("declarative: line %d: << wants a mapping, found %s", into.line, source.kind)
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

func (b *builder) key(node ast.MapKeyNode, depth int) (string, error) {
	var inner ast.Node = node
	if explicit, ok := node.(*ast.MappingKeyNode); ok { // "? key"
		inner = explicit.Value
	}
	key, err := b.build(inner, depth)
	if err != nil {
		return "", err
	}
	if key.kind == listKind || key.kind == mappingKind {
		return "", fmt.Errorf("declarative: line %d: a key must be text, found %s", key.line, key.kind)
	}
	return key.text, nil
}
