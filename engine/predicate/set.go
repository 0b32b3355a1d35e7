package predicate

import "slices"

// Set is a set of texts. The nil Set is empty.
type Set struct {
	few  []string
	many map[string]struct{}
}

// maxListed is up to how many texts going through a list is faster than a map, and smaller.
const maxListed = 8

// NewSet returns the set of the items, which it keeps.
func NewSet(items []string) *Set {
	if len(items) <= maxListed {
		return &Set{few: items}
	}
	s := &Set{many: make(map[string]struct{}, len(items))}
	for _, item := range items {
		s.many[item] = struct{}{}
	}
	return s
}

// Has reports whether text is in the set.
func (s *Set) Has(text string) bool {
	if s == nil {
		return false
	}
	if s.many != nil {
		_, ok := s.many[text]
		return ok
	}
	return slices.Contains(s.few, text)
}
