package connect

import (
	"sync"
	"sync/atomic"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/backend/flagship/visitor"
)

// instance is one SDK with its visitors. It outlives the clients that start it. A client without the option sdk_instance has
// one of its own.
type instance struct {
	*visitor.SDK
	table
	name     string
	language sdk.Language
	host     *visitor.Host
	// owner is the client whose host hears of everything: the one that came first. nil: it is closed.
	owner atomic.Pointer[backend.Env]
	// file is the environment file that came last, packed. nil: none has come.
	file atomic.Pointer[[]byte]

	holders int // clients; guarded by instances
}

// instances are those with a name.
var instances struct {
	sync.Mutex
	byName map[string]*instance
}

// acquire returns the instance with a name, or a new one. An empty name is that of a new one each time. problem says why the
// name cannot be used. The client env has to release it.
func acquire(name string, language sdk.Language, env *backend.Env) (in *instance, problem string) {
	instances.Lock()
	defer instances.Unlock()
	if in = instances.byName[name]; in == nil {
		in = &instance{name: name, language: language}
		in.SDK = visitor.New(language, func(e *visitor.Event) { in.tell(e) }, in)
		in.host = visitor.NewHost(func(r *visitor.Request) bool {
			return in.tell(&visitor.Event{Kind: visitor.CacheRequested, Request: r})
		})
	}
	if in.language != language {
		return nil, "is of an SDK of another language"
	}
	if name != "" {
		if instances.byName == nil {
			instances.byName = map[string]*instance{}
		}
		instances.byName[name] = in
	}
	in.holders++
	in.owner.CompareAndSwap(nil, env)
	return in, ""
}

// release is for a client that is closed. The last one takes the instance with it.
func (in *instance) release(env *backend.Env) {
	instances.Lock()
	defer instances.Unlock()
	in.owner.CompareAndSwap(env, nil)
	if in.holders--; in.holders == 0 {
		delete(instances.byName, in.name)
	}
}

// tell hands an event to the owner's host.
func (in *instance) tell(e *visitor.Event) bool {
	env := in.owner.Load()
	return env != nil && env.Tell != nil && env.Tell(e.AppendJSON(nil))
}

// Log implements backend.Logger: the owner's host hears what concerns visitors.
func (in *instance) Log(level backend.Level, message string) {
	if env := in.owner.Load(); env != nil && env.Log != nil {
		env.Log.Log(level, message)
	}
}
