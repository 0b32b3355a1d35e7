package source

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/burgee-flags/burgee/engine/background"
	"github.com/burgee-flags/burgee/engine/transport"
)

// WebSocketConfig is what a WebSocket is told by its vendor.
type WebSocketConfig struct {
	// Request is asked before every attempt, so that each can have a fresh token. See transport.DialRequest.
	Request func() transport.Request
	// Hello is asked after each opening for the text that is sent first, which says what is held already. nil: nothing.
	Hello func() []byte
	// Decode finds the document in a message, text or binary.
	Decode Decode
	// Fatal says after which errors no attempt is made any more: those of Dial, of the connection and of Decode, but not
	// what Apply answers. nil: after none.
	Fatal func(error) bool

	Ping         []byte        // text that is sent each PingInterval, the first time one interval after opening; nil: nothing
	PingInterval time.Duration // 0: nothing is sent
	Silence      time.Duration // a connection that brings no byte for so long is left; 0: it never is
	// Answer is how long the server may take to begin the first document of a connection; 0: as long as it likes.
	Answer    time.Duration
	Handshake time.Duration // bounds connecting, TLS and upgrade together; 0: 30 s

	FirstWait   time.Duration // before the first retry: see transport.Backoff
	LongestWait time.Duration
	Settled     time.Duration // an attempt that began so long ago lets the waits start from FirstWait again; 0: none does

	Format string // goes into Update.Format
}

// WebSocket is a Source that keeps a websocket open whose messages carry documents, and reconnects when it ends. Every
// attempt that fails and every connection that is lost is reported, because a vendor's status shows them: what is held
// stays, and the next document that is applied says that all is well.
type WebSocket struct {
	client *transport.Client
	cfg    WebSocketConfig
	link   link
}

// NewWebSocket returns a source. A message may be as long as the client's body limit.
func NewWebSocket(client *transport.Client, cfg WebSocketConfig) *WebSocket {
	backoff := transport.Backoff{First: cfg.FirstWait, Longest: cfg.LongestWait}
	return &WebSocket{
		client: client, cfg: cfg, link: link{again: newSignal(), settled: cfg.Settled, backoff: backoff},
	}
}

// Run keeps the connection until ctx ends or a fatal error has been handed to the sink.
func (w *WebSocket) Run(ctx context.Context, sink Sink) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	one := newOneAtATime(sink)
	w.link.run(ctx, one.Retry, func(ctx context.Context) (time.Duration, error) {
		began := time.Now()
		err := w.connect(ctx, one)
		w.link.backoff.Floor = 0
		var refused *transport.StatusError
		if errors.As(err, &refused) {
			w.link.backoff.Floor = refused.RetryAfter
		}
		var rejected *rejectedError
		switch {
		case ctx.Err() != nil: // it was stopped, or a refresh was asked for
		case errors.As(err, &rejected): // the sink knows
			err = rejected.err
		case w.cfg.Fatal != nil && w.cfg.Fatal(err):
			one.End(err)
			end()
		default:
			one.Fail(err)
		}
		return time.Since(began), err
	})
}

// Refresh makes Run connect anew at once. The server then sends what has changed.
func (w *WebSocket) Refresh() { w.link.refresh() }

// connect makes one connection and reads it to its end.
func (w *WebSocket) connect(ctx context.Context, sink *oneAtATime) error {
	conn, err := w.client.Dial(ctx, transport.DialRequest{
		Request: w.cfg.Request(), Handshake: w.cfg.Handshake, Silence: w.cfg.Silence,
	})
	if err != nil {
		return err
	}
	over, alone := make(chan struct{}), make(chan struct{})
	background.Go(func(string) { conn.Close(transport.CloseGoingAway) }, func() {
		defer close(alone)
		w.accompany(ctx, conn, over)
	})
	defer func() {
		conn.Close(transport.CloseGoingAway) // unless it is closed
		close(over)
		<-alone
	}()
	if w.cfg.Hello != nil {
		_ = conn.Write(w.cfg.Hello()) // if it fails, reading tells why: the server may have closed with a reason
	}
	return w.read(conn, sink)
}

// accompany sends the pings of a connection until it is over, and closes it when ctx ends, which ends a read.
func (w *WebSocket) accompany(ctx context.Context, conn *transport.WebSocket, over <-chan struct{}) {
	var due <-chan time.Time
	if w.cfg.Ping != nil && w.cfg.PingInterval > 0 {
		ticker := time.NewTicker(w.cfg.PingInterval)
		defer ticker.Stop()
		due = ticker.C
	}
	for {
		select {
		case <-due:
			if conn.Write(w.cfg.Ping) != nil {
				due = nil // reading tells why
			}
		case <-ctx.Done():
			conn.Close(transport.CloseNormal)
			return
		case <-over:
			return
		}
	}
}

// read takes documents until the connection ends or brings something that is of no use. An update that the sink refused
// is a *rejectedError.
func (w *WebSocket) read(conn *transport.WebSocket, sink *oneAtATime) error {
	// A connection that is open and brings nothing must still be heard of, by whoever has asked for a refresh.
	stopWaiting := sink.unchangedAfter(quietWait)
	defer stopWaiting()
	first := awaitFirst(conn, w.cfg.Answer)
	var message Buffer
	defer message.Release()
	for {
		first.resume()
		from, err := conn.Next()
		if late := first.pause(); late != nil {
			return late
		}
		if err != nil {
			return err
		}
		message.Reset()
		if err := message.ReadAll(from, w.client.MaxBody(), "the message"); err != nil {
			return err
		}
		body, err := w.cfg.Decode(message.Bytes())
		if err != nil {
			return err
		}
		if body == nil {
			continue
		}
		first.come = true
		stopWaiting()
		if err := sink.Apply(Update{Body: body, Origin: FromStream, Format: w.cfg.Format}); err != nil {
			return &rejectedError{err}
		}
	}
}

// firstDocument closes a connection on which the server does not begin to send a document in time. The time that messages
// take on their way does not count.
type firstDocument struct {
	conn  *transport.WebSocket
	limit time.Duration // 0: none
	until time.Time
	come  bool
	timer *time.Timer
	late  atomic.Bool
}

func awaitFirst(conn *transport.WebSocket, limit time.Duration) *firstDocument {
	return &firstDocument{conn: conn, limit: limit, until: time.Now().Add(limit)}
}

// resume lets the time run, until pause or until there is nothing to wait for any more.
func (f *firstDocument) resume() {
	if f.limit <= 0 || f.come {
		return
	}
	f.timer = time.AfterFunc(max(time.Until(f.until), time.Millisecond), func() {
		f.late.Store(true)
		f.conn.Close(transport.CloseGoingAway)
	})
}

// pause stops the time. It returns an error if it was over.
func (f *firstDocument) pause() error {
	if f.timer == nil || f.timer.Stop() || !f.late.Load() {
		return nil
	}
	return f.conn.Failure(&transport.TimeoutError{What: "it is open, but the server sent no flags", After: f.limit})
}
