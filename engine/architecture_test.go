package engine

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/burgee-flags/burgee/"

// datasyncBackend is what the two vendors that share a protocol may import.
var datasyncBackend = []string{
	"engine/backend", "engine/backend/datasync", "engine/backend/datasync/connect", "engine/bucket", "engine/eval",
	"engine/jsonscan", "engine/option", "engine/predicate",
}

// allowed lists, for each package, which other packages of ours it may import. An arrow that is not here is a decision to
// be taken, not an accident.
var allowed = map[string][]string{
	"engine/eval":                      {},
	"engine/bucket":                    {},
	"engine/jsonscan":                  {},
	"engine/predicate":                 {},
	"engine/background":                {},
	"engine/option":                    {"engine/eval", "engine/jsonscan"},
	"engine/evaljson":                  {"engine/eval", "engine/jsonscan"},
	"engine/source/regular":            {},
	"engine/transport":                 {"engine/eval", "engine/source/regular"},
	"engine/transport/transporttest":   {"engine/background"},
	"engine/source":                    {"engine/transport", "engine/background", "engine/eval", "engine/source/regular"},
	"engine/backend":                   {"engine/eval", "engine/event", "engine/option", "engine/source", "engine/transport"},
	"engine/backend/backendtest":       {"engine/backend", "engine/eval", "engine/source"},
	"engine/backend/flipt/declarative": {"engine/jsonscan"},
	"engine/backend/flipt": {
		"engine/backend", "engine/backend/flipt/declarative", "engine/background", "engine/bucket", "engine/eval",
		"engine/jsonscan", "engine/option", "engine/source", "engine/transport",
	},
	"engine/backend/datasync": {"engine/backend", "engine/eval", "engine/jsonscan", "engine/predicate", "engine/source"},
	"engine/backend/datasync/connect": {
		"engine/backend", "engine/backend/datasync", "engine/eval", "engine/evaljson", "engine/event", "engine/jsonscan",
		"engine/option", "engine/source", "engine/transport",
	},
	"engine/backend/datasync/datasynctest": {
		"engine/backend", "engine/backend/datasync", "engine/backend/datasync/connect", "engine/eval", "engine/event",
		"engine/jsonscan", "engine/option", "engine/source",
	},
	"engine/backend/featbit":       datasyncBackend,
	"engine/backend/featureflagco": datasyncBackend,
	"engine/backend/flagship": {
		"engine/backend", "engine/backend/flagship/sdk", "engine/backend/flagship/tracking", "engine/bucket", "engine/eval",
		"engine/evaljson", "engine/jsonscan", "engine/option", "engine/predicate", "engine/source", "engine/transport",
	},
	"engine/backend/flagship/sdk":      {"engine/bucket", "engine/eval", "engine/predicate"},
	"engine/backend/flagship/tracking": {"engine/backend/flagship/sdk", "engine/eval", "engine/evaljson", "engine/event", "engine/jsonscan"},
	"engine/backend/flagship/visitor": {
		"engine/backend", "engine/backend/flagship", "engine/backend/flagship/sdk", "engine/backend/flagship/tracking",
		"engine/background", "engine/eval", "engine/evaljson", "engine/event", "engine/jsonscan", "engine/option",
		"engine/source", "engine/transport",
	},
	"engine/backend/flagship/connect": {
		"engine/backend", "engine/backend/flagship", "engine/backend/flagship/sdk", "engine/backend/flagship/visitor",
		"engine/eval", "engine/evaljson", "engine/jsonscan", "engine/option", "engine/source", "engine/transport",
	},
	"engine/event": {"engine/background", "engine/eval", "engine/transport"},
	"engine": {
		"engine/backend", "engine/backend/featbit", "engine/backend/featureflagco", "engine/backend/flagship/connect",
		"engine/backend/flipt", "engine/background",
		"engine/eval", "engine/evaljson", "engine/event", "engine/jsonscan", "engine/option", "engine/source", "engine/transport",
	},
	"engine/localserver": {
		"engine/backend", "engine/backend/datasync", "engine/backend/flagship", "engine/backend/flagship/sdk",
		"engine/backend/flipt/declarative", "engine/background", "engine/bucket", "engine/eval", "engine/evaljson", "engine/source",
	},
	"engine/cmd/burgee-local-server": {"engine/localserver", "engine/background"},
	"ffi/api":                        {"engine", "engine/backend", "engine/eval", "engine/evaljson", "engine/jsonscan"},
	"ffi":                            {"ffi/api"},
}

func TestPackagesImportOnlyWhatTheyMay(t *testing.T) {
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			switch entry.Name() {
			case "build", "node_modules", ".git", ".venv", "bindings":
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		from := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../")
		arrows, known := allowed[from]
		require.True(t, known, "%s is a new package: say what it may import", from)
		for _, spec := range file.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if ours, found := strings.CutPrefix(to, module); found {
				require.Contains(t, arrows, ours, "%s imports %s", path, ours)
			}
		}
		return nil
	})
	require.NoError(t, err)
}

// A goroutine that nobody recovers can end the host process, so all of them start in one place.
func TestGoroutinesStartInOnePlace(t *testing.T) {
	for from := range allowed {
		switch {
		case from == "engine/background", from == "engine/localserver":
			continue
		case strings.HasSuffix(from, "test"), strings.HasPrefix(from, "engine/cmd/"):
			continue // not part of the library
		}
		files, err := filepath.Glob(filepath.Join("..", from, "*.go"))
		require.NoError(t, err)
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			require.Zero(t, goStatements(t, path), "%s has a go statement", path)
		}
	}
}

// goStatements counts the go statements of the file.
func goStatements(t *testing.T, path string) int {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	require.NoError(t, err)
	count := 0
	ast.Inspect(file, func(n ast.Node) bool {
		if _, ok := n.(*ast.GoStmt); ok {
			count++
		}
		return true
	})
	return count
}
