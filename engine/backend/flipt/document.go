package flipt

import (
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/flipt/declarative"
	"github.com/burgee-flags/burgee/engine/background"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
	"github.com/burgee-flags/burgee/engine/source"
)

// undecodable is how Flipt's engine words a document that it cannot use.
const undecodable = "error parsing json: failed to parse response body: error decoding response body"

// The formats of an update besides the document of a Flipt server.
const (
	formatYAML     = "yaml" // a file by that name; either may be declarative or hold a server's document
	formatJSON     = "json"
	formatSnapshot = "snapshot" // Flipt's engine snapshot, decoded from base64
)

const (
	// parallelFrom is the number of flags from which two goroutines compile faster than one.
	parallelFrom = 256
	// yieldEvery is after how many flags the compiler lets others go first. A thread of the host that enters Go to
	// evaluate must not wait until the scheduler takes the processor away from a compiler, some milliseconds later.
	yieldEvery = 16
)

// compiler implements backend.Compiler. It remembers the last rule set, so that flags whose text did not change are
// taken over as they are.
type compiler struct {
	namespace string // "" accepts the document's own
	previous  *ruleset
}

// documentError is an update that was refused as a whole.
type documentError struct{ cause error }

func (e *documentError) Error() string { return undecodable + ": " + e.cause.Error() }
func (e *documentError) Unwrap() error { return e.cause }

// Compile implements backend.Compiler.
func (c *compiler) Compile(u source.Update) (eval.Ruleset, []backend.Warning, error) {
	var rules *ruleset
	var warnings []backend.Warning
	var err error
	switch u.Format {
	case formatSnapshot:
		rules, err = importSnapshot(u.Body, c.namespace)
	case formatYAML, formatJSON:
		rules, warnings, err = c.file(u.Body)
	default:
		rules, warnings, err = c.document(u.Body)
	}
	if err != nil {
		return nil, nil, &documentError{cause: err}
	}
	c.previous = rules
	return rules, warnings, nil
}

// file compiles a document, or a declarative file in YAML or JSON. Only the latter begins with something other than a
// brace, or has segments or a version of its own.
func (c *compiler) file(text []byte) (*ruleset, []backend.Warning, error) {
	if start := jsonscan.SkipSpace(text, 0); start == len(text) || text[start] != '{' {
		return c.declarative(text)
	}
	parts, err := splitDocument(text)
	if err == nil && parts.declarative {
		return c.declarative(text)
	}
	if err != nil {
		return nil, nil, err
	}
	return c.parts(text, parts)
}

func (c *compiler) declarative(text []byte) (*ruleset, []backend.Warning, error) {
	body, problems, err := declarative.Convert(text, c.namespace)
	if err != nil {
		return nil, nil, err
	}
	var left []*flag
	var warnings []backend.Warning
	for _, p := range problems {
		warnings = append(warnings, backend.Warning{FlagKey: p.FlagKey, Message: p.Message})
		if p.Dropped && p.FlagKey != "" {
			left = append(left, brokenFlag(p.FlagKey, errors.New(p.Message)))
		}
	}
	parts, err := splitDocument(body)
	if err != nil {
		return nil, nil, err
	}
	rules, more, err := c.parts(body, parts, left...)
	return rules, append(warnings, more...), err
}

// document compiles what a Flipt server answers for one namespace.
func (c *compiler) document(b []byte) (*ruleset, []backend.Warning, error) {
	parts, err := splitDocument(b)
	if err != nil {
		return nil, nil, err
	}
	return c.parts(b, parts)
}

// parts compiles a document that was cut up, after flags that are broken already.
func (c *compiler) parts(b []byte, parts documentParts, broken ...*flag) (*ruleset, []backend.Warning, error) {
	if parts.incomplete != nil {
		return nil, nil, parts.incomplete
	}
	wanted := c.namespace
	if wanted == "" {
		wanted = parts.namespace
	}
	if parts.namespace != wanted {
		warning := fmt.Sprintf("the document holds namespace %q, not the configured %q; none of its flags are used",
			parts.namespace, wanted)
		rules := newRuleset(wanted, nil)
		rules.problem = "unknown error: failed to get flags for " + wanted
		return rules, []backend.Warning{{Message: warning}}, nil
	}
	flags, warnings, err := c.flags(b, parts.flags)
	if err != nil {
		return nil, nil, err
	}
	return newRuleset(wanted, append(broken, flags...)), warnings, nil
}

// documentParts says what stands where in a document.
type documentParts struct {
	namespace   string
	flags       []span
	declarative bool  // it has members that only a declarative file has
	incomplete  error // it lacks what every document has
}

// span is where one flag stands.
type span struct{ from, to int }

