package engine

import (
	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/featbit"
	"github.com/burgee-flags/burgee/engine/backend/featureflagco"
	flagship "github.com/burgee-flags/burgee/engine/backend/flagship/connect"
	"github.com/burgee-flags/burgee/engine/backend/flipt"
)

// backends names every backend. There is no registration elsewhere.
var backends = map[string]backend.Open{
	"featbit":       featbit.Open,
	"featureflagco": featureflagco.Open,
	"file":          flipt.OpenFile,
	"flagship":      flagship.Open,
	"flipt":         flipt.Open,
}
