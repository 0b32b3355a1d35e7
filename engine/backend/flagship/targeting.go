package flagship

import (
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/eval"
)

// Targeting says by whose rules an environment file is evaluated, because the vendor's own programs disagree.
type Targeting uint8

// The rules.
const (
	// ByJavaScript are those of the JavaScript SDK 5.1.6, with the semver operators of the decision API, which that SDK
	// does not know.
	ByJavaScript Targeting = iota
	// ByPython are those of the Python SDK 3.0.0.
	ByPython
	// ByDecisionAPI are those of flagship-common 0.0.21, which is what the decision API runs: whoever changes from that
	// mode to local decisions keeps the answers.
	ByDecisionAPI
)

// language is whose way of writing values as text the operators see.
func (t Targeting) language() sdk.Language {
	if t == ByPython {
		return sdk.Python
	}
	return sdk.JavaScript
}

// operand is one attribute of the visitor.
type operand struct {
	value  eval.Value
	number float64 // as JavaScript reads it
	known  bool    // number is
}

// usable reports whether the vendor has such an attribute: other kinds count as absent.
func usable(v eval.Value) bool {
	return v.Kind == eval.String || v.Kind == eval.Number || v.Kind == eval.Bool
}

// asNumber returns what JavaScript makes of the attribute as a number.
func (o *operand) asNumber() float64 {
	if !o.known {
		o.number, o.known = sdk.JavaScriptNumber(o.value), true
	}
	return o.number
}

// workspace is memory that a decision for a whole visitor uses again.
type workspace struct {
	seen     []int32 // by place of a targeting key: 1 + index of the operand
	operands []operand
	flags    []int32 // by place of a flag key: 1 + index in Decision.Flags
	hashed   []byte  // what is hashed of the visitor's id, unless it is the id itself
}

// evaluation is one visitor in front of one rule set. It lives on the stack of whoever decides.
type evaluation struct {
	rules     *Ruleset
	visitorID string
	hashes    sdk.HashInput
	history   map[string]string
	anonymous map[string]string // history of the anonymous id; only the decision API looks at it
	trace     *eval.Trace
	visitor   operand // the visitor's id

	// With a workspace.
	work  *workspace
	input string // what is hashed of the visitor's id

	// Without one, attributes are searched by name.
	attributes *eval.Context
	single     operand // the one found last
}

// find returns the attribute that a rule looks at, or nil if the visitor has none.
func (e *evaluation) find(p *placed, r *rule) *operand {
	switch r.subject {
	case byVisitor:
		return &e.visitor
	case byProvider:
		return nil
	default:
	}
	if e.work != nil {
		if at := e.work.seen[p.names[r.name]]; at != 0 {
			return &e.work.operands[at-1]
		}
		return nil
	}
	v, ok := e.attributes.Lookup(p.campaign.names[r.name])
	if !ok || !usable(v) {
		return nil
	}
	e.single = operand{value: v}
	return &e.single
}

// matches reports whether the visitor is targeted by the group.
func (e *evaluation) matches(p *placed, g *group) bool {
	if e.trace != nil {
		e.traceGroup(p, g)
	}
	matched := false
	for i := range g.alternates {
		list := &g.alternates[i]
		all := len(list.rules) > 0 || e.rules.targeting == ByPython && !list.missing
		for j := range list.rules {
			holds, failed := e.holds(p, &list.rules[j], i, j)
			if failed {
				if e.trace != nil {
					e.traceFailure()
				}
				return false // no other list can make up for it
			}
			all = all && holds
			if !all && e.rules.targeting != ByDecisionAPI {
				break
			}
		}
		if all {
			if e.trace != nil {
				e.traceList(i)
			}
			matched = true
			if e.rules.targeting != ByDecisionAPI {
				return true
			}
		}
	}
	return matched
}

// holds evaluates one rule. It failed if it cannot be evaluated for this visitor, which only the decision API minds.
func (e *evaluation) holds(p *placed, r *rule, list, index int) (holds, failed bool) {
	var o *operand
	switch {
	case r.subject == everybody:
		holds = true
	default:
		o = e.find(p, r)
		switch e.rules.targeting {
		case ByPython:
			holds = r.python(o)
		case ByDecisionAPI:
			holds, failed = r.decisionAPI(o)
		default:
			holds = r.javaScript(o)
		}
	}
	if e.trace != nil {
		e.traceRule(list, index, r, o, holds)
	}
	return holds, failed
}
