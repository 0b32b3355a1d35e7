package api

import (
	"errors"
	"time"

	"github.com/burgee-flags/burgee/engine"
	"github.com/burgee-flags/burgee/engine/eval"
)

// Host is what the library needs of the process that it lives in.
type Host struct {
	// Getenv reads the environment as C code sees it. nil: os.Getenv.
	Getenv func(name string) string
	// Saved keeps, outside of Go's memory, the options that reopen a client after a fork; nil options forget them.
	// nil: nothing is kept. It is called for one handle at a time.
	Saved func(handle uint64, options []byte)
	// Now is the clock of timestamps. nil: time.Now.
	Now func() time.Time
}

// Library is one loaded copy of the library: its open clients and their handles. Its methods are safe for any number of
// goroutines at once.
type Library struct {
	host    Host
	handles table
}

// New returns a library without clients.
func New(host Host) *Library {
	if host.Now == nil {
		host.Now = time.Now
	}
	if host.Saved == nil {
		host.Saved = func(uint64, []byte) {}
	}
	return &Library{host: host}
}

// entry is what a handle stands for. It does not change once it is in the table.
type entry struct {
	handle uint64
	client *engine.Client
	// broken is why there is no client: initialize_engine got options that make no sense. Every call answers it.
	broken *eval.Error
	// legacy says that the engine was opened in the two-argument form, whose callers expect variant_attachment always.
	legacy bool
}

const (
	// Flipt's engine gives its first fetch its retries, about 30 s.
	fliptStartWait = 30 * time.Second
	startWait      = 15 * time.Second
)

// openEntry reserves a handle before it opens the client, because the client may have flags to save before it is open.
func (l *Library) openEntry(options []byte, host engine.Host, legacy bool) (*entry, error) {
	handle, err := l.handles.reserve()
	if err != nil {
		return nil, err
	}
	host.Getenv = l.host.Getenv
	host.Saved = func(saved []byte) {
		l.handles.ifOwned(handle, func() { l.host.Saved(handle, saved) })
	}
	opened := false
	defer func() {
		// Also when Open panics: otherwise the slot would be lost.
		if !opened {
			l.release(handle)
		}
	}()
	// The client keeps what it reads of the options for longer than the caller keeps their memory.
	client, err := engine.Open(append([]byte(nil), options...), host)
	if err != nil {
		return nil, err
	}
	opened = true
	e := &entry{handle: handle, client: client, legacy: legacy}
	l.handles.publish(e)
	return e, nil
}

// close takes the handle out of the table and closes what it stood for. It reports whether the handle was open, and which
// events its client lost, for people.
func (l *Library) close(handle uint64) (open bool, lost string) {
	e := l.handles.take(handle)
	if e == nil {
		return false, ""
	}
	if e.client != nil {
		lost = e.client.Close()
	}
	l.release(handle)
	return true, lost
}

// release drops the saved options and gives the slot back.
func (l *Library) release(handle uint64) {
	l.handles.release(handle, func() { l.host.Saved(handle, nil) })
}

// asError returns err with a code.
func asError(err error) *eval.Error {
	var coded *eval.Error
	if errors.As(err, &coded) {
		return coded
	}
	return &eval.Error{Code: eval.CodeInternal, Msg: err.Error(), Err: err}
}
