package declarative

import (
	"bytes"

	"github.com/goccy/go-json"
)

// Recognize says whether a flag file is declarative, as opposed to a document that a server answered. Both can be JSON:
// a declarative file has a version or segments of its own, or a namespace that is a plain key, or is no JSON object.
func Recognize(file []byte) bool {
	start := bytes.TrimLeft(bytes.TrimPrefix(file, []byte("\ufeff")), " \t\r\n")
	if len(start) == 0 || start[0] != '{' {
		return true
	}
	var head struct {
		Version   json.RawMessage `json:"version"`
		Segments  json.RawMessage `json:"segments"`
		Namespace json.RawMessage `json:"namespace"`
	}
	if json.Unmarshal(start, &head) != nil {
		// Broken JSON is reported best by the reader of documents; a YAML flow mapping is rare enough to be checked.
		return !bytes.Contains(start, []byte(`"namespace"`))
	}
	return head.Version != nil || head.Segments != nil || len(head.Namespace) == 0 || head.Namespace[0] != '{'
}
