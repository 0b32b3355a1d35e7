package flagship

import (
	"strings"

	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// The wire types mirror the environment file (bucketing.json). Their members are JSON texts, nil when absent, because a
// member of another type than it should have makes at most its campaign unusable. Members that are not listed are ignored
// by the SDKs too, such as bucketRanges.

type wireFile struct{ panic, campaigns []byte }

type wireCampaign struct{ id, name, slug, kind, groups []byte }

type wireGroup struct{ id, name, targeting, variations []byte }

type wireVariation struct{ id, name, reference, allocation, modifications []byte }

type wireModifications struct{ kind, value []byte }

type wireRule struct{ operator, key, value, provider []byte }

// readFile reads the whole of text. The error says where it is not valid JSON, or that it is no object.
func readFile(text []byte) (w wireFile, err error) {
	end, err := jsonscan.Object(text, jsonscan.SkipSpace(text, 0), nil, func(name string, at int) (int, error) {
		end, err := jsonscan.Skip(text, at)
		if err != nil {
			return end, err
		}
		switch name {
		case "panic":
			w.panic = text[at:end]
		case "campaigns":
			w.campaigns = text[at:end]
		}
		return end, nil
	})
	if err != nil {
		return w, err
	}
	return w, jsonscan.End(text, end)
}

func readCampaign(text []byte) (w wireCampaign) {
	jsonscan.Members(text, func(name string, value []byte) {
		switch name {
		case "id":
			w.id = value
		case "name":
			w.name = value
		case "slug":
			w.slug = value
		case "type":
			w.kind = value
		case "variationGroups":
			w.groups = value
		}
	})
	return w
}

func readGroup(text []byte) (w wireGroup) {
	jsonscan.Members(text, func(name string, value []byte) {
		switch name {
		case "id":
			w.id = value
		case "name":
			w.name = value
		case "targeting":
			w.targeting = value
		case "variations":
			w.variations = value
		}
	})
	return w
}

func readVariation(text []byte) (w wireVariation) {
	jsonscan.Members(text, func(name string, value []byte) {
		switch name {
		case "id":
			w.id = value
		case "name":
			w.name = value
		case "reference":
			w.reference = value
		case "allocation":
			w.allocation = value
		case "modifications":
			w.modifications = value
		}
	})
	return w
}

func readModifications(text []byte) (w wireModifications) {
	jsonscan.Members(text, func(name string, value []byte) {
		switch name {
		case "type":
			w.kind = value
		case "value":
			w.value = value
		}
	})
	return w
}

func readRule(text []byte) (w wireRule) {
	jsonscan.Members(text, func(name string, value []byte) {
		switch name {
		case "operator":
			w.operator = value
		case "key":
			w.key = value
		case "value":
			w.value = value
		case "provider":
			w.provider = value
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

// textOf returns a text; empty for anything else. It aliases raw unless the text holds escapes.
func textOf(raw []byte) string {
	if !isText(raw) {
		return ""
	}
	return evaljson.Value(raw).Text
}

func isText(raw []byte) bool { return len(raw) > 0 && raw[0] == '"' }

func isNumber(raw []byte) bool { return len(raw) > 0 && (raw[0] == '-' || raw[0]-'0' <= 9) }

func isObject(raw []byte) bool { return len(raw) > 0 && raw[0] == '{' }

func isArray(raw []byte) bool { return len(raw) > 0 && raw[0] == '[' }

// isNull reports whether the member is null or absent.
func isNull(raw []byte) bool { return len(raw) == 0 || raw[0] == 'n' }

func isTrue(raw []byte) bool { return len(raw) > 0 && raw[0] == 't' }

// truthy reports whether JavaScript and Python, which agree on texts, numbers, booleans and null, take raw for true.
func truthy(raw []byte) bool {
	switch {
	case isNull(raw), raw[0] == 'f', string(raw) == `""`:
		return false
	case isNumber(raw):
		return strings.ContainsAny(string(raw[:significant(raw)]), "123456789")
	}
	return true
}

// significant returns where the exponent of a number begins, or its end.
func significant(number []byte) int {
	for i, c := range number {
		if c|0x20 == 'e' {
			return i
		}
	}
	return len(number)
}
