package datasync

import (
	"strconv"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// AppendValue writes a value as JSON.
func AppendValue(dst []byte, v eval.Value) []byte {
	switch v.Kind {
	case eval.Bool:
		return strconv.AppendBool(dst, v.Bool)
	case eval.Number, eval.JSON:
		return append(dst, v.Text...)
	case eval.String:
		return jsonscan.AppendString(dst, v.Text)
	default:
		return append(dst, "null"...)
	}
}

// AppendProperties writes the attributes of a user that text accepts, as the JSON array of an event.
func AppendProperties(dst []byte, ec *eval.Context, text func(*eval.Attribute) (string, bool)) []byte {
	dst = append(dst, '[')
	first := true
	for i := range ec.Attributes {
		value, ok := text(&ec.Attributes[i])
		if !ok {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, `{"name":`...)
		dst = jsonscan.AppendString(dst, ec.Attributes[i].Name)
		dst = append(dst, `,"value":`...)
		dst = jsonscan.AppendString(dst, value)
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

// Metric is one custom event with its value.
type Metric struct {
	Name  eval.Value // a text; the vendors' clients let other values pass
	Value eval.Value // a number; the servers refuse anything else together with the batch it travels in
}

// Problem says why a server would not take the metric; empty when it would.
func (m *Metric) Problem() string {
	switch {
	case m.Name.Kind == eval.Null || m.Name.Kind == eval.String && m.Name.Text == "":
		return "the name of a metric is empty"
	case m.Value.Kind != eval.Number:
		return "the value of a metric is not a number"
	}
	return ""
}

// AppendMetrics writes the metrics that have no problem as a JSON array. appType names the vendor's client, more is what
// follows in each object, brace included. It reports false if there is none.
func AppendMetrics(dst []byte, metrics []Metric, problem func(*Metric) string, appType, more string) ([]byte, bool) {
	dst = append(dst, '[')
	any := false
	for i := range metrics {
		m := &metrics[i]
		if problem(m) != "" {
			continue
		}
		if any {
			dst = append(dst, ',')
		}
		any = true
		dst = append(dst, `{"eventName":`...)
		dst = AppendValue(dst, m.Name)
		dst = append(dst, `,"numericValue":`...)
		dst = AppendValue(dst, m.Value)
		dst = append(dst, `,"route":"index/metric","type":"CustomEvent","appType":`...)
		dst = jsonscan.AppendString(dst, appType)
		dst = append(dst, more...)
	}
	return append(dst, ']'), any
}
