package api

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/eval"
)

// panicking returns a library in which whatever asks for the time or saves options panics.
func panicking() *Library {
	return New(Host{
		Now:   func() time.Time { panic("secret") },
		Saved: func(_ uint64, options []byte) { panic("secret") },
	})
}

func TestAPanicIsAnAnswer(t *testing.T) {
	l := panicking()
	handle, err := l.handles.reserve()
	require.NoError(t, err)
	l.handles.publish(&entry{handle: handle}) // neither a client nor broken: every use of it panics
	request := []byte(`{"flag_key":"theme","entity_id":"u"}`)
	require.Equal(t, "internal error: panic in evaluate_variant", failureOf(t, l.EvaluateVariant(handle, request, nil)))
	require.Equal(t, "internal error: panic in evaluate_boolean", failureOf(t, l.EvaluateBoolean(handle, request, nil)))
	require.Equal(t, "internal error: panic in evaluate_batch", failureOf(t, l.EvaluateBatch(handle, []byte("[]"), nil)))
	require.Equal(t, "internal error: panic in list_flags", failureOf(t, l.ListFlags(handle, nil)))
	require.Equal(t, "internal error: panic in get_snapshot", failureOf(t, l.GetSnapshot(handle, nil)))
	require.Equal(t, "internal error: panic in update_authentication", failureOf(t, l.UpdateAuthentication(handle, []byte("{}"), nil)))
	require.Zero(t, l.InitializeEngine(options(t)))
	require.Zero(t, l.InitializeEngineLegacy([]byte("shop"), options(t)))
	for _, reply := range [][]byte{
		l.Open(options(t), nil), l.Call(handle, []byte("resolve"), []byte(`{"key":"k"}`), nil), l.Call(handle, []byte("status"), nil, nil),
		l.Wait(handle, 0, nil),
	} {
		require.Equal(t, "INTERNAL", errorOf(t, reply))
		require.NotContains(t, string(reply), "secret")
	}
	result := fastResult(64)
	require.Equal(t, eval.CodeInternal.Number(), l.ResolveInto(handle, fastRequest("theme", wantAny), result))
	require.Equal(t, eval.CodeInternal.Number(), result.Code)
	l.DestroyEngine(handle)
}
