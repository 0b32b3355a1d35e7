package localserver

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Kinds of faults that concern one request.
const (
	FaultNone         = "none"          // serve normally, slowed by the delays of the step; also a placeholder in a script
	FaultAnswer       = "answer"        // status, headers and body of the step
	FaultHang         = "hang"          // never answer
	FaultCut          = "cut"           // serve normally, close the connection after after_bytes of the body (half of it)
	FaultReset        = "reset"         // close with a TCP reset, before the head or after after_bytes of the body
	FaultGarbage      = "garbage"       // 200 with a body that is no JSON
	FaultRedirectLoop = "redirect_loop" // 302 to the same URL; with times 1 it leads back to a good answer
	FaultNotModified  = "not_modified"  // 304 whatever was asked
	FaultOversize     = "oversize"      // 200 with a valid document of body_bytes (65 MiB)
	FaultStream       = "stream"        // for streams only: chunks as they are, and what comes then
)

// Kinds of faults that concern one connection, before any request.
const (
	FaultRefuse       = "refuse"         // close at once with a TCP reset
	FaultTLSWrongName = "tls_wrong_name" // a certificate for another name
	FaultTLSExpired   = "tls_expired"    // a certificate that ran out in 2020
	FaultTLSUntrusted = "tls_untrusted"  // a certificate of another CA
	FaultTLSPlainText = "tls_plain_text" // plain HTTP on the TLS port
)

// What a stream does after the chunks of a fault.
const (
	ThenContinue = "continue" // the default: changes follow as always
	ThenStall    = "stall"    // nothing more, the connection stays open
	ThenClose    = "close"    // a proper end of the answer
	ThenReset    = "reset"    // a TCP reset
)

var (
	requestKinds = []string{
		FaultNone, FaultAnswer, FaultHang, FaultCut, FaultReset, FaultGarbage, FaultRedirectLoop, FaultNotModified, FaultOversize, FaultStream,
	}
	connectionKinds = []string{FaultRefuse, FaultTLSWrongName, FaultTLSExpired, FaultTLSUntrusted, FaultTLSPlainText}
)

// Fault is one step of a script. A request, or a connection, takes the first step that fits it and is not used up.
type Fault struct {
	Kind  string `json:"kind"`            // see above
	Path  string `json:"path,omitempty"`  // fits requests whose path contains this
	Times int    `json:"times,omitempty"` // how often; 0 is once, -1 until the script is replaced

	Status     int               `json:"status,omitempty"`      // answer: default 200
	Headers    map[string]string `json:"headers,omitempty"`     // answer, stream: also sent
	Body       *string           `json:"body,omitempty"`        // answer: default for 4xx and 5xx is an error as Flipt words it
	BodyBytes  int               `json:"body_bytes,omitempty"`  // oversize
	AfterBytes *int              `json:"after_bytes,omitempty"` // cut, reset

	DelayMS      int `json:"delay_ms,omitempty"`       // before the head, any kind
	ChunkBytes   int `json:"chunk_bytes,omitempty"`    // send the body in pieces of this size
	ChunkDelayMS int `json:"chunk_delay_ms,omitempty"` // between two pieces

	Chunks []string `json:"chunks,omitempty"` // stream: sent as they are; {{document}} is the current line without its end
	Then   string   `json:"then,omitempty"`   // stream
}

func (f Fault) concernsConnection() bool { return slices.Contains(connectionKinds, f.Kind) }

func (f Fault) check() error {
	if !slices.Contains(requestKinds, f.Kind) && !f.concernsConnection() {
		return fmt.Errorf("kind %q is not one of %s", f.Kind, strings.Join(append(slices.Clone(requestKinds), connectionKinds...), ", "))
	}
	if f.Kind != FaultStream && (f.Chunks != nil || f.Then != "") {
		return fmt.Errorf("chunks and then belong to the kind %q", FaultStream)
	}
	if !slices.Contains([]string{"", ThenContinue, ThenStall, ThenClose, ThenReset}, f.Then) {
		return fmt.Errorf("then %q is not one of continue, stall, close, reset", f.Then)
	}
	if f.Times < -1 || f.DelayMS < 0 || f.ChunkBytes < 0 || f.ChunkDelayMS < 0 || f.BodyBytes < 0 || (f.AfterBytes != nil && *f.AfterBytes < 0) {
		return fmt.Errorf("numbers must not be negative (only times may be -1)")
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 999) {
		return fmt.Errorf("status %d is not one of an answer", f.Status)
	}
	return nil
}

// script hands out the steps.
type script struct {
	mu    sync.Mutex
	steps []Fault
}

func (s *script) set(steps []Fault) (concernsConnections bool, err error) {
	steps = slices.Clone(steps)
	for i := range steps {
		if err := steps[i].check(); err != nil {
			return false, fmt.Errorf("localserver: fault %d: %w", i+1, err)
		}
		if steps[i].Times == 0 {
			steps[i].Times = 1
		}
		concernsConnections = concernsConnections || steps[i].concernsConnection()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steps = steps
	return concernsConnections, nil
}

func (s *script) left() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.steps)
}

func (s *script) take(fits func(Fault) bool) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, step := range s.steps {
		if !fits(step) {
			continue
		}
		if step.Times > 0 {
			s.steps[i].Times--
		}
		if s.steps[i].Times == 0 {
			s.steps = slices.Delete(s.steps, i, i+1)
		}
		return step, true
	}
	return Fault{}, false
}

func (s *script) forRequest(r *http.Request, isStream bool) (Fault, bool) {
	return s.take(func(f Fault) bool {
		return !f.concernsConnection() && (f.Kind != FaultStream || isStream) && strings.Contains(r.URL.Path, f.Path)
	})
}

func (s *script) forConnection() (Fault, bool) { return s.take(Fault.concernsConnection) }
