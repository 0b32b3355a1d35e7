package connect

import (
	"context"

	"github.com/goccy/go-json"

	"github.com/burgee-flags/burgee/engine/backend/flagship"
	"github.com/burgee-flags/burgee/engine/backend/flagship/visitor"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/option"
)

// flags answers {"visitor"} -> {"flags":[{"key", "value", "status", "metadata", "hex"}]}, in their order. metadata is as the
// SDK of the language has it, hex is the value as the JavaScript SDK serialises it.
func (in *instance) flags(*option.Reader) visitorAction {
	return func(_ context.Context, v *held) (any, error) {
		to := []byte(`{"flags":[`)
		flags := v.Flags()
		for i := range flags {
			f := &flags[i]
			if i > 0 {
				to = append(to, ',')
			}
			_, status := v.Flag(f.Key)
			to = evaljson.AppendText(append(to, '{'), "key", f.Key)
			to = evaljson.AppendValue(evaljson.AppendName(to, "value"), f.Value)
			to = evaljson.AppendText(to, "status", status.String())
			to = append(evaljson.AppendName(to, "metadata"), '{')
			to = append(f.From.AppendMetadata(to, in.language), '}')
			to = append(f.AppendHex(append(evaljson.AppendName(to, "hex"), '"')), '"', '}')
		}
		return json.RawMessage(append(to, "]}"...)), nil
	}
}

// flag answers {"visitor", "key"} -> {"exists", "status", "value", "metadata"}. The metadata of a flag that does not exist
// are empty.
func (in *instance) flag(params *option.Reader) visitorAction {
	key := requiredText(params, "key")
	return func(_ context.Context, v *held) (any, error) {
		f, status := v.Flag(key)
		exists := status == visitor.FlagFetched || status == visitor.FlagFetchRequired
		value, from := eval.Value{}, &flagship.Allocation{}
		if f != nil {
			value = f.Value
		}
		if exists {
			from = f.From
		}
		to := evaljson.AppendBool([]byte{'{'}, "exists", exists)
		to = evaljson.AppendText(to, "status", status.String())
		to = evaljson.AppendValue(evaljson.AppendName(to, "value"), value)
		to = append(evaljson.AppendName(to, "metadata"), '{')
		return json.RawMessage(append(from.AppendFullMetadata(to, in.language), "}}"...)), nil
	}
}

func requiredText(params *option.Reader, name string) string {
	if !params.Has(name) {
		params.Problem(name, "is missing")
	}
	return params.String(name, "")
}

// expose reports that the visitor saw a flag: {"visitor", "key", "default"} -> {"exposure"}.
func expose(params *option.Reader) visitorAction {
	key := requiredText(params, "key")
	var fallback eval.Value
	if raw := params.Raw("default"); raw != nil {
		fallback = evaljson.Value(raw)
	}
	return func(_ context.Context, v *held) (any, error) {
		exposure := "queued"
		if word := refused(v.Expose(key, fallback)); word != nil {
			exposure = *word
		}
		return struct {
			Exposure string `json:"exposure"`
		}{exposure}, nil
	}
}
