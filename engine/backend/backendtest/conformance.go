package backendtest

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/source"
)

// Suite is what a backend brings to the conformance tests.
type Suite struct {
	// New returns a compiler that has seen nothing.
	New func() backend.Compiler
	// Full are whole documents, which all compile.
	Full []source.Update
	// Contexts are evaluated on every flag of every document.
	Contexts []eval.Context
}

// Run checks what every backend owes the engine.
func Run(t *testing.T, s Suite) {
	t.Run("answers are deterministic", s.deterministic)
	t.Run("a compiler that has seen other documents compiles the same", s.stateless)
	t.Run("evaluation does not allocate", s.allocationFree)
	t.Run("many goroutines may evaluate while another compiles", s.concurrent)
	t.Run("damaged documents are refused or contained", s.damaged)
	t.Run("keys are ascending and described", s.described)
}

func (s Suite) compile(t *testing.T, c backend.Compiler, u source.Update) eval.Ruleset {
	t.Helper()
	rules, _, err := c.Compile(u)
	require.NoError(t, err)
	return rules
}

// answers evaluates everything and writes down what came out.
func (s Suite) answers(rules eval.Ruleset) []string {
	var answers []string
	var out eval.Outcome
	for _, key := range append(rules.Keys(), "no such flag") {
		for i := range s.Contexts {
			rules.Resolve(key, &s.Contexts[i], &out)
			answers = append(answers, fmt.Sprint(key, i, out.Type, out.Reason, out.ErrorCode, out.ErrorMessage, out.Value,
				out.Variant, out.Attachment, out.Segments))
		}
	}
	return answers
}

func (s Suite) deterministic(t *testing.T) {
	for _, u := range s.Full {
		first := s.answers(s.compile(t, s.New(), u))
		for range 5 {
			require.Equal(t, first, s.answers(s.compile(t, s.New(), u)))
		}
	}
}

func (s Suite) stateless(t *testing.T) {
	used := s.New()
	for range 2 {
		for _, u := range s.Full {
			require.Equal(t, s.answers(s.compile(t, s.New(), u)), s.answers(s.compile(t, used, u)))
		}
	}
}

func (s Suite) allocationFree(t *testing.T) {
	var out eval.Outcome
	for _, u := range s.Full {
		rules := s.compile(t, s.New(), u)
		for _, key := range rules.Keys() {
			for i := range s.Contexts {
				rules.Resolve(key, &s.Contexts[i], &out)
				if out.ErrorCode != "" {
					continue // an error may build its message
				}
				allocations := testing.AllocsPerRun(1, func() { rules.Resolve(key, &s.Contexts[i], &out) })
				require.Zero(t, allocations, "%s for %v", key, s.Contexts[i])
			}
		}
	}
}

func (s Suite) concurrent(t *testing.T) {
	compiler := s.New()
	rules := s.compile(t, compiler, s.Full[0])
	want := s.answers(rules)
	var done sync.WaitGroup
	for range 4 {
		done.Go(func() {
			for range 5 {
				if got := s.answers(rules); fmt.Sprint(got) != fmt.Sprint(want) {
					t.Error("a stored rule set changed its answers")
					return
				}
			}
		})
	}
	for range 5 {
		for _, u := range s.Full {
			s.compile(t, compiler, u)
		}
	}
	done.Wait()
}

// damaged cuts and overwrites documents. Whatever becomes of them, nothing may panic, and what compiles must evaluate.
func (s Suite) damaged(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a repeatable test
	for _, u := range s.Full {
		for range 200 {
			body := append([]byte(nil), u.Body...)
			switch random.IntN(3) {
			case 0:
				body = body[:random.IntN(len(body))]
			case 1:
				for range 1 + random.IntN(4) {
					body[random.IntN(len(body))] = byte(random.IntN(256)) //nolint:gosec // a byte
				}
			default:
				at, n := random.IntN(len(body)), random.IntN(40)
				body = append(body[:at], body[min(len(body), at+n):]...)
			}
			damaged := u
			damaged.Body = body
			rules, _, err := s.New().Compile(damaged)
			if err != nil {
				require.NotEmpty(t, err.Error())
				continue
			}
			s.answers(rules)
		}
	}
}

func (s Suite) described(t *testing.T) {
	for _, u := range s.Full {
		rules := s.compile(t, s.New(), u)
		require.IsIncreasing(t, append([]string{""}, rules.Keys()...))
		for _, key := range rules.Keys() {
			_, ok := rules.Flag(key)
			require.True(t, ok, key)
		}
		_, ok := rules.Flag("no such flag")
		require.False(t, ok)
		require.Empty(t, eval.Changed(rules, s.compile(t, s.New(), u)))
		require.Equal(t, rules.Keys(), eval.Changed(nil, rules))
	}
}
