package localserver

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
)

type itemKind int

const (
	flagItem itemKind = iota
	segmentItem
)

// member is the list of a message in which items of the kind stand.
func (k itemKind) member() string {
	if k == flagItem {
		return "featureFlags"
	}
	return "segments"
}

// item is one flag or segment; it is never changed.
type item struct {
	kind  itemKind
	id    string
	given []byte // as it came, without white space
	text  []byte // as it is served: given, with a later time if it came without one
	at    int64  // the time in text, cut to milliseconds
}

// environment holds all items, in the order in which they came.
type environment struct {
	dialect dialect
	items   [2][]*item // by kind
	full    []byte     // the message with everything, nil if it is to be made again
}

func (e *environment) clear() { e.items, e.full = [2][]*item{}, nil }

// since returns what a data-sync request is answered with, and whether that is a patch without items.
func (e *environment) since(at int64) (text []byte, isEmpty bool) {
	if at == 0 {
		if e.full == nil {
			e.full = message(eventType(0), e.items[flagItem], e.items[segmentItem])
		}
		return e.full, false
	}
	var newer [2][]*item
	for kind, items := range e.items {
		for _, it := range items {
			if it.at > at {
				newer[kind] = append(newer[kind], it)
			}
		}
	}
	text = message(eventType(at), newer[flagItem], newer[segmentItem])
	return text, len(newer[flagItem])+len(newer[segmentItem]) == 0
}

func eventType(since int64) string {
	if since == 0 {
		return "full"
	}
	return "patch"
}

// replace takes other items for those that there are, and returns those that changed, the oldest change first.
func (e *environment) replace(flags, segments []*item, now int64) []*item {
	before := map[itemKind]map[string]*item{flagItem: {}, segmentItem: {}}
	for _, old := range slices.Concat(e.items[flagItem], e.items[segmentItem]) {
		before[old.kind][old.id] = old
	}
	e.items, e.full = [2][]*item{flags, segments}, nil
	var changed []*item
	for _, items := range e.items {
		for i, it := range items {
			old := before[it.kind][it.id]
			if old != nil && bytes.Equal(old.given, it.given) {
				items[i] = old
				continue
			}
			items[i] = e.stamped(it, old, now)
			changed = append(changed, items[i])
		}
	}
	for _, it := range changed {
		if before[it.kind][it.id] != nil {
			e.touchFlagsOf(it, changed)
		}
	}
	slices.SortStableFunc(changed, func(a, b *item) int { return cmp.Compare(a.at, b.at) })
	return changed
}

// change gives members to one item. Its time is that of the change, unless it is one of the members.
func (e *environment) change(kind itemKind, id string, members []byte, now int64) (*item, error) {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(members, &given); err != nil {
		return nil, err
	}
	old := find(e.items[kind], id)
	merged := map[string]json.RawMessage{}
	if old != nil {
		if err := json.Unmarshal(old.text, &merged); err != nil {
			return nil, err
		}
	}
	for name, value := range given {
		merged[name] = value
	}
	if given[e.dialect.timeMember] == nil {
		merged[e.dialect.timeMember] = json.RawMessage(e.dialect.writeTime(now))
	}
	merged[e.dialect.identity(kind)], _ = json.Marshal(id) // a text always succeeds
	text, err := json.Marshal(merged)
	if err != nil {
		return nil, err
	}
	changed, err := e.dialect.readItem(kind, text)
	if err != nil {
		return nil, err
	}
	changed = e.stamped(changed, old, now)
	e.put(changed)
	if old != nil {
		e.touchFlagsOf(changed, nil)
	}
	return changed, nil
}

// put adds an item, or puts it in the place of the one before.
func (e *environment) put(it *item) {
	e.full = nil
	for i, old := range e.items[it.kind] {
		if old.id == it.id {
			e.items[it.kind][i] = it
			return
		}
	}
	e.items[it.kind] = append(e.items[it.kind], it)
}

// stamped returns the item with the time of the change, if it has none that is later than that of the item before: the
// platform stamps every change, and a client overlooks what is not newer than what it has.
func (e *environment) stamped(it, old *item, now int64) *item {
	if old == nil || it.at > old.at {
		return it
	}
	return e.at(it, max(now, old.at+1))
}

// at returns the item with another time.
func (e *environment) at(it *item, milliseconds int64) *item {
	var members map[string]json.RawMessage
	if json.Unmarshal(it.text, &members) != nil { // never: it was read before
		return it
	}
	members[e.dialect.timeMember] = json.RawMessage(e.dialect.writeTime(milliseconds))
	text, err := json.Marshal(members)
	if err != nil {
		return it
	}
	later := *it
	later.text, later.at = text, milliseconds
	return &later
}

// touchFlagsOf gives the flags that use a changed segment a later time than it has, without telling anybody: so does the
// platform. Flags that changed themselves are left alone.
func (e *environment) touchFlagsOf(changed *item, others []*item) {
	if changed.kind != segmentItem {
		return
	}
	for i, flag := range e.items[flagItem] {
		if !slices.Contains(others, flag) && uses(flag, changed.id) {
			e.items[flagItem][i] = e.at(flag, max(flag.at, changed.at)+1)
			e.full = nil
		}
	}
}

// uses tells whether a rule of the flag names the segment.
func uses(flag *item, segment string) bool {
	type condition struct{ Property, Value string }
	var rules struct {
		Rules []struct{ Conditions []condition }
		// featureflag.co
		Fftuwmtr []struct{ RuleJSONContent []condition }
	}
	if json.Unmarshal(flag.text, &rules) != nil {
		return false // a test may serve what is no good flag
	}
	var conditions []condition
	for _, rule := range rules.Rules {
		conditions = append(conditions, rule.Conditions...)
	}
	for _, rule := range rules.Fftuwmtr {
		conditions = append(conditions, rule.RuleJSONContent...)
	}
	return slices.ContainsFunc(conditions, func(c condition) bool {
		var ids []string
		return (c.Property == "User is in segment" || c.Property == "User is not in segment") &&
			json.Unmarshal([]byte(c.Value), &ids) == nil && slices.Contains(ids, segment)
	})
}

func find(items []*item, id string) *item {
	for _, it := range items {
		if it.id == id {
			return it
		}
	}
	return nil
}

// patch is the message that pushes one item.
func patch(changed *item) []byte {
	var items [2][]*item
	items[changed.kind] = []*item{changed}
	return message("patch", items[flagItem], items[segmentItem])
}

func message(event string, flags, segments []*item) []byte {
	text := []byte(`{"messageType":"data-sync","data":{"eventType":"` + event + `","featureFlags":`)
	text = append(appendItems(text, flags), `,"segments":`...)
	return append(appendItems(text, segments), "}}"...)
}

func appendItems(text []byte, items []*item) []byte {
	text = append(text, '[')
	for i, it := range items {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, it.text...)
	}
	return append(text, ']')
}
