package localserver

import (
	"encoding/json"
	"strconv"
	"strings"
)

// v1Document rewrites a document as v1.61 would answer it: without digest, rules repeated once per segment with their
// distributions repeated as often, and without what the client's version does not know. What is no document stays as is.
func v1Document(body []byte, clientVersion string) []byte {
	var doc map[string]any
	if json.Unmarshal(body, &doc) != nil {
		return body
	}
	delete(doc, "digest")
	for _, flag := range objects(doc["flags"]) {
		if !versionAtLeast(clientVersion, 1, 47) {
			delete(flag, "defaultVariant")
		}
		for _, rule := range objects(flag["rules"]) {
			rewriteEntityConstraints(rule["segments"], clientVersion)
		}
		for _, rollout := range objects(flag["rollouts"]) {
			if segment, ok := rollout["segment"].(map[string]any); ok {
				rewriteEntityConstraints(segment["segments"], clientVersion)
			}
		}
		repeatRules(flag)
	}
	rewritten, err := json.Marshal(doc)
	if err != nil {
		return body
	}
	return rewritten
}

func rewriteEntityConstraints(segments any, clientVersion string) {
	if versionAtLeast(clientVersion, 1, 38) {
		return
	}
	for _, segment := range objects(segments) {
		for _, constraint := range objects(segment["constraints"]) {
			if constraint["type"] == "ENTITY_ID_CONSTRAINT_COMPARISON_TYPE" {
				constraint["type"] = "UNKNOWN_CONSTRAINT_COMPARISON_TYPE"
			}
		}
	}
}

// repeatRules does what v1 does to a rule with N segments: N copies, each with N times the distributions. A rule without
// segments is never sent.
func repeatRules(flag map[string]any) {
	if flag["rules"] == nil {
		return
	}
	repeated := []any{}
	for _, rule := range objects(flag["rules"]) {
		times := len(objects(rule["segments"]))
		once, _ := rule["distributions"].([]any)
		distributions := []any{}
		for range times {
			distributions = append(distributions, once...)
		}
		rule["distributions"] = distributions
		for range times {
			repeated = append(repeated, rule)
		}
	}
	flag["rules"] = repeated
}

func objects(list any) []map[string]any {
	items, _ := list.([]any)
	var found []map[string]any
	for _, item := range items {
		if object, ok := item.(map[string]any); ok {
			found = append(found, object)
		}
	}
	return found
}

func versionAtLeast(version string, major, minor int) bool {
	parts := strings.Split(strings.TrimPrefix(version, "v"), ".")
	if len(parts) < 2 {
		return false
	}
	gotMajor, err := strconv.Atoi(parts[0])
	if err != nil {
		return false
	}
	gotMinor, err := strconv.Atoi(parts[1])
	if err != nil {
		return false
	}
	return gotMajor > major || (gotMajor == major && gotMinor >= minor)
}
