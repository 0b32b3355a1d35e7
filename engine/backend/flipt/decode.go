package flipt

import (
	"math/bits"
	"strconv"

	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// decoder reads flags from a document's bytes into wire types. splitDocument has validated the text of every flag before;
// what is found wrong here are types and absent members. A decoder belongs to one goroutine and one document.
//
// It scans instead of going through a general decoder because a document of ten thousand flags must be ready in some
// tens of milliseconds and leave little garbage: strings alias the document until the compiler keeps them, and a segment
// that many rules share is decoded once.
type decoder struct {
	b        []byte
	scratch  []byte
	compiler *flagCompiler
}

// memberError says what is wrong with a member, and where: "rules[0].segments[1].key is missing".
type memberError struct {
	path string
	what string
}

func (e *memberError) Error() string {
	if e.path == "" {
		return e.what
	}
	return e.path + " " + e.what
}

// in puts name before the path of an error.
func in(err error, name string) error {
	e, ok := err.(*memberError)
	if !ok {
		e = &memberError{what: err.Error()}
	}
	if e.path != "" && e.path[0] != '[' {
		name += "."
	}
	return &memberError{path: name + e.path, what: e.what}
}

func missing(has, required uint16) error {
	absent := required &^ has
	if absent == 0 {
		return nil
	}
	return &memberError{path: memberNames[bits.TrailingZeros16(absent)], what: "is missing"}
}

func (d *decoder) isNull(at int) bool { return d.b[at] == 'n' }

func (d *decoder) skip(at int) (int, error) { return jsonscan.Skip(d.b, at) }

// text reads a string member; null counts as absent.
func (d *decoder) text(at int, into *string, has *uint16, bit uint16) (int, error) {
	if d.isNull(at) {
		return d.skip(at)
	}
	if d.b[at] != '"' {
		return at, &memberError{what: "is not a string"}
	}
	s, end, scratch, err := jsonscan.String(d.b, at, d.scratch)
	d.scratch = scratch
	*into = s
	*has |= bit
	return end, err
}

func (d *decoder) flag(at int, f *wireFlag) error {
	_, err := jsonscan.Object(d.b, at, nil, func(name string, at int) (int, error) {
		end, err := d.flagMember(name, at, f)
		if err != nil {
			err = in(err, name)
		}
		return end, err
	})
	if err != nil {
		return err
	}
	return missing(f.has, hasKey|hasEnabled)
}

func (d *decoder) flagMember(name string, at int, f *wireFlag) (int, error) {
	switch name {
	case "key":
		return d.text(at, &f.key, &f.has, hasKey)
	case "enabled":
		return d.boolean(at, &f.enabled, &f.has, hasEnabled)
	case "type":
		return d.text(at, &f.flagType, &f.has, hasType)
	case "description":
		f.hasDescription = !d.isNull(at)
		return d.text(at, &f.description, &f.has, 0)
	case "defaultVariant":
		return d.variant(at, &f.defaultVariant)
	case "rules":
		return d.list(at, func(at int) (int, error) {
			r := extend(&f.rules)
			*r = wireRule{segments: r.segments[:0], distributions: r.distributions[:0]}
			return d.rule(at, r)
		})
	case "rollouts":
		return d.list(at, func(at int) (int, error) {
			r := extend(&f.rollouts)
			*r = wireRollout{segment: wireRolloutSegment{segments: r.segment.segments[:0]}}
			return d.rollout(at, r)
		})
	}
	return d.skip(at)
}

// extend adds an element to the list and returns it, with what a flag before has left in it: its slices can be used again.
func extend[T any](list *[]T) *T {
	if n := len(*list); n < cap(*list) {
		*list = (*list)[:n+1]
	} else {
		*list = append(*list, *new(T))
	}
	return &(*list)[len(*list)-1]
}

func (d *decoder) boolean(at int, into *bool, has *uint16, bit uint16) (int, error) {
	switch d.b[at] {
	case 't', 'f':
		*into = d.b[at] == 't'
		*has |= bit
	case 'n':
	default:
		return at, &memberError{what: "is not true or false"}
	}
	return d.skip(at)
}

func (d *decoder) number(at int, into *float32, has *uint16, bit uint16) (int, error) {
	if d.isNull(at) {
		return d.skip(at)
	}
	if c := d.b[at]; c != '-' && (c < '0' || c > '9') {
		return at, &memberError{what: "is not a number"}
	}
	end, err := d.skip(at)
	if err != nil {
		return at, err
	}
	n, err := strconv.ParseFloat(string(d.b[at:end]), 32)
	if err != nil {
		return at, &memberError{what: "is out of range"}
	}
	*into = float32(n)
	*has |= bit
	return end, nil
}

// list reads an array whose absence, null included, is the same as being empty.
func (d *decoder) list(at int, element func(at int) (int, error)) (int, error) {
	if d.isNull(at) {
		return d.skip(at)
	}
	if d.b[at] != '[' {
		return at, &memberError{what: "is not an array"}
	}
	index := 0
	return jsonscan.Array(d.b, at, func(at int) (int, error) {
		end, err := element(at)
		if err != nil {
			err = in(err, "["+strconv.Itoa(index)+"]")
		}
		index++
		return end, err
	})
}

// requiredList is list for arrays that have to be there.
func (d *decoder) requiredList(at int, has *uint16, bit uint16, element func(at int) (int, error)) (int, error) {
	if !d.isNull(at) {
		*has |= bit
	}
	return d.list(at, element)
}

// object reads an object member by member and then checks that the required ones were there.
func (d *decoder) object(at int, has *uint16, required uint16, member func(name string, at int) (int, error)) (int, error) {
	if d.b[at] != '{' {
		return at, &memberError{what: "is not an object"}
	}
	end, err := jsonscan.Object(d.b, at, nil, func(name string, at int) (int, error) {
		end, err := member(name, at)
		if err != nil {
			err = in(err, name)
		}
		return end, err
	})
	if err == nil {
		err = missing(*has, required)
	}
	return end, err
}

func (d *decoder) variant(at int, v *wireVariant) (int, error) {
	if d.isNull(at) {
		return d.skip(at)
	}
	return d.object(at, &v.has, hasID|hasKey, func(name string, at int) (int, error) {
		switch name {
		case "id":
			return d.text(at, &v.id, &v.has, hasID)
		case "key":
			return d.text(at, &v.key, &v.has, hasKey)
		case "attachment":
			v.hasAttachment = !d.isNull(at)
			return d.text(at, &v.attachment, &v.has, 0)
		}
		return d.skip(at)
	})
}

func (d *decoder) rule(at int, r *wireRule) (int, error) {
	return d.object(at, &r.has, hasDistributions|hasSegmentOperator, func(name string, at int) (int, error) {
		switch name {
		case "id":
			return d.ruleID(at, r)
		case "segmentOperator":
			return d.text(at, &r.segmentOperator, &r.has, hasSegmentOperator)
		case "segments":
			return d.list(at, func(at int) (int, error) { return d.segment(at, &r.segments) })
		case "distributions":
			return d.requiredList(at, &r.has, hasDistributions, func(at int) (int, error) {
				return d.distribution(at, &r.distributions)
			})
		}
		return d.skip(at)
	})
}

// ruleID reads the id, which Flipt's engine ignores: of another type than a string it counts as absent.
func (d *decoder) ruleID(at int, r *wireRule) (int, error) {
	if d.b[at] != '"' {
		return d.skip(at)
	}
	return d.text(at, &r.id, &r.has, hasID)
}

func (d *decoder) distribution(at int, into *[]distribution) (int, error) {
	var w wireDistribution
	end, err := d.object(at, &w.has, hasVariantKey|hasRollout, func(name string, at int) (int, error) {
		switch name {
		case "variantKey":
			return d.text(at, &w.variantKey, &w.has, hasVariantKey)
		case "variantAttachment":
			w.hasAttachment = !d.isNull(at)
			return d.text(at, &w.attachment, &w.has, 0)
		case "rollout":
			return d.number(at, &w.rollout, &w.has, hasRollout)
		}
		return d.skip(at)
	})
	if err == nil {
		*into = append(*into, d.compiler.distribution(&w))
	}
	return end, err
}

// segment decodes the segment at at, or finds it among those decoded before from the same text.
func (d *decoder) segment(at int, into *[]*segment) (int, error) {
	end, err := d.skip(at)
	if err != nil {
		return at, err
	}
	print := fingerprint(d.b[at:end])
	known, ok := d.compiler.segments[print]
	if !ok {
		var w wireSegment
		if end, err = d.decodeSegment(at, &w); err != nil {
			return end, err
		}
		known = d.compiler.segment(&w)
		d.compiler.segments[print] = known
	}
	*into = append(*into, known)
	return end, nil
}

func (d *decoder) decodeSegment(at int, s *wireSegment) (int, error) {
	s.constraints = d.compiler.constraintBuffer[:0]
	return d.object(at, &s.has, hasKey|hasMatchType|hasConstraints, func(name string, at int) (int, error) {
		switch name {
		case "key":
			return d.text(at, &s.key, &s.has, hasKey)
		case "matchType":
			return d.text(at, &s.matchType, &s.has, hasMatchType)
		case "constraints":
			return d.requiredList(at, &s.has, hasConstraints, func(at int) (int, error) {
				s.constraints = append(s.constraints, wireConstraint{})
				return d.constraint(at, &s.constraints[len(s.constraints)-1])
			})
		}
		return d.skip(at)
	})
}

func (d *decoder) constraint(at int, c *wireConstraint) (int, error) {
	return d.object(at, &c.has, hasType|hasProperty|hasOperator|hasValue, func(name string, at int) (int, error) {
		switch name {
		case "type":
			return d.text(at, &c.constraintType, &c.has, hasType)
		case "property":
			return d.text(at, &c.property, &c.has, hasProperty)
		case "operator":
			return d.text(at, &c.operator, &c.has, hasOperator)
		case "value":
			return d.text(at, &c.value, &c.has, hasValue)
		}
		return d.skip(at)
	})
}

func (d *decoder) rollout(at int, r *wireRollout) (int, error) {
	var none uint16
	return d.object(at, &none, 0, func(name string, at int) (int, error) {
		switch {
		case name == "threshold" && !d.isNull(at):
			r.hasThreshold = true
			return d.threshold(at, &r.threshold)
		case name == "segment" && !d.isNull(at):
			r.hasSegment = true
			return d.rolloutSegment(at, &r.segment)
		}
		return d.skip(at)
	})
}

func (d *decoder) threshold(at int, t *wireThreshold) (int, error) {
	return d.object(at, &t.has, hasPercentage|hasValue, func(name string, at int) (int, error) {
		switch name {
		case "percentage":
			return d.number(at, &t.percentage, &t.has, hasPercentage)
		case "value":
			return d.boolean(at, &t.value, &t.has, hasValue)
		}
		return d.skip(at)
	})
}

func (d *decoder) rolloutSegment(at int, s *wireRolloutSegment) (int, error) {
	return d.object(at, &s.has, hasValue|hasSegments, func(name string, at int) (int, error) {
		switch name {
		case "value":
			return d.boolean(at, &s.value, &s.has, hasValue)
		case "segmentOperator":
			return d.text(at, &s.segmentOperator, &s.has, hasSegmentOperator)
		case "segments":
			return d.requiredList(at, &s.has, hasSegments, func(at int) (int, error) { return d.segment(at, &s.segments) })
		}
		return d.skip(at)
	})
}
