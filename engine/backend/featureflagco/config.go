package featureflagco

import (
	"context"
	"slices"
	"strings"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/option"
	"github.com/burgee-flags/burgee/engine/source"
)

// config are featureflag.co's own options.
type config struct {
	prefix   string // of the ids of the environment's flags, by env_secret; empty: of any
	file     string // path of a data-sync message
	document []byte // the same, inline
}

func readConfig(opts *option.Reader) config {
	c := config{file: opts.String("file", ""), document: opts.Raw("document")}
	if secret := opts.Secret("env_secret"); secret != "" {
		var err error
		if c.prefix, err = idPrefix(secret); err != nil {
			opts.Problem("env_secret", err.Error())
		}
	}
	switch {
	case c.file == "" && c.document == nil:
		opts.Problem("file", "or document is needed")
	case c.file != "" && c.document != nil:
		opts.Problem("document", "is given together with file")
	}
	return c
}

// Open plans a client of a local file or document in the format of featureflag.co's data-sync messages.
func Open(opts *option.Reader, _ backend.Env) (*backend.Plan, error) {
	c := readConfig(opts)
	return &backend.Plan{
		Source:   c.source(backend.MaxBody(opts)),
		Compiler: &compiler{prefix: c.prefix},
		Identity: strings.Join([]string{"featureflagco", c.prefix, c.file}, "\n"),
		Methods:  map[string]backend.Method{"featureflagco.flag_keys": {Run: flagKeys, ReadsFlags: true}},
	}, nil
}

// source is where the flags come from.
func (c *config) source(maxBody int64) source.Source {
	if c.document != nil {
		return source.NewInline(c.document, "json")
	}
	return source.NewFile(c.file, maxBody, 0)
}

type flagKeysResult struct {
	Keys []string `json:"keys"`
}

// flagKeys lists the flags in the order of the SDK's store: as they first arrived.
func flagKeys(_ context.Context, call *backend.Call) (any, error) {
	r, ok := call.Rules.(*ruleset)
	if !ok {
		return flagKeysResult{Keys: []string{}}, nil
	}
	keys := slices.Clone(r.Keys())
	slices.SortFunc(keys, func(a, b string) int {
		first, _ := r.flags.Get(a)
		second, _ := r.flags.Get(b)
		return int(first.sequence) - int(second.sequence) //nolint:gosec // counts flags
	})
	return flagKeysResult{Keys: keys}, nil
}
