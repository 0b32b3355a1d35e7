package featureflagco

import (
	"errors"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// The wire types mirror the items of a message. Their members are JSON texts, nil when absent, because only what an
// evaluation comes across may fail.

type wireFlag struct{ id, ff, ffp, fftuwmtr, targetIndividuals, exptIncludeAllRules []byte }

type wireFeature struct {
	name, keyName, status, off, rollouts, included []byte
}

type wirePrerequisite struct{ id, option []byte }

type wireTarget struct{ individuals, option []byte }

type wireRule struct{ name, included, clauses, rollouts []byte }

type wireClause struct{ property, operation, value []byte }

type wireRollout struct{ exptRollout, percentage, option []byte }

type wireSegment struct{ included, excluded, rules []byte }

// readItem reads what every item must have. Both flags and segments are known by their id.
func readItem(text []byte) (item datasync.Item, err error) {
	var id, isArchived, timestamp []byte
	if !jsonscan.Members(text, func(name string, value []byte) {
		switch name {
		case "id":
			id = value
		case "isArchived":
			isArchived = value
		case "timestamp":
			timestamp = value
		}
	}) {
		return item, datasync.ErrNoObject
	}
	if err := datasync.Require([]string{"id", "isArchived", "timestamp"}, id, isArchived, timestamp); err != nil {
		return item, err
	}
	var ok bool
	if item.Key, ok = datasync.Text(id); !ok {
		return item, errors.New("has an id that is not a string")
	}
	at, ok := datasync.Number(timestamp)
	if !ok || at < 0 || at > 1<<53 {
		return item, errors.New("has a timestamp that is not a number of milliseconds")
	}
	item.At, item.Archived = int64(at), datasync.Truthy(isArchived)
	return item, nil
}

func readFlag(text []byte) (w wireFlag) {
	jsonscan.Members(text, func(name string, value []byte) {
		switch name {
		case "id":
			w.id = value
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
	jsonscan.Members(text, func(name string, value []byte) {
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
	jsonscan.Members(text, func(name string, value []byte) {
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
	jsonscan.Members(text, func(name string, value []byte) {
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
	jsonscan.Members(text, func(name string, value []byte) {
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
	jsonscan.Members(text, func(name string, value []byte) {
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
	jsonscan.Members(text, func(name string, value []byte) {
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
	jsonscan.Members(text, func(name string, value []byte) {
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
	jsonscan.Members(object, func(name string, value []byte) {
		if name == wanted {
			found = value
		}
	})
	return found
}
