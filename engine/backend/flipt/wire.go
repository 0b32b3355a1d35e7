package flipt

// The wire types mirror a document as a Flipt server sends it. Their strings alias the document's bytes. A member that
// was there leaves its bit in has, because for Flipt's engine an absent member and an empty one are different things.

type wireFlag struct {
	key            string
	enabled        bool
	flagType       string
	description    string
	hasDescription bool
	defaultVariant wireVariant
	rules          []wireRule
	rollouts       []wireRollout
	has            uint16
}

type wireVariant struct {
	id, key, attachment string
	hasAttachment       bool
	has                 uint16
}

type wireRule struct {
	id              string
	segments        []*segment
	segmentOperator string
	distributions   []distribution
	has             uint16
}

type wireSegment struct {
	key         string
	matchType   string
	constraints []wireConstraint
	has         uint16
}

type wireConstraint struct {
	constraintType, property, operator, value string
	has                                       uint16
}

type wireDistribution struct {
	variantKey, attachment string
	hasAttachment          bool
	rollout                float32
	has                    uint16
}

type wireRollout struct {
	threshold    wireThreshold
	hasThreshold bool
	segment      wireRolloutSegment
	hasSegment   bool
}

type wireThreshold struct {
	percentage float32
	value      bool
	has        uint16
}

type wireRolloutSegment struct {
	value           bool
	segments        []*segment
	segmentOperator string
	has             uint16
}

// The bits of has, in the order in which the members are named in an error.
const (
	hasKey uint16 = 1 << iota
	hasEnabled
	hasType
	hasID
	hasSegmentOperator
	hasDistributions
	hasMatchType
	hasConstraints
	hasProperty
	hasOperator
	hasValue
	hasVariantKey
	hasRollout
	hasPercentage
	hasSegments
)

var memberNames = [...]string{
	"key", "enabled", "type", "id", "segmentOperator", "distributions", "matchType", "constraints", "property",
	"operator", "value", "variantKey", "rollout", "percentage", "segments",
}
