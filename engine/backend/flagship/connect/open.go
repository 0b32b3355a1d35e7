package connect

import (
	"context"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/flagship"
	"github.com/burgee-flags/burgee/engine/backend/flagship/visitor"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/option"
	"github.com/burgee-flags/burgee/engine/source"
)

// Open plans a client of Flagship. The package comment lists the options.
func Open(opts *option.Reader, env backend.Env) (*backend.Plan, error) {
	name := opts.NonEmpty("sdk_instance")
	language := flagship.ReadLanguage(opts)
	started := opts.Bool("start", true)
	in, problem := acquire(name, language, &env)
	if problem != "" {
		opts.Problem("sdk_instance", problem)
		in, _ = acquire("", language, &env) // for the problems of the other options
	}
	if !started {
		return in.idle(&env), nil
	}
	plan, err := in.started(opts, &env)
	if err != nil {
		in.release(&env)
	}
	return plan, err
}

// idle plans a client that has visitors and starts nothing.
func (in *instance) idle(env *backend.Env) *backend.Plan {
	return &backend.Plan{
		Source: source.None{}, Compiler: nothing("this client was opened with start false: it evaluates no flags"),
		Methods: in.methods(), Visitors: in, Close: func() { in.release(env) },
	}
}

// nothing is a compiler that refuses every document, and says why.
type nothing string

// Compile implements backend.Compiler.
func (n nothing) Compile(source.Update) (eval.Ruleset, []backend.Warning, error) {
	return nil, nil, &eval.Error{Code: eval.CodeInvalidRequest, Msg: string(n)}
}

// modes by the names of the options.
var modes = map[string]visitor.Mode{
	flagship.ModeDecisionAPI: visitor.API, flagship.ModeBucketing: visitor.Bucketing, flagship.ModeEdge: visitor.Edge,
}

// started plans a client that starts the SDK.
func (in *instance) started(opts *option.Reader, env *backend.Env) (*backend.Plan, error) {
	client, err := flagship.Open(opts, *env)
	if err != nil {
		return nil, err
	}
	settings := visitor.SettingsOf(client.Language)
	settings.Mode, settings.Hashes = modes[client.Mode], client.Hashes
	settings.Client, settings.Version = client.Service.Client, client.Service.Version
	settings, warnings := visitor.ReadOptions(opts, settings)
	for _, warning := range warnings {
		env.Log.Log(backend.Warn, warning)
	}
	if client.HTTP == nil {
		settings.ThirdParty = false // there is nobody to ask
	}
	s := &startup{
		instance: in, client: client, session: in.NewSession(settings, client.Service),
		visitorCache: opts.Bool("visitor_cache", false), hitCache: opts.Bool("hit_cache", false),
	}
	s.rules = visitor.NewRules(client.Plan.Compiler)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	plan := client.Plan
	plan.Methods, plan.Visitors = in.methods(), in
	plan.Events = s.events(opts, env)
	plan.Start, plan.Stop = s.begin, s.end
	closeClient := plan.Close
	plan.Close = func() {
		in.release(env)
		if closeClient != nil {
			closeClient()
		}
	}
	plan.Compiler = &remembering{s}
	switch settings.Mode {
	case visitor.API:
		asking := newAsking(s, settings.Buffering, env.Log)
		plan.Compiler, plan.Source = asking, source.NewInline([]byte("{}"), "")
	case visitor.Bucketing:
		plan.Source = in.Watch(s.session, plan.Source, s.rules.Current)
	case visitor.Edge: // nothing is polled
	}
	return plan, nil
}

// startup is one start of an instance, by one client.
type startup struct {
	*instance
	client                 *flagship.Client
	session                *visitor.Session
	rules                  *visitor.Rules
	visitorCache, hitCache bool
	ctx                    context.Context //nolint:containedctx // ends when the client is closed
	cancel                 context.CancelFunc
}

// begin is backend.Plan.Start.
func (s *startup) begin(queues backend.Queues) {
	environment := visitor.Environment{
		Rules: s.rules.Current, HTTP: s.client.HTTP, Lanes: lanes{queues}, Silent: s.client.Plan.Events.Disabled,
	}
	if s.visitorCache {
		environment.Visitors = s.host.Visitors()
	}
	if s.hitCache {
		environment.Hits = s.host.Hits()
	}
	s.Start(s.session, environment)
}

// end is backend.Plan.Stop.
func (s *startup) end(ctx context.Context) {
	s.cancel()
	_ = s.Stop(ctx, s.session) // what could not be sent is counted by its queue
}
