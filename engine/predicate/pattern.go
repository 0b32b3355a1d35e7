package predicate

import (
	"regexp"
	"time"

	"github.com/dlclark/regexp2"
)

const (
	// matchLimit bounds one search of a pattern that needs backtracking, since that can take time without bound.
	matchLimit = 50 * time.Millisecond
	// maxBacktracking is how long a pattern may be that needs backtracking, in bytes.
	maxBacktracking = 8 << 10
)

// Pattern is a regular expression in Python's syntax. Most run on the standard library, whose time is linear and which
// does not allocate; those with look-around, back-references or word boundaries need backtracking and are stopped after
// 50 ms. It is safe for several goroutines.
type Pattern struct {
	linear       *regexp.Regexp
	backtracking *regexp2.Regexp // when linear is nil
}

// CompilePattern reads a pattern as Python's re.compile() does. The error says what is wrong with it. Different from
// Python: look-behind may have any width, and names of characters (\N{...}) and possessive repetition are not supported.
func CompilePattern(pattern string, ignoreCase bool) (*Pattern, error) {
	t, err := translate(pattern, ignoreCase)
	if err != nil {
		return nil, err
	}
	if !t.backtracking {
		linear, err := regexp.Compile(t.linear.String())
		if err == nil {
			return &Pattern{linear: linear}, nil
		}
	}
	if len(pattern) > maxBacktracking {
		return nil, patternError("is too long for a pattern that needs backtracking")
	}
	backtracking, err := regexp2.Compile(t.dotnet.String(), regexp2.None)
	if err != nil {
		return nil, patternError(err.Error())
	}
	backtracking.MatchTimeout = matchLimit
	return &Pattern{backtracking: backtracking}, nil
}

// Search reports whether the pattern is found anywhere in s. ok is false when the search was given up.
func (p *Pattern) Search(s string) (found, ok bool) {
	if p.linear != nil {
		return p.linear.MatchString(s), true
	}
	found, err := p.backtracking.MatchString(s)
	return found, err == nil
}

type patternError string

func (e patternError) Error() string { return "the pattern " + string(e) }
