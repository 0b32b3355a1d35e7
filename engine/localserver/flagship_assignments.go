package localserver

import flagshiprules "github.com/burgee-flags/burgee/engine/backend/flagship"

// assignments is which variation visitors have, by visitor id and variation group. The service keeps it for everybody where
// it is hosted; here it is kept only where the environment needs it (enabledXPC, enabled1V1T), because tests change
// allocations under visitors of the same name.
type assignments map[string]map[string]assignment

type assignment struct {
	variation string
	activated bool // the visitor has seen it
}

// history is what the rules want to know of them.
func (a assignments) history(visitor string) map[string]string {
	history := map[string]string{}
	for group, assigned := range a[visitor] {
		history[group] = assigned.variation
	}
	return history
}

// add remembers what a visitor was given, and that the visitor saw it.
func (a assignments) add(visitor string, chosen []*flagshiprules.Allocation, activated bool) {
	for _, c := range chosen {
		before := a[visitor][c.VariationGroupID].activated
		a.set(visitor, c.VariationGroupID, assignment{c.VariationID, activated || before})
	}
}

// addNew remembers what is new for somebody who has logged in under the id from before, too, which keeps what it had.
func (a assignments) addNew(visitor string, chosen []*flagshiprules.Allocation, account map[string]string) {
	for _, c := range chosen {
		_, known := a[visitor][c.VariationGroupID]
		if _, had := account[c.VariationGroupID]; !known && !had {
			a.set(visitor, c.VariationGroupID, assignment{variation: c.VariationID})
		}
	}
}

func (a assignments) set(visitor, group string, assigned assignment) {
	if a[visitor] == nil {
		a[visitor] = map[string]assignment{}
	}
	a[visitor][group] = assigned
}
