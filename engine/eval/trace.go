package eval

// Trace is every step of one decision, for people and tools. It holds the context values that were looked at, and
// nothing of the client's configuration.
type Trace struct {
	FlagKey      string      `json:"key"`
	FlagType     string      `json:"flagType"`
	Enabled      bool        `json:"enabled"`
	TargetingKey string      `json:"targetingKey"`
	Steps        []TraceStep `json:"steps"`
	Reason       string      `json:"reason"`
	Variant      string      `json:"variant,omitempty"`
	Value        any         `json:"value"`
	ErrorCode    Code        `json:"errorCode,omitempty"`
	Error        string      `json:"errorDetails,omitempty"`
	Ruleset      TraceSource `json:"ruleSet"`
}

// TraceSource says which flags were evaluated.
type TraceSource struct {
	Version uint64 `json:"version"`
	Origin  string `json:"origin"` // server, stream, file, inline, cache, restored
	AgeMs   int64  `json:"ageMs"`  // since the flags were last known to be current
	State   string `json:"state"`
}

// TraceStep is one rule or rollout, in the order of evaluation.
type TraceStep struct {
	Kind     string         `json:"kind"` // rule, segment, threshold, in the vendor's words
	Index    int            `json:"index"`
	Operator string         `json:"operator,omitempty"` // how the segments are combined: AND, OR
	Segments []TraceSegment `json:"segments,omitempty"`
	Hash     *TraceHash     `json:"hash,omitempty"`
	Matched  bool           `json:"matched"`
	Note     string         `json:"note,omitempty"`
}

// TraceSegment is one segment of a step.
type TraceSegment struct {
	Key         string            `json:"key"`
	MatchType   string            `json:"matchType"` // ALL, ANY
	Constraints []TraceConstraint `json:"constraints"`
	Matched     bool              `json:"matched"`
}

// TraceConstraint is one condition with the value that was seen. Conditions after the deciding one are not evaluated
// and carry Skipped.
type TraceConstraint struct {
	Type     string `json:"type"`
	Property string `json:"property"`
	Operator string `json:"operator"`
	Operand  string `json:"operand"`
	Seen     string `json:"seen"`
	Present  bool   `json:"present"`
	Matched  bool   `json:"matched"`
	Skipped  bool   `json:"skipped,omitempty"`
}

// TraceHash shows how a bucket was computed and what it chose.
type TraceHash struct {
	Algorithm string        `json:"algorithm"`
	Input     string        `json:"input"`
	Bucket    uint32        `json:"bucket"`
	Of        uint32        `json:"of"`
	Ranges    []TraceBucket `json:"ranges"`
	Chosen    string        `json:"chosen,omitempty"`
}

// TraceBucket is the half-open range [From, To) of buckets of one variant.
type TraceBucket struct {
	Variant string  `json:"variant"`
	From    float64 `json:"from"`
	To      float64 `json:"to"`
}
