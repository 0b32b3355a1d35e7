package visitor

import (
	"encoding/json"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/datasync/datasynctest"
)

var placeholders = []struct {
	pattern *regexp.Regexp
	text    string
}{
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`), `<uuid>`},
	{regexp.MustCompile(`"id":"<uuid>"`), `"id":"<id>"`},
	{regexp.MustCompile(`"(qt|time|createdAt|timestamp)":\d+`), `"$1":"<$1>"`},
}

// sequence is one list of events of the vectors.
type sequence struct {
	Name   string
	Events []any
	Status []string
}

func readSequences(t *testing.T, name string) []sequence {
	var f struct{ Scenarios []sequence }
	datasynctest.Read(t, vectorDir+"/"+name+".json", &f)
	return f.Scenarios
}

// shown is what was noted, with placeholders.
func shown(t *testing.T, events []any) (list []any) {
	text, err := json.Marshal(events)
	require.NoError(t, err)
	for _, p := range placeholders {
		text = p.pattern.ReplaceAll(text, []byte(p.text))
	}
	datasynctest.Decode(t, text, &list)
	return list
}
