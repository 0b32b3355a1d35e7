package api

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTimestampHasAsManyDigitsAsItNeeds(t *testing.T) {
	c := newCall()
	for text, nanos := range map[string]int{
		"2026-01-02T03:04:05Z": 0, "2026-01-02T03:04:05.500Z": 5e8, "2026-01-02T03:04:05.001Z": 1e6, "2026-01-02T03:04:05.000001Z": 1e3,
		"2026-01-02T03:04:05.000000001Z": 1, "2026-01-02T03:04:05.120300Z": 1203e5, "2026-01-02T03:04:05.999999999Z": 999999999,
	} {
		moment := time.Date(2026, 1, 2, 4, 4, 5, nanos, time.FixedZone("elsewhere", 3600))
		require.Equal(t, text, string(c.appendTime(nil, moment)))
	}
	require.Equal(t, "1970-01-01T00:00:00Z", string(c.appendTime(nil, time.Unix(0, 0))))
	require.Equal(t, "2026-01-02T03:04:06Z", string(c.appendTime(nil, time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC))), "the next second")
}

func TestNothingOfTheRequestIsKept(t *testing.T) {
	l, handle := opened(t)
	for range 100 {
		l.EvaluateVariant(handle, []byte(`{"flag_key":"theme","entity_id":"u","context":{"plan":"pro","a":"b"}}`), nil)
	}
	c := newCall()
	require.Empty(t, c.outcome.FlagKey)
	require.Empty(t, c.context.TargetingKey)
	for _, attribute := range c.context.Attributes[:cap(c.context.Attributes)] {
		require.Empty(t, attribute)
	}
}

func TestEvaluationAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	l, handle := opened(t)
	buffer := make([]byte, 0, 1024)
	variant := []byte(`{"flag_key":"theme","entity_id":"user-1234","context":{"plan":"pro","a":"1","b":"2\n","c":"3","d":5}}`)
	boolean := []byte(`{"flag_key":"dark","entity_id":"user-1234","context":{"plan":"pro"}}`)
	method := []byte("resolve")
	params := []byte(`{"key":"theme","type":"object","default":{},"context":{"targetingKey":"u","plan":"pro","n":1.5,"o":{"a":1}}}`)
	require.Zero(t, testing.AllocsPerRun(1000, func() { l.EvaluateVariant(handle, variant, buffer) }))
	require.Zero(t, testing.AllocsPerRun(1000, func() { l.EvaluateBoolean(handle, boolean, buffer) }))
	require.Zero(t, testing.AllocsPerRun(1000, func() { l.Call(handle, method, params, buffer) }))
	request, result := fastRequest("theme", wantFliptVariant, str("plan", "pro"), integer("age", 5), number("x", 1.5)), fastResult(512)
	require.Zero(t, testing.AllocsPerRun(1000, func() { l.ResolveInto(handle, request, result) }))
}
