package flipt

import (
	"errors"
	"fmt"

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
	formatYAML     = "yaml"
	formatSnapshot = "snapshot" // Flipt's engine snapshot, decoded from base64
)

// parallelFrom is the number of flags from which two goroutines compile faster than one.
const parallelFrom = 256

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
	case formatYAML:
		rules, warnings, err = c.declarative(u.Body)
	default:
		rules, warnings, err = c.document(u.Body)
	}
	if err != nil {
		return nil, nil, &documentError{cause: err}
	}
	c.previous = rules
	return rules, warnings, nil
}

func (c *compiler) declarative(text []byte) (*ruleset, []backend.Warning, error) {
	body, problems, err := declarative.Convert(text, c.namespace)
	if err != nil {
		return nil, nil, err
	}
	rules, warnings, err := c.document(body)
	for _, p := range problems {
		warnings = append(warnings, backend.Warning{FlagKey: p.FlagKey, Message: p.Message})
	}
	return rules, warnings, err
}

// span is where one flag stands in a document.
type span struct{ from, to int }

// document compiles what a Flipt server answers for one namespace.
func (c *compiler) document(b []byte) (*ruleset, []backend.Warning, error) {
	namespace, spans, err := splitDocument(b)
	if err != nil {
		return nil, nil, err
	}
	wanted := c.namespace
	if wanted == "" {
		wanted = namespace
	}
	if namespace != wanted {
		warning := fmt.Sprintf("the document holds namespace %q, not the configured %q; none of its flags are used", namespace, wanted)
		rules := newRuleset(wanted, nil)
		rules.problem = "unknown error: failed to get flags for " + wanted
		return rules, []backend.Warning{{Message: warning}}, nil
	}
	flags, warnings := c.flags(b, spans)
	return newRuleset(namespace, flags), warnings, nil
}

// splitDocument validates the whole document and returns its namespace and where its flags are.
func splitDocument(b []byte) (namespace string, flags []span, err error) {
	start := jsonscan.SkipSpace(b, 0)
	end, err := jsonscan.Skip(b, start)
	if err != nil {
		return "", nil, err
	}
	if err = jsonscan.End(b, end); err != nil {
		return "", nil, err
	}
	if b[start] != '{' {
		return "", nil, errors.New("the document is not an object")
	}
	d := decoder{b: b}
	var has uint16
	_, err = d.object(start, &has, hasKey|hasEnabled, func(name string, at int) (int, error) {
		switch name {
		case "namespace":
			return d.object(at, new(uint16), 0, func(name string, at int) (int, error) {
				if name != "key" {
					return d.skip(at)
				}
				return d.text(at, &namespace, &has, hasKey)
			})
		case "flags":
			if b[at] != '[' {
				return at, &memberError{what: "is not an array"}
			}
			has |= hasEnabled
			return d.list(at, func(at int) (int, error) {
				end, err := d.skip(at)
				flags = append(flags, span{at, end})
				return end, err
			})
		}
		return d.skip(at)
	})
	switch {
	case err != nil && has&hasKey == 0:
		return "", nil, in(err, "namespace")
	case err != nil:
		return "", nil, in(err, "document")
	}
	return string([]byte(namespace)), flags, nil
}

// flags compiles the flags, with two goroutines when there are many.
func (c *compiler) flags(b []byte, spans []span) ([]*flag, []backend.Warning) {
	flags := make([]*flag, len(spans))
	if len(spans) < parallelFrom {
		return collect(flags, c.compileRange(b, spans, flags))
	}
	half := len(spans) / 2
	second := make(chan []backend.Warning, 1)
	background.Go(
		func(cause string) { second <- []backend.Warning{{Message: "the second half of the flags: " + cause}} },
		func() { second <- c.compileRange(b, spans[half:], flags[half:]) },
	)
	warnings := c.compileRange(b, spans[:half], flags[:half])
	return collect(flags, append(warnings, <-second...))
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
	return &flag{key: key, lookupKey: key, broken: fmt.Sprintf("flag %q: %s", key, err)}
}
