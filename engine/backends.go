package engine

import (
	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/flipt"
)

// backends names every backend. There is no registration elsewhere.
var backends = map[string]backend.Open{
	"flipt": flipt.Open,
	"file":  flipt.OpenFile,
}
