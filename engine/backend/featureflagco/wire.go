package featureflagco

import (
	"fmt"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
)

// The wire types mirror the items of a message. Their members are JSON texts, nil when absent, because only what an
// evaluation comes across may fail.

type wireItem struct {
	id, isArchived, timestamp []byte
	idText                    string
	at                        int64
	archived                  bool
	text                      []byte // the whole item
}

type wireFlag struct{ ff, ffp, fftuwmtr, targetIndividuals, exptIncludeAllRules []byte }

type wireFeature struct {
	name, keyName, status, off, rollouts, included []byte
}

type wirePrerequisite struct{ id, option []byte }

type wireTarget struct{ individuals, option []byte }

type wireRule struct{ name, included, clauses, rollouts []byte }

type wireClause struct{ property, operation, value []byte }

type wireRollout struct{ exptRollout, percentage, option []byte }

type wireSegment struct{ included, excluded, rules []byte }

const (
	flagKind    = "featureFlags"
	segmentKind = "segments"
)

// readItem reads what every item must have. Without it the whole message is refused.
func readItem(text []byte, kind string, index int) (wireItem, error) {
	w := wireItem{text: text}
	if !datasync.Object(text, func(name string, value []byte) {
		switch name {
		case "id":
			w.id = value
		case "isArchived":
			w.isArchived = value
		case "timestamp":
			w.timestamp = value
		}
	}) {
		return w, fmt.Errorf("%s[%d] is not an object", kind, index)
	}
	for _, m := range []struct {
		name  string
		value []byte
	}{{"id", w.id}, {"isArchived", w.isArchived}, {"timestamp", w.timestamp}} {
		if m.value == nil {
			return w, fmt.Errorf("%s[%d] lacks %s", kind, index, m.name)
		}
	}
	var ok bool
	if w.idText, ok = datasync.Text(w.id); !ok {
		return w, fmt.Errorf("%s[%d] has an id that is not a string", kind, index)
	}
	at, ok := datasync.Number(w.timestamp)
	if !ok || at < 0 || at > 1<<53 {
		return w, fmt.Errorf("%s[%d] has a timestamp that is not a number of milliseconds", kind, index)
	}
	w.at = int64(at)
	w.archived = datasync.Truthy(w.isArchived)
	return w, nil
}

func readFlag(text []byte) (w wireFlag) {
	datasync.Object(text, func(name string, value []byte) {
		switch name {
		case "ff":
			w.ff = value
		case "ffp":
			w.ffp = value
		case "fftuwmtr":
			w.fftuwmtr = value
		case "targetIndividuals":
			w.targetIndividuals = value
		case "exptIncludeAllRules":
			w.exptIncludeAllRules = value
		}
	})
	return w
}

func readFeature(text []byte) (w wireFeature) {
	datasync.Object(text, func(name string, value []byte) {
		switch name {
		case "name":
			w.name = value
		case "keyName":
			w.keyName = value
		case "status":
			w.status = value
		case "variationOptionWhenDisabled":
			w.off = value
		case "defaultRulePercentageRollouts":
			w.rollouts = value
		case "isDefaultRulePercentageRolloutsIncludedInExpt":
			w.included = value
		}
	})
	return w
}

// readPrerequisite reads the expected option under the platform's name and under the SDK's.
func readPrerequisite(text []byte) (w wirePrerequisite) {
	datasync.Object(text, func(name string, value []byte) {
		switch name {
		case "prerequisiteFeatureFlagId":
			w.id = value
		case "valueOptionsVariationValue", "ValueOptionsVariationValue":
			w.option = value
		}
	})
	return w
}

func readTarget(text []byte) (w wireTarget) {
	datasync.Object(text, func(name string, value []byte) {
		switch name {
		case "individuals":
			w.individuals = value
		case "valueOption":
			w.option = value
		}
	})
	return w
}

func readRule(text []byte) (w wireRule) {
	datasync.Object(text, func(name string, value []byte) {
		switch name {
		case "ruleName":
			w.name = value
		case "isIncludedInExpt":
			w.included = value
		case "ruleJsonContent":
			w.clauses = value
		case "valueOptionsVariationRuleValues":
			w.rollouts = value
		}
	})
	return w
}

func readClause(text []byte) (w wireClause) {
	datasync.Object(text, func(name string, value []byte) {
		switch name {
		case "property":
			w.property = value
		case "operation":
			w.operation = value
		case "value":
			w.value = value
		}
	})
	return w
}

func readRollout(text []byte) (w wireRollout) {
	datasync.Object(text, func(name string, value []byte) {
		switch name {
		case "exptRollout":
			w.exptRollout = value
		case "rolloutPercentage":
			w.percentage = value
		case "valueOption":
			w.option = value
		}
	})
	return w
}

func readSegment(text []byte) (w wireSegment) {
	datasync.Object(text, func(name string, value []byte) {
		switch name {
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

// member returns one member of an object, or nil.
func member(object []byte, wanted string) (found []byte) {
	datasync.Object(object, func(name string, value []byte) {
		if name == wanted {
			found = value
		}
	})
	return found
}
