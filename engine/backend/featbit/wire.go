package featbit

import (
	"fmt"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
)

// The wire types mirror the items of a message. Their members are JSON texts, nil when absent, because only what an
// evaluation comes across may fail: a member of the wrong type elsewhere in the flag harms nobody.

type wireItem struct {
	id, key, updatedAt, isArchived, variations []byte
	keyText                                    string // identity: a flag's key, a segment's id
	at                                         int64
	archived                                   bool
	text                                       []byte // the whole item
}

type wireFlag struct {
	name, description, variationType, variations, targetUsers, rules, isEnabled, disabledVariationID []byte
	fallthroughRule, exptIncludeAllTargets                                                           []byte
}

type wireTarget struct{ keyIDs, variationID []byte }

type wireRule struct{ name, dispatchKey, includedInExpt, conditions, variations []byte }

type wireCondition struct{ property, op, value []byte }

type wireRollout struct{ id, rollout, exptRollout []byte }

type wireSegment struct{ name, included, excluded, rules []byte }

// readItem reads what every item must have. Without it the whole message is refused.
func readItem(text []byte, kind string, index int) (wireItem, error) {
	w := wireItem{text: text}
	if !datasync.Object(text, func(name string, value []byte) {
		switch name {
		case "id":
			w.id = value
		case "key":
			w.key = value
		case "updatedAt":
			w.updatedAt = value
		case "isArchived":
			w.isArchived = value
		case "variations":
			w.variations = value
		}
	}) {
		return w, fmt.Errorf("%s[%d] is not an object", kind, index)
	}
	identity, required := w.id, []member{{"id", w.id}, {"updatedAt", w.updatedAt}, {"isArchived", w.isArchived}}
	if kind == flagKind {
		identity = w.key
		required = append(required, member{"key", w.key}, member{"variations", w.variations})
	}
	for _, m := range required {
		if m.value == nil {
			return w, fmt.Errorf("%s[%d] lacks %s", kind, index, m.name)
		}
	}
	var ok bool
	if w.keyText, ok = datasync.Text(identity); !ok {
		return w, fmt.Errorf("%s[%d] has an identity that is not a string", kind, index)
	}
	w.archived = datasync.Truthy(w.isArchived)
	if text, ok := datasync.Text(w.updatedAt); ok {
		w.at = parseTimestamp(text)
	}
	return w, nil
}

type member struct {
	name  string
	value []byte
}

const (
	flagKind    = "featureFlags"
	segmentKind = "segments"
)

func readFlag(text []byte) (w wireFlag) {
	datasync.Object(text, func(name string, value []byte) {
		switch name {
		case "name":
			w.name = value
		case "description":
			w.description = value
		case "variationType":
			w.variationType = value
		case "variations":
			w.variations = value
		case "targetUsers":
			w.targetUsers = value
		case "rules":
			w.rules = value
		case "isEnabled":
			w.isEnabled = value
		case "disabledVariationId":
			w.disabledVariationID = value
		case "fallthrough":
			w.fallthroughRule = value
		case "exptIncludeAllTargets":
			w.exptIncludeAllTargets = value
		}
	})
	return w
}

func readTarget(text []byte) (w wireTarget) {
	datasync.Object(text, func(name string, value []byte) {
		switch name {
		case "keyIds":
			w.keyIDs = value
		case "variationId":
			w.variationID = value
		}
	})
	return w
}

func readRule(text []byte) (w wireRule) {
	datasync.Object(text, func(name string, value []byte) {
		switch name {
		case "name":
			w.name = value
		case "dispatchKey":
			w.dispatchKey = value
		case "includedInExpt":
			w.includedInExpt = value
		case "conditions":
			w.conditions = value
		case "variations":
			w.variations = value
		}
	})
	return w
}

func readCondition(text []byte) (w wireCondition) {
	datasync.Object(text, func(name string, value []byte) {
		switch name {
		case "property":
			w.property = value
		case "op":
			w.op = value
		case "value":
			w.value = value
		}
	})
	return w
}

func readRollout(text []byte) (w wireRollout) {
	datasync.Object(text, func(name string, value []byte) {
		switch name {
		case "id":
			w.id = value
		case "rollout":
			w.rollout = value
		case "exptRollout":
			w.exptRollout = value
		}
	})
	return w
}

func readSegment(text []byte) (w wireSegment) {
	datasync.Object(text, func(name string, value []byte) {
		switch name {
		case "name":
			w.name = value
		case "included":
			w.included = value
		case "excluded":
			w.excluded = value
		case "rules":
			w.rules = value
		}
	})
	return w
}
