package connect

import (
	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/flagship/visitor"
	"github.com/burgee-flags/burgee/engine/eval"
)

// exposures says how errors of Visitor.Expose are reported.
var exposures = map[error]backend.Exposure{
	nil: backend.Queued, visitor.ErrNotReady: backend.NotReady, visitor.ErrPanic: backend.Panic,
	visitor.ErrNoConsent: backend.NoConsent, visitor.ErrFlagNotFound: backend.NoSuchFlag,
	visitor.ErrDuplicate: backend.Duplicate, visitor.ErrNotQueued: backend.NotQueued,
}

// Read implements backend.Visitors.
func (t *table) Read(handle uint64, key string, out *backend.VisitorFlag) bool {
	v := t.find(handle)
	if v == nil {
		return false
	}
	v.Read(key, out)
	return true
}

// Expose implements backend.Visitors. Of a visitor that is unknown or closed nothing is reported.
func (t *table) Expose(handle uint64, key string, fallback eval.Value) backend.Exposure {
	v := t.find(handle)
	if v == nil {
		return backend.NoSuchFlag
	}
	return exposures[v.Expose(key, fallback)]
}

// Close implements backend.Visitors.
func (t *table) Close(handle uint64) bool { return t.close(handle) }
