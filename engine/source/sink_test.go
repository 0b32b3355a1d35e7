package source

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/transport"
	"github.com/burgee-flags/burgee/engine/transport/transporttest"
)

const testURL = "http://flags.test/doc"

// recorder is a Sink that writes down what it is told. It takes every body but those that begin with "bad".
type recorder struct {
	mu     sync.Mutex
	busy   bool
	slow   time.Duration // what Apply takes
	log    []string
	errors []error
	waits  []time.Duration
}

func (r *recorder) Apply(u Update) error {
	r.enter("apply " + string(u.Origin) + " " + u.Format + " " + string(u.Body))
	defer r.leave()
	time.Sleep(r.slow)
	if len(u.Body) >= 3 && string(u.Body[:3]) == "bad" {
		return fmt.Errorf("cannot compile %s", u.Body)
	}
	return nil
}

func (r *recorder) Confirm() { r.enter("confirm"); r.leave() }

func (r *recorder) Unchanged() { r.enter("unchanged"); r.leave() }

func (r *recorder) Fail(err error) {
	r.enter("fail")
	r.errors = append(r.errors, err)
	r.leave()
}

func (r *recorder) End(err error) {
	r.enter("end")
	r.errors = append(r.errors, err)
	r.leave()
}

func (r *recorder) Retry(_ error, wait time.Duration) {
	r.enter("retry")
	r.waits = append(r.waits, wait)
	r.leave()
}

// enter fails when two goroutines call the sink at once.
func (r *recorder) enter(entry string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy {
		r.log = append(r.log, "TWO AT ONCE")
	}
	r.busy = true
	r.log = append(r.log, entry)
}

func (r *recorder) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy = false
}

// take returns what was recorded since the last call.
func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	log := r.log
	r.log = nil
	return log
}

// inMemory runs test with a server in memory. synctest fails when a goroutine is left at the end, which makes every
// test that uses it a test for leaks.
func inMemory(t *testing.T, handler http.HandlerFunc, test func(t *testing.T, c *transport.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := transporttest.Serve(handler)
		client, err := transport.New(transport.Config{DialContext: network.DialContext, MaxBody: 1 << 20})
		require.NoError(t, err)
		defer network.Stop()
		defer client.Close()
		test(t, client)
	})
}

// start runs a source and returns what stops it, which fails when the source does not end at once.
func start(t *testing.T, s Source, sink Sink) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Run(ctx, sink)
	}()
	synctest.Wait()
	return func() {
		before := time.Now()
		cancel()
		<-ended
		assert.Equal(t, before, time.Now(), "the source ends without waiting for anything")
	}
}
