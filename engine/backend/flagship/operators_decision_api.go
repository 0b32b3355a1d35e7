package flagship

import "github.com/burgee-flags/burgee/engine/eval"

// decisionAPI evaluates the rule as the decision API does; o is nil when the visitor has no such attribute. It failed if
// the operator is not defined for the two values, which fails the whole variation group there.
func (r *rule) decisionAPI(o *operand) (holds, failed bool) {
	switch {
	case r.op == opExists, r.op == opNotExists:
		wanted := !r.isList && r.targets[0].value.Kind == eval.Bool && r.targets[0].value.Bool
		return ((o != nil) == wanted) == (r.op == opExists), false
	case o == nil:
		return false, false
	case !r.isList:
		return r.op.decisionAPI(o, &r.targets[0])
	}
	every := r.op.negative() && r.op != opVersionNotEquals
	if !every && r.op != opEquals && r.op != opContains {
		return false, false
	}
	for i := range r.targets {
		holds, failed := r.op.decisionAPI(o, &r.targets[i])
		if (holds && !failed) != every {
			return !every, false
		}
	}
	return every, false
}

// decisionAPI compares an attribute with one value. The kinds must be the same; the case of texts does not count.
func (op operation) decisionAPI(o *operand, t *target) (holds, failed bool) {
	if o.value.Kind != t.value.Kind || op == opUnknown {
		return false, true
	}
	ordered := op >= opGreater && op <= opLowerOrEqual
	switch o.value.Kind {
	case eval.String:
		if op >= opVersionEquals {
			return op.semver(o.value, t), false
		}
		return op.compareText(ByDecisionAPI, o, t), false
	case eval.Number:
		switch {
		case ordered:
			return op.compareNumbers(o.asNumber(), t.number), false
		case op == opEquals || op == opNotEquals:
			return (o.asNumber() == t.number) == (op == opEquals), false
		}
	default:
		if op == opEquals || op == opNotEquals {
			return (o.value.Bool == t.value.Bool) == (op == opEquals), false
		}
	}
	return false, true
}
