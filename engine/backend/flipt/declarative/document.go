package declarative

import "github.com/goccy/go-json"

// The document of a v2 server. Members that are always sent are always written, also when they are empty.

type wireDocument struct {
	Namespace wireNamespace     `json:"namespace"`
	Flags     []json.RawMessage `json:"flags"`
	Digest    string            `json:"digest"`
}

type wireNamespace struct {
	Key string `json:"key"`
}

type wireFlag struct {
	Key            string        `json:"key"`
	Name           string        `json:"name"`
	Description    string        `json:"description"`
	Enabled        bool          `json:"enabled"`
	Type           string        `json:"type"`
	Rules          []wireRule    `json:"rules"`
	Rollouts       []wireRollout `json:"rollouts"`
	DefaultVariant *wireVariant  `json:"defaultVariant,omitempty"`
}

type wireVariant struct {
	ID         string  `json:"id"`
	Key        string  `json:"key"`
	Attachment *string `json:"attachment,omitempty"`
}

type wireRule struct {
	ID              string             `json:"id"`
	Segments        []json.RawMessage  `json:"segments"`
	Rank            int                `json:"rank"`
	SegmentOperator string             `json:"segmentOperator"`
	Distributions   []wireDistribution `json:"distributions"`
}

type wireDistribution struct {
	RuleID            string      `json:"ruleId"`
	VariantKey        string      `json:"variantKey"`
	VariantAttachment *string     `json:"variantAttachment,omitempty"`
	Rollout           json.Number `json:"rollout"`
}

type wireRollout struct {
	Type      string              `json:"type"`
	Rank      int                 `json:"rank"`
	Segment   *wireRolloutSegment `json:"segment,omitempty"`
	Threshold *wireThreshold      `json:"threshold,omitempty"`
}

type wireRolloutSegment struct {
	Value           bool              `json:"value"`
	SegmentOperator string            `json:"segmentOperator"`
	Segments        []json.RawMessage `json:"segments"`
}

type wireThreshold struct {
	Percentage json.Number `json:"percentage"`
	Value      bool        `json:"value"`
}

type wireSegment struct {
	Key         string           `json:"key"`
	Name        string           `json:"name"`
	Description string           `json:"description"`
	MatchType   string           `json:"matchType"`
	Constraints []wireConstraint `json:"constraints"`
}

type wireConstraint struct {
	Type     string `json:"type"`
	Property string `json:"property"`
	Operator string `json:"operator"`
	Value    string `json:"value"`
}

// encode writes < and > as they are: these documents never stand in a web page.
func encode(v any) ([]byte, error) { return json.MarshalWithOption(v, json.DisableHTMLEscape()) }
