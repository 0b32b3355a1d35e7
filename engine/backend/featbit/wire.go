package featbit

import (
	"errors"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// The wire types mirror the items of a message. Their members are JSON texts, nil when absent, because only what an
// evaluation comes across may fail: a member of the wrong type elsewhere in the flag harms nobody.

type wireFlag struct {
	name, description, variationType, variations, targetUsers, rules, isEnabled, disabledVariationID []byte
	fallthroughRule, exptIncludeAllTargets                                                           []byte
}

type wireTarget struct{ keyIDs, variationID []byte }

type wireRule struct{ name, dispatchKey, includedInExpt, conditions, variations []byte }

type wireCondition struct{ property, op, value []byte }

type wireRollout struct{ id, rollout, exptRollout []byte }

type wireSegment struct{ name, included, excluded, rules []byte }

// readItem reads what every item must have. A flag is known by its key, a segment by its id.
func readItem(text []byte, isFlag bool) (item datasync.Item, err error) {
	var id, key, updatedAt, isArchived, variations []byte
	if !jsonscan.Members(text, func(name string, value []byte) {
		switch name {
		case "id":
			id = value
		case "key":
			key = value
		case "updatedAt":
			updatedAt = value
		case "isArchived":
			isArchived = value
		case "variations":
			variations = value
		}
	}) {
		return item, datasync.ErrNoObject
	}
	identity := id
	if isFlag {
		identity = key
		err = datasync.Require([]string{"id", "updatedAt", "isArchived", "key", "variations"}, id, updatedAt, isArchived, key, variations)
	} else {
		err = datasync.Require([]string{"id", "updatedAt", "isArchived"}, id, updatedAt, isArchived)
	}
	if err != nil {
		return item, err
	}
	var ok bool
	if item.Key, ok = datasync.Text(identity); !ok {
		return item, errors.New("has an identity that is not a string")
	}
	item.Archived = datasync.Truthy(isArchived)
	if text, ok := datasync.Text(updatedAt); ok {
		item.At, item.Cut = parseTimestamp(text)
	}
	return item, nil
}

func readFlag(text []byte) (w wireFlag) {
	jsonscan.Members(text, func(name string, value []byte) {
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
	jsonscan.Members(text, func(name string, value []byte) {
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
	jsonscan.Members(text, func(name string, value []byte) {
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
	jsonscan.Members(text, func(name string, value []byte) {
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
	jsonscan.Members(text, func(name string, value []byte) {
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
	jsonscan.Members(text, func(name string, value []byte) {
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
