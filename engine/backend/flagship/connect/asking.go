package connect

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/flagship"
	"github.com/burgee-flags/burgee/engine/backend/flagship/visitor"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/source"
)

const (
	// mostAnswers bounds how many answers of the decision API are kept.
	mostAnswers = 1000
	// mostKeys bounds how many flag keys are remembered.
	mostKeys = 10_000
)

// asking is the rule set of the mode decision_api, in which the vendor's server decides: evaluating waits for it, at most
// fetch_timeout. An answer counts for the same visitor and context during fetch_flags_buffering_time. Which flags there are
// is known only from answers. It implements backend.Asking, and is its own compiler.
type asking struct {
	session *visitor.Session
	ctx     context.Context //nolint:containedctx // ends when the client is closed
	keep    time.Duration
	log     backend.Logger
	keys    atomic.Pointer[[]string] // of all answers, ascending
	failing atomic.Bool              // the last request was in vain

	mu      sync.Mutex
	answers map[string]*answer // by request
	order   []*answer          // those of answers, oldest first
}

// answer is the rule set of one visitor. It is immutable once done is closed.
type answer struct {
	*asking
	request  string
	until    time.Time // it is used so long
	done     chan struct{}
	decision *flagship.Decision
	keys     []string // ascending
	err      error
}

func newAsking(s *startup, keep time.Duration, log backend.Logger) *asking {
	a := &asking{session: s.session, ctx: s.ctx, keep: keep, log: log, answers: map[string]*answer{}}
	a.keys.Store(&[]string{})
	return a
}

// Compile implements backend.Compiler.
func (a *asking) Compile(u source.Update) (eval.Ruleset, []backend.Warning, error) {
	if u.Origin == source.FromHost {
		return nothing("in the mode decision_api the server decides: there is no document to bring").Compile(u)
	}
	return a, nil, nil
}

// Keys implements eval.Ruleset.
func (a *asking) Keys() []string { return *a.keys.Load() }

// Problem implements eval.Ruleset.
func (a *asking) Problem() string { return "" }

// Flag implements eval.Ruleset. What the flag is for others than those who asked is not known.
func (a *asking) Flag(key string) (eval.Flag, bool) {
	_, known := slices.BinarySearch(a.Keys(), key)
	return eval.Flag{Key: key, Enabled: true}, known
}

// Resolve implements eval.Ruleset. It waits for the server.
func (a *asking) Resolve(flagKey string, ec *eval.Context, out *eval.Outcome) {
	rules, err := a.ask(ec)
	if err == nil {
		rules.Resolve(flagKey, ec, out)
		return
	}
	out.Reset(flagKey)
	out.Fail(codeOf(err), err.Error())
}

func codeOf(err error) eval.Code {
	switch {
	case errors.Is(err, visitor.ErrEmptyID):
		return eval.CodeTargetingKeyMissing
	case errors.Is(err, visitor.ErrNoAnswer):
		return eval.CodeTimeout
	}
	return eval.CodeGeneral
}

// Ask implements backend.Asking.
func (a *asking) Ask(ec *eval.Context) (eval.Ruleset, error) {
	rules, err := a.ask(ec)
	if err != nil {
		return nil, &eval.Error{Code: codeOf(err), Msg: err.Error(), Err: err}
	}
	return rules, nil
}

func (a *asking) ask(ec *eval.Context) (*answer, error) {
	if ec.TargetingKey == "" {
		return nil, visitor.ErrEmptyID
	}
	asked := flagship.Asking{VisitorID: ec.TargetingKey, Consent: true}
	for _, attribute := range ec.Attributes {
		if flagship.CheckAttribute(attribute.Name, attribute.Value) == "" {
			asked.Context = append(asked.Context, attribute)
		}
	}
	request := asked.AppendRequest(nil)
	w, ours := a.begin(string(request))
	if ours {
		defer close(w.done) // also when what follows panics
		w.err = visitor.ErrNoAnswer
		w.fetch(request)
		return w, w.err
	}
	<-w.done
	return w, w.err
}

// begin returns the answer to a request that is still good or under way, or begins one, which is then ours to fetch.
func (a *asking) begin(request string) (w *answer, ours bool) {
	w = &answer{asking: a, request: request, done: make(chan struct{})}
	if a.keep == 0 {
		return w, true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	for len(a.order) > 0 && (len(a.order) >= mostAnswers || now.After(a.order[0].until)) {
		a.drop(a.order[0])
	}
	if known := a.answers[request]; known != nil {
		return known, false
	}
	w.until = now.Add(a.keep)
	a.answers[request] = w
	a.order = append(a.order, w)
	return w, true
}

// drop forgets an answer. The lock is held.
func (a *asking) drop(w *answer) {
	if a.answers[w.request] != w {
		return
	}
	delete(a.answers, w.request)
	a.order = slices.DeleteFunc(a.order, func(other *answer) bool { return other == w })
}

// fetch asks the server. A failure is not kept.
func (w *answer) fetch(request []byte) {
	d, skipped, err := w.session.Ask(w.ctx, request)
	w.note(skipped, err)
	if w.err = err; err != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.drop(w)
		return
	}
	w.decision = d
	for i := range d.Flags {
		w.keys = append(w.keys, d.Flags[i].Key)
	}
	slices.Sort(w.keys)
	w.learn(w.keys)
}

// note logs what is new about the server.
func (a *asking) note(skipped []string, err error) {
	for _, why := range skipped {
		a.log.Log(backend.Warn, why)
	}
	switch {
	case err != nil && !a.failing.Swap(true):
		a.log.Log(backend.Error, "flags cannot be had: "+err.Error())
	case err == nil && a.failing.Swap(false):
		a.log.Log(backend.Info, "the decision API answers again")
	}
}

// learn remembers the keys of flags.
func (a *asking) learn(keys []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	known := a.Keys()
	longer := known
	for _, key := range keys {
		if _, there := slices.BinarySearch(known, key); !there && len(longer) < mostKeys {
			longer = append(slices.Clip(longer), key)
		}
	}
	if len(longer) > len(known) {
		slices.Sort(longer)
		a.keys.Store(&longer)
	}
}

// Keys implements eval.Ruleset.
func (w *answer) Keys() []string { return w.keys }

// Resolve implements eval.Ruleset.
func (w *answer) Resolve(flagKey string, _ *eval.Context, out *eval.Outcome) {
	has := w.decision.Resolve(flagKey, out)
	if !has {
		if _, known := w.asking.Flag(flagKey); !known {
			out.Fail(eval.CodeFlagNotFound, "the decision API has answered no flag "+flagKey)
		}
	}
	if out.Trace != nil {
		out.Trace.Enabled = !w.decision.Panic
		step := eval.TraceStep{Kind: "decision API", Index: 1, Matched: has, Note: "the server decided"}
		if out.Variant != "" {
			step.Note += ": variation " + out.Variant
		}
		out.Trace.Steps = append(out.Trace.Steps, step)
	}
}
