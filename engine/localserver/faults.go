package localserver

import (
	"fmt"
	"math/rand/v2"
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
	FaultLoseAnswer   = "lose_answer"   // serve normally, and close with a TCP reset instead of answering
	FaultGarbage      = "garbage"       // 200 with a body that is no JSON
	FaultRedirectLoop = "redirect_loop" // 302 to the same URL; with times 1 it leads back to a good answer
	FaultNotModified  = "not_modified"  // 304 whatever was asked
	FaultOversize     = "oversize"      // 200 with a valid document of body_bytes (65 MiB)
	FaultStream       = "stream"        // for streams only: chunks as they are, and what comes then
)

// On a socket, what is said above of the body holds for the first data-sync message, of any other kind of answer for what
// the handshake is answered with; bytes are counted from the end of the handshake, frame headers included.

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
	ThenContinue  = "continue"   // the default: changes follow as always
	ThenStall     = "stall"      // nothing more, the connection stays open
	ThenClose     = "close"      // a proper end of the answer; of a socket, a close frame with code and reason
	ThenReset     = "reset"      // a TCP reset
	ThenHalfFrame = "half_frame" // sockets: half of a frame with the whole document, and nothing more
)

var (
	requestKinds = []string{
		FaultNone, FaultAnswer, FaultHang, FaultCut, FaultReset, FaultLoseAnswer, FaultGarbage, FaultRedirectLoop, FaultNotModified,
		FaultOversize, FaultStream,
	}
	thens           = []string{ThenContinue, ThenStall, ThenClose, ThenReset, ThenHalfFrame}
	connectionKinds = []string{FaultRefuse, FaultTLSWrongName, FaultTLSExpired, FaultTLSUntrusted, FaultTLSPlainText}
)

// Fault is one step of a script. A request, or a connection, takes the first step that fits it and is not used up.
type Fault struct {
	Kind  string  `json:"kind"`            // see above
	Path  string  `json:"path,omitempty"`  // fits requests whose path contains this; "/": is this
	Times int     `json:"times,omitempty"` // how often; 0 is once, -1 until the script is replaced
	Share float64 `json:"share,omitempty"` // fits only this share of the requests, drawn alike in every run; 0 is all

	Status     int               `json:"status,omitempty"`      // answer: default 200
	Headers    map[string]string `json:"headers,omitempty"`     // answer, stream: also sent
	Body       *string           `json:"body,omitempty"`        // answer: default for 4xx and 5xx is an error as Flipt words it
	BodyBytes  int               `json:"body_bytes,omitempty"`  // oversize
	AfterBytes *int              `json:"after_bytes,omitempty"` // cut, reset

	DelayMS      int `json:"delay_ms,omitempty"`       // before the head, any kind
	ChunkBytes   int `json:"chunk_bytes,omitempty"`    // send the body in pieces of this size
	ChunkDelayMS int `json:"chunk_delay_ms,omitempty"` // between two pieces; on a socket, before every piece and message

	Chunks []string `json:"chunks,omitempty"` // stream: sent as they are; {{document}} is the current line without its end
	Then   string   `json:"then,omitempty"`   // stream

	// stream, on sockets. A chunk is a text frame, and {{document}} a data-sync message with everything.
	AfterMessages int    `json:"after_messages,omitempty"` // good data-sync messages before the fault begins
	DropMessages  int    `json:"drop_messages,omitempty"`  // data-sync messages that are then not sent; -1: none ever again
	Code          int    `json:"code,omitempty"`           // close: default 1000; 1005 is a frame without a code
	Reason        string `json:"reason,omitempty"`         // close: at most 123 bytes
}

func (f Fault) concernsConnection() bool { return slices.Contains(connectionKinds, f.Kind) }

// changesSocket tells whether the vendor applies the fault, once a handshake has succeeded.
func (f Fault) changesSocket() bool {
	switch f.Kind {
	case FaultNone, FaultCut, FaultGarbage, FaultOversize, FaultStream:
		return true
	}
	return f.Kind == FaultReset && f.AfterBytes != nil
}

func (f Fault) check() error {
	if !slices.Contains(requestKinds, f.Kind) && !f.concernsConnection() {
		return fmt.Errorf("kind %q is not one of %s", f.Kind, strings.Join(append(slices.Clone(requestKinds), connectionKinds...), ", "))
	}
	if f.Kind != FaultStream && (f.Chunks != nil || f.Then != "" || f.AfterMessages != 0 || f.DropMessages != 0) {
		return fmt.Errorf("chunks, then, after_messages and drop_messages belong to the kind %q", FaultStream)
	}
	if f.Then != "" && !slices.Contains(thens, f.Then) {
		return fmt.Errorf("then %q is not one of %s", f.Then, strings.Join(thens, ", "))
	}
	if (f.Code != 0 || f.Reason != "") && f.Then != ThenClose {
		return fmt.Errorf("code and reason belong to then %q", ThenClose)
	}
	if err := checkClosing(f.Code, f.Reason); err != nil {
		return err
	}
	if f.Share < 0 || f.Share > 1 || f.Share != f.Share {
		return fmt.Errorf("share %v is not between 0 and 1", f.Share)
	}
	if f.Times < -1 || f.DropMessages < -1 || f.AfterMessages < 0 || f.DelayMS < 0 || f.ChunkBytes < 0 || f.ChunkDelayMS < 0 ||
		f.BodyBytes < 0 || (f.AfterBytes != nil && *f.AfterBytes < 0) {
		return fmt.Errorf("numbers must not be negative (only times and drop_messages may be -1)")
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 999) {
		return fmt.Errorf("status %d is not one of an answer", f.Status)
	}
	return nil
}

// checkClosing says what cannot stand in a close frame.
func checkClosing(code int, reason string) error {
	const longestReason = 123 // RFC 6455, section 5.5: 125 bytes with the code
	if code < 0 || code > 65535 || len(reason) > longestReason {
		return fmt.Errorf("code %d and reason %q do not fit in a close frame: 65535 and %d bytes are the most", code, reason, longestReason)
	}
	return nil
}

// script hands out the steps.
type script struct {
	mu    sync.Mutex
	steps []Fault
	dice  *rand.Rand // for shares: as if rolled anew with every script
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
	s.steps, s.dice = steps, rand.New(rand.NewPCG(1, 2)) //nolint:gosec // to be the same in every run
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
		if !fits(step) || (step.Share > 0 && s.dice.Float64() >= step.Share) {
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
		return !f.concernsConnection() && (f.Kind != FaultStream || isStream) && f.concerns(r.URL.Path)
	})
}

// concerns tells whether a fault is for a path. Every path contains "/", so that this alone means itself.
func (f Fault) concerns(path string) bool {
	if f.Path == "/" {
		return path == "/"
	}
	return strings.Contains(path, f.Path)
}

func (s *script) forConnection() (Fault, bool) { return s.take(Fault.concernsConnection) }
