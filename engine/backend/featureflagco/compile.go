package featureflagco

import (
	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/eval"
)

type compiler = datasync.Compiler[flag]

// newCompiler returns a compiler for the environment whose flags' ids begin with prefix; empty: for any.
func newCompiler(prefix string) *compiler {
	return datasync.NewCompiler(datasync.Vendor[flag]{
		ReadFlag: func(text []byte) (datasync.Item, error) {
			item, err := readItem(text)
			item.Key = keyOf(item.Key, prefix)
			return item, err
		},
		ReadSegment:    readItem,
		CompileFlag:    func(key string, text []byte) datasync.Compiled[flag] { return compileFlag(key, text, prefix) },
		CompileSegment: compileSegment,
		Ruleset:        func(rules *datasync.Rules[flag]) eval.Ruleset { return &ruleset{rules} },
	})
}
