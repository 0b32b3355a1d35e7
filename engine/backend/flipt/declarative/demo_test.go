package declarative

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const demoDir = "../../../../testdata/flags/"

func TestBothDemoFilesHoldTheSameFlags(t *testing.T) {
	declared, err := os.ReadFile(demoDir + "demo.features.yaml")
	require.NoError(t, err)
	served, err := os.ReadFile(demoDir + "demo.json")
	require.NoError(t, err)
	assert.True(t, Recognize(declared))
	assert.False(t, Recognize(served))

	converted, problems, err := Convert(declared, "default")
	require.NoError(t, err)
	assert.Empty(t, problems)
	var got, want map[string]any
	require.NoError(t, json.Unmarshal(converted, &got))
	require.NoError(t, json.Unmarshal(served, &want))
	assert.Len(t, got["digest"], 40)
	delete(got, "digest") // it tells files apart, not flags
	assert.Equal(t, want, got)
}

func TestRecognize(t *testing.T) {
	for file, declarative := range map[string]bool{
		"":            true,
		"flags: []":   true,
		"{flags: []}": true,
		`{"version":"1.4","namespace":{"key":"a"}}`:            true,
		`{"namespace":{"key":"a"},"flags":[],"segments":[]}`:   true,
		`{"namespace":"a","flags":[]}`:                         true,
		`{"flags":[]}`:                                         true,
		` {"namespace":{"key":"a"},"flags":[],"digest":"x"}`:   false,
		"\ufeff\n{\"namespace\":{\"key\":\"a\"},\"flags\":[]}": false,
		`{"namespace":{"key":"a"},"flags":[`:                   false,
	} {
		assert.Equal(t, declarative, Recognize([]byte(file)), "file: %s", file)
	}
}
