package featbit

import (
	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/eval"
)

type compiler = datasync.Compiler[flag]

func newCompiler() *compiler {
	return datasync.NewCompiler(datasync.Vendor[flag]{
		ReadFlag:       func(text []byte) (datasync.Item, error) { return readItem(text, true) },
		ReadSegment:    func(text []byte) (datasync.Item, error) { return readItem(text, false) },
		CompileFlag:    compileFlag,
		CompileSegment: compileSegment,
		Ruleset:        func(rules *datasync.Rules[flag]) eval.Ruleset { return &ruleset{rules} },
	})
}
