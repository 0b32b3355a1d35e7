package connect

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/jsonscan"
	"github.com/burgee-flags/burgee/engine/source"
	"github.com/burgee-flags/burgee/engine/transport"
)

const (
	// closeInvalid is how the server closes a websocket whose token it does not accept.
	closeInvalid = 4003
	// silentPings is after how many pings without an answer a connection is left.
	silentPings = 3
	// answerWait is how long a server may take to answer the first message, which it always does.
	answerWait = 30 * time.Second
)

// stream is a websocket that says why it was refused.
type stream struct {
	*source.WebSocket
	clock func(ctx context.Context) (ahead time.Duration, err error)
}

func newStream(client *transport.Client, v *Vendor, o *Options, compiler Compiler) *stream {
	auth, address := o.auth(v), o.StreamingURL+"/streaming?token="
	return &stream{
		WebSocket: source.NewWebSocket(client, source.WebSocketConfig{
			Request: func() transport.Request {
				token := datasync.Token(o.Secret, (time.Now().UnixMicro()+500)/1000, rand.Float64()) //nolint:gosec // no secret
				return transport.Request{URL: address + url.QueryEscape(token) + "&type=server", Header: o.header(), Auth: auth}
			},
			Hello:        func() []byte { return datasync.Request(compiler.Since()) },
			Decode:       decode,
			Fatal:        fatal,
			Ping:         []byte(datasync.Ping),
			PingInterval: o.Ping,
			Silence:      silentPings * o.Ping,
			Answer:       answerWait,
			Handshake:    o.Handshake,
			FirstWait:    o.FirstRetry,
			LongestWait:  longestRetry,
			Settled:      longestRetry,
		}),
		clock: func(ctx context.Context) (time.Duration, error) {
			return clockAhead(ctx, client, httpAddress(o.StreamingURL)+v.EventsPath)
		},
	}
}

// decode overlooks frames that carry no flags, as the vendors' clients do.
func decode(frame []byte) ([]byte, error) {
	switch _, err := datasync.Parse(frame); {
	case errors.Is(err, datasync.ErrIgnored):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return frame, nil
}

// fatal says which errors the vendors' clients make no attempt after: the server does not know us, or does not speak the
// protocol. JSON that is only nested too deep for us is no such thing.
func fatal(err error) bool {
	var closed *transport.CloseError
	var syntax *jsonscan.SyntaxError
	return errors.As(err, &closed) && closed.Code == closeInvalid || errors.As(err, &syntax) && !syntax.TooDeep
}

// Run implements source.Source.
func (s *stream) Run(ctx context.Context, sink source.Sink) {
	s.WebSocket.Run(ctx, &explaining{Sink: sink, explain: func(err error) error { return s.explain(ctx, err) }})
}

// explaining is a sink that learns more about the error that ends everything.
type explaining struct {
	source.Sink
	explain func(error) error
}

// End implements source.Sink.
func (e *explaining) End(err error) { e.Sink.End(e.explain(err)) }

func (s *stream) explain(ctx context.Context, err error) error {
	var closed *transport.CloseError
	if !errors.As(err, &closed) || closed.Code != closeInvalid {
		return err
	}
	refused := &refusedError{cause: closed}
	refused.ahead, refused.clock = s.clock(ctx)
	return refused
}

// clockWait is how long a server is asked for the time.
const clockWait = 2 * time.Second

// clockAhead asks a server for the time, and returns how far the clock of this machine is ahead of it, to half a second. It
// says nothing about us, so that the server refuses the request, which does for that.
func clockAhead(ctx context.Context, client *transport.Client, address string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, clockWait)
	defer cancel()
	before := time.Now()
	answer, err := client.Post(ctx, transport.PostRequest{
		Request: transport.Request{URL: address, Header: http.Header{"Content-Type": {"application/json"}}}, Body: []byte("[]"),
	})
	if err != nil {
		return 0, err
	}
	served, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return 0, errors.New("its answers have no date")
	}
	between := before.Add(time.Since(before) / 2)
	return between.Sub(served.Add(time.Second / 2)), nil // the date is cut to seconds
}

// httpAddress is where the server of a websocket answers plain requests.
func httpAddress(address string) string {
	for socket, plain := range map[string]string{"ws://": "http://", "wss://": "https://"} {
		if rest, ok := strings.CutPrefix(address, socket); ok {
			return plain + rest
		}
	}
	return address
}
