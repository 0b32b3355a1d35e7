package localserver

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestV1(t *testing.T) {
	s := StartTest(t, Options{V1: true})
	s.SetDocument("default", []byte(`{"namespace":{"key":"default"},"flags":[{"key":"f","name":"","enabled":true,
		"defaultVariant":{"id":"f/v","key":"v"},
		"rules":[{"id":"r","rank":1,"segmentOperator":"OR_SEGMENT_OPERATOR",
			"segments":[{"key":"a","constraints":[{"type":"ENTITY_ID_CONSTRAINT_COMPARISON_TYPE"}]},{"key":"b","constraints":[]}],
			"distributions":[{"variantKey":"v","rollout":70},{"variantKey":"w","rollout":30}]},
			{"id":"none","segments":[],"distributions":[]}]}]}`))
	const rule = `{"id":"r","rank":1,"segmentOperator":"OR_SEGMENT_OPERATOR",
		"segments":[{"key":"a","constraints":[{"type":"ENTITY_ID_CONSTRAINT_COMPARISON_TYPE"}]},{"key":"b","constraints":[]}],
		"distributions":[{"variantKey":"v","rollout":70},{"variantKey":"w","rollout":30},{"variantKey":"v","rollout":70},{"variantKey":"w","rollout":30}]}`
	response, body := get(t, s.URL()+snapshotURL+"default", "X-Flipt-Accept-Server-Version", "1.47.0")
	assert.JSONEq(t, `{"namespace":{"key":"default"},"flags":[{"key":"f","name":"","enabled":true,
		"defaultVariant":{"id":"f/v","key":"v"},"rules":[`+rule+`,`+rule+`]}]}`, body)
	assert.Len(t, response.Header.Get("ETag"), 40)

	_, body = get(t, s.URL()+snapshotURL+"default", "X-Flipt-Accept-Server-Version", "1.46.9")
	assert.NotContains(t, body, "defaultVariant")
	assert.Contains(t, body, `"ENTITY_ID_CONSTRAINT_COMPARISON_TYPE"`)
	_, body = get(t, s.URL()+snapshotURL+"default")
	assert.NotContains(t, body, `"ENTITY_ID_CONSTRAINT_COMPARISON_TYPE"`)
	assert.Contains(t, body, `"UNKNOWN_CONSTRAINT_COMPARISON_TYPE"`)

	response, body = get(t, s.URL()+snapshotURL+"x")
	assert.Equal(t, 404, response.StatusCode)
	assert.JSONEq(t, `{"code":5,"message":"getting flags: namespace \"x\" not found","details":[]}`, body)
	response, _ = get(t, s.URL()+streamURL("default", "default"))
	assert.Equal(t, 404, response.StatusCode)
	response, _ = get(t, s.URL()+snapshotURL+"default", "X-Flipt-Environment", "moon")
	assert.Equal(t, 200, response.StatusCode, "v1 knows no environments")
}