// splitDocument validates the whole document and cuts it up.
func splitDocument(b []byte) (documentParts, error) {
	var parts documentParts
	start := jsonscan.SkipSpace(b, 0)
	if start == len(b) {
		return parts, errors.New("the document is empty")
	}
	d := decoder{b: b}
	var has uint16
	end, err := d.object(start, &has, 0, func(name string, at int) (int, error) {
		switch name {
		case "namespace":
			return d.namespace(at, &parts, &has)
		case "flags":
			if b[at] != '[' {
				return at, &memberError{what: "is not an array"}
			}
			has |= hasFlags
			return d.list(at, func(at int) (int, error) {
				if len(parts.flags)%yieldEvery == 0 {
					runtime.Gosched()
				}
				end, err := d.skip(at)
				parts.flags = append(parts.flags, span{at, end})
				return end, err
			})
		case "version", "segments":
			parts.declarative = true
		}
		return d.skip(at)
	})
	if err == nil {
		err = jsonscan.End(b, end)
	}
	parts.namespace = strings.Clone(parts.namespace) // what is kept must not alias the document
	switch {
	case err != nil:
	case has&hasKey == 0:
		parts.incomplete = errors.New("namespace.key is missing")
	case has&hasFlags == 0:
		parts.incomplete = errors.New("flags is missing")
	}
	return parts, err
}

// hasFlags is used for the document alone, which has no member enabled.
const hasFlags = hasEnabled

func (d *decoder) namespace(at int, parts *documentParts, has *uint16) (int, error) {
	if d.b[at] == '"' {
		parts.declarative = true
		return d.skip(at)
	}
	return d.object(at, new(uint16), 0, func(name string, at int) (int, error) {
		if name != "key" {
			return d.skip(at)
		}
		return d.text(at, &parts.namespace, has, hasKey)
	})
}

// flags compiles the flags, with two goroutines when there are many.
func (c *compiler) flags(b []byte, spans []span) ([]*flag, []backend.Warning, error) {
	flags := make([]*flag, len(spans))
	// Nobody waits for a replacement, and a core of the host is better left to evaluation.
	if len(spans) < parallelFrom || c.previous != nil {
		kept, warnings := collect(flags, c.compileRange(b, spans, flags))
		return kept, warnings, nil
	}
	half := len(spans) / 2
	type result struct {
		warnings []backend.Warning
		err      error
	}
	second := make(chan result, 1)
	background.Go(nil, func() {
		warnings, err := c.compileContained(b, spans[half:], flags[half:])
		second <- result{warnings, err}
	})
	warnings, err := c.compileContained(b, spans[:half], flags[:half])
	other := <-second // whatever became of the first half: the document's memory must outlive both
	if err = errors.Join(err, other.err); err != nil {
		return nil, nil, err
	}
	kept, warnings := collect(flags, append(warnings, other.warnings...))
	return kept, warnings, nil
}

// compileContained is compileRange for a goroutine whose panic would be lost.
func (c *compiler) compileContained(b []byte, spans []span, into []*flag) (warnings []backend.Warning, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("a defect of Burgee kept this document from being used: %v", cause)
		}
	}()
	return c.compileRange(b, spans, into), nil
}

// collect leaves out the places of flags that could not be compiled at all.
func collect(flags []*flag, warnings []backend.Warning) ([]*flag, []backend.Warning) {
	kept := flags[:0]
	for _, f := range flags {
		if f != nil {
			kept = append(kept, f)
		}
	}
	return kept, warnings
}

func (c *compiler) compileRange(b []byte, spans []span, into []*flag) (warnings []backend.Warning) {
	d := decoder{b: b, compiler: newFlagCompiler()}
	var w wireFlag
	for i, s := range spans {
		if i%yieldEvery == 0 {
			runtime.Gosched()
		}
		print := fingerprint(b[s.from:s.to])
		if f := c.unchanged(print); f != nil {
			into[i] = f
			continue
		}
		w = wireFlag{rules: w.rules[:0], rollouts: w.rollouts[:0]}
		d.scratch = d.scratch[:0]
		err := d.flag(s.from, &w)
		switch {
		case err == nil:
			into[i] = d.compiler.flag(&w)
		case w.has&hasKey == 0:
			warnings = append(warnings, backend.Warning{Message: "a flag was left out: " + err.Error()})
			continue
		default:
			into[i] = brokenFlag(d.compiler.keep(w.key), err)
			warnings = append(warnings, backend.Warning{FlagKey: into[i].key, Message: err.Error()})
		}
		into[i].fingerprint = print
	}
	return warnings
}

func (c *compiler) unchanged(print uint64) *flag {
	if c.previous == nil {
		return nil
	}
	return c.previous.byFingerprint[print]
}

func brokenFlag(key string, err error) *flag {
	text := fmt.Sprintf("flag %q: %s", key, err)
	return &flag{key: key, broken: true, failure: text, fingerprint: fingerprint([]byte(text))}
}
