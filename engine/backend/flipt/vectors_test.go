package flipt

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/backendtest"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/source"
)

type object = map[string]any

type request struct {
	FlagKey  string         `json:"flag_key"`
	EntityID string         `json:"entity_id"`
	Context  map[string]any `json:"context"`
}

func TestVectors(t *testing.T) {
	for _, c := range backendtest.FliptCases(t, "../../../testdata/vectors/flipt") {
		t.Run(c.Name, func(t *testing.T) {
			if c.Op != "batch" && c.Request[0] == '[' {
				t.Skip("the form of requests is the concern of the C interface")
			}
			update := source.Update{Body: c.Document}
			if c.Snapshot != nil {
				update = source.Update{Body: c.Snapshot, Format: formatSnapshot}
			}
			rules, _, err := (&compiler{namespace: c.Namespace}).Compile(update)
			if err != nil {
				checkError(t, c.Want, err.Error())
				return
			}
			got := answer(t, rules, c.Op, c.Request)
			if failure, ok := got["error"]; ok {
				checkError(t, c.Want, failure.(string))
				return
			}
			require.Equal(t, c.Want, roundTrip(t, got))
		})
	}
}

// checkError accepts a detail after the text of Flipt's engine, which has none where a document is at fault.
func checkError(t *testing.T, want any, got string) {
	t.Helper()
	text, ok := want.(object)["error"].(string)
	require.True(t, ok, "want %v, got the error %q", want, got)
	if text == undecodable && strings.HasPrefix(got, text+": ") {
		return
	}
	require.Equal(t, text, got)
}

func answer(t *testing.T, rules eval.Ruleset, op string, raw json.RawMessage) object {
	t.Helper()
	switch op {
	case "batch":
		var requests []request
		require.NoError(t, json.Unmarshal(raw, &requests))
		responses := []any{}
		for _, r := range requests {
			entry := batchEntry(rules, r)
			for _, kind := range []string{"variant_evaluation_response", "boolean_evaluation_response"} {
				if inner, ok := entry[kind].(object); ok && inner["error"] != nil {
					return inner // one failure is the whole batch's
				}
			}
			responses = append(responses, entry)
		}
		return object{"responses": responses}
	case "list_flags":
		if p := rules.Problem(); p != "" {
			return object{"error": p}
		}
		return object{"flags": listed(rules)}
	case "get_snapshot":
		result, err := exportMethod("")(context.Background(), &backend.Call{Rules: rules})
		require.NoError(t, err)
		text, err := base64.StdEncoding.DecodeString(result.(snapshotResult).Snapshot)
		require.NoError(t, err)
		return object{"snapshot": json.RawMessage(text)}
	}
	var r request
	require.NoError(t, json.Unmarshal(raw, &r))
	out := resolve(rules, r)
	wanted, text := eval.TypeVariant, "variant"
	if op == "boolean" {
		wanted, text = eval.TypeBoolean, "boolean"
	}
	if out.Type != wanted && out.Type != eval.TypeUnknown {
		return object{"error": "invalid request: " + r.FlagKey + " is not a " + text + " flag"}
	}
	return response(out)
}

func resolve(rules eval.Ruleset, r request) *eval.Outcome {
	ec := eval.Context{TargetingKey: r.EntityID}
	for name, value := range r.Context {
		if s, ok := value.(string); ok { // as Flipt's engine has it
			ec.Attributes = append(ec.Attributes, eval.Attribute{Name: name, Value: eval.StringValue(s)})
		}
	}
	out := &eval.Outcome{}
	rules.Resolve(r.FlagKey, &ec, out)
	return out
}

var fliptReasons = map[eval.Reason]string{
	eval.ReasonUnknown: "UNKNOWN_EVALUATION_REASON", eval.ReasonDefault: "DEFAULT_EVALUATION_REASON",
	eval.ReasonDisabled: "FLAG_DISABLED_EVALUATION_REASON", eval.ReasonTargetingMatch: "MATCH_EVALUATION_REASON",
	eval.ReasonSplit: "MATCH_EVALUATION_REASON",
}

func response(out *eval.Outcome) object {
	if out.ErrorCode != "" {
		return object{"error": out.ErrorMessage}
	}
	r := object{"flag_key": out.FlagKey, "reason": fliptReasons[out.Reason], "segment_keys": out.Segments}
	if out.Type == eval.TypeBoolean {
		r["enabled"] = out.Value.Bool
		return r
	}
	r["match"], r["variant_key"] = out.Matched(), out.Variant
	if out.Attachment.Kind != eval.Null {
		r["variant_attachment"] = out.Attachment.Text
	}
	return r
}

func batchEntry(rules eval.Ruleset, r request) object {
	out := resolve(rules, r)
	entry := object{
		"boolean_evaluation_response": nil, "variant_evaluation_response": nil, "error_evaluation_response": nil,
	}
	switch {
	case out.ErrorCode == eval.CodeFlagNotFound:
		entry["type"] = "ERROR_EVALUATION_RESPONSE_TYPE"
		entry["error_evaluation_response"] = object{
			"flag_key": r.FlagKey, "namespace_key": rules.(*ruleset).namespace, "reason": "NOT_FOUND_ERROR_EVALUATION_REASON",
		}
	case out.Type == eval.TypeBoolean:
		entry["type"], entry["boolean_evaluation_response"] = "BOOLEAN_EVALUATION_RESPONSE_TYPE", response(out)
	default:
		entry["type"], entry["variant_evaluation_response"] = "VARIANT_EVALUATION_RESPONSE_TYPE", response(out)
	}
	return entry
}

func listed(rules eval.Ruleset) []object {
	flags := []object{}
	for _, key := range rules.Keys() {
		f, _ := rules.Flag(key)
		to := object{"key": f.Key, "enabled": f.Enabled, "type": variantType}
		if f.Type == eval.TypeBoolean {
			to["type"] = booleanType
		}
		if f.HasDescription {
			to["description"] = f.Description
		}
		if v := f.Default; v != nil {
			variant := object{"id": v.ID, "key": v.Key}
			if v.HasAttachment {
				variant["attachment"] = v.Attachment
			}
			to["default_variant"] = variant
		}
		flags = append(flags, to)
	}
	return flags
}

func roundTrip(t *testing.T, v any) any {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	var decoded any
	require.NoError(t, json.Unmarshal(text, &decoded))
	return decoded
}
