package transport

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/transport/transporttest"
)

const socketURL = "ws://flags.test/streaming?token=hunter2hunter2&type=server"

// accept upgrades each request and serves the websocket until serve returns.
func accept(serve func(r *http.Request, conn *websocket.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = conn.CloseNow() }()
		serve(r, conn)
	}
}

// dial opens a websocket on a real socket.
func dial(t *testing.T, cfg Config, request DialRequest) (*WebSocket, error) {
	client, err := New(cfg)
	require.NoError(t, err)
	t.Cleanup(client.Close)
	conn, err := client.Dial(t.Context(), request)
	if err == nil {
		t.Cleanup(func() { conn.Close(CloseNormal) })
	}
	return conn, err
}

func next(t *testing.T, conn *WebSocket) string {
	from, err := conn.Next()
	require.NoError(t, err)
	text, err := io.ReadAll(from)
	require.NoError(t, err)
	return string(text)
}

// drain reads until the connection ends, and returns what came and why it ended.
func drain(conn *WebSocket) (messages []string, err error) {
	for {
		from, err := conn.Next()
		if err != nil {
			return messages, err
		}
		text, err := io.ReadAll(from)
		if err != nil {
			return messages, err
		}
		messages = append(messages, string(text))
	}
}

// scripted opens a websocket in memory to a server that says what script does after the handshake.
func scripted(t *testing.T, silence time.Duration, script func(net.Conn)) *WebSocket {
	client, err := New(Config{DialContext: transporttest.Dialer(func(conn net.Conn) {
		if _, err := transporttest.Upgrade(conn); err == nil {
			script(conn)
		}
	})})
	require.NoError(t, err)
	conn, err := client.Dial(t.Context(), DialRequest{Request: Request{URL: socketURL}, Silence: silence})
	require.NoError(t, err)
	return conn
}

// listen starts a server on a real socket that gets each connection in a goroutine of its own.
func listen(t *testing.T, serve func(net.Conn)) (address string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				serve(conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// swallow reads what the client sends until it goes away.
func swallow(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

func TestWebSocketCarriesMessages(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 100_000)
	url := serve(t, accept(func(r *http.Request, conn *websocket.Conn) {
		_, hello, err := conn.Read(r.Context())
		assert.NoError(t, err)
		_ = conn.Write(r.Context(), websocket.MessageText, append([]byte("you said "), hello...))
		_ = conn.Write(r.Context(), websocket.MessageBinary, []byte("binary"))
		_ = conn.Write(r.Context(), websocket.MessageText, nil)
		fragments, _ := conn.Writer(r.Context(), websocket.MessageText)
		for _, piece := range []string{"in ", "three ", "pieces"} {
			_, _ = io.WriteString(fragments, piece)
		}
		_ = fragments.Close()
		_ = conn.Write(r.Context(), websocket.MessageText, []byte(large))
		_ = conn.Close(4000, "enough")
	}))
	for _, scheme := range []string{"http", "ws"} {
		conn, err := dial(t, Config{}, DialRequest{Request: Request{URL: scheme + strings.TrimPrefix(url, "http")}})
		require.NoError(t, err)
		require.NoError(t, conn.Write([]byte("hello")))
		messages, err := drain(conn)
		assert.Equal(t, []string{"you said hello", "binary", "", "in three pieces", large}, messages)
		assert.Equal(t, &CloseError{Code: 4000, Reason: "enough"}, err)
		require.EqualError(t, err, "the server closed the connection with code 4000: enough")
	}
}

func TestPingsAreAnsweredBetweenFragments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pong := make([]byte, 2+4+3) // header, mask and text
		conn := scripted(t, 0, func(server net.Conn) {
			_, _ = server.Write(transporttest.Frame(false, transporttest.OpText, []byte("one ")))
			_, _ = server.Write(transporttest.Frame(true, transporttest.OpPing, []byte("you")))
			_, _ = io.ReadFull(server, pong)
			_, _ = server.Write(transporttest.Frame(true, transporttest.OpContinuation, []byte("two")))
			swallow(server)
		})
		assert.Equal(t, "one two", next(t, conn))
		assert.Equal(t, []byte{0x8a, 0x83}, pong[:2])
		conn.Close(CloseNormal)
	})
}

func TestHandshakeSaysWhoWeAre(t *testing.T) {
	requests := make(chan *http.Request, 1)
	server := serve(t, accept(func(r *http.Request, _ *websocket.Conn) { requests <- r }))
	conn, err := dial(t, Config{}, DialRequest{Request: Request{
		URL:    server + "/base/streaming?token=a%2Bb&type=server",
		Header: http.Header{"User-Agent": {"burgee"}, "Upgrade": {"nothing"}, "Connection": {"close"}},
		Auth:   func() http.Header { return http.Header{"Authorization": {"secret"}} },
	}})
	require.NoError(t, err)
	_, err = drain(conn)
	var lost *ConnectionError
	require.ErrorAs(t, err, &lost)
	seen := <-requests
	assert.Equal(t, "/base/streaming?token=a%2Bb&type=server", seen.RequestURI)
	assert.Equal(t, "burgee", seen.Header.Get("User-Agent"))
	assert.Equal(t, "secret", seen.Header.Get("Authorization"))
	assert.Empty(t, seen.Header.Get("Accept-Encoding"))
}

func TestConnectionsEnd(t *testing.T) {
	text := func(payload string) []byte { return transporttest.Frame(true, transporttest.OpText, []byte(payload)) }
	lost := &ConnectionError{URL: "ws://flags.test/streaming", Err: ErrConnectionLost}
	for name, test := range map[string]struct {
		send []byte
		want error  // nil: text
		text string // that the error contains
	}{
		"normal":                 {send: transporttest.CloseFrame(1000, "bye"), want: &CloseError{Code: 1000, Reason: "bye"}},
		"going away":             {send: transporttest.CloseFrame(1001, ""), want: &CloseError{Code: 1001}},
		"internal error":         {send: transporttest.CloseFrame(1011, "down"), want: &CloseError{Code: 1011, Reason: "down"}},
		"a vendor's":             {send: transporttest.CloseFrame(4003, "no"), want: &CloseError{Code: 4003, Reason: "no"}},
		"no code":                {send: transporttest.Frame(true, transporttest.OpClose, nil), want: &CloseError{Code: 1005}},
		"bad UTF-8":              {send: transporttest.CloseFrame(1000, "a\xffb"), want: &CloseError{Code: 1000, Reason: "a\uFFFDb"}},
		"secret sent back":       {send: transporttest.CloseFrame(1000, "bad hunter2hunter2"), want: &CloseError{Code: 1000}},
		"within a message":       {send: append(transporttest.Frame(false, transporttest.OpText, nil), transporttest.CloseFrame(1001, "")...), want: &CloseError{Code: 1001}},
		"lost":                   {send: nil, want: lost},
		"lost in a header":       {send: []byte{0x81}, want: lost},
		"lost in a message":      {send: text("half a message")[:9], want: lost},
		"lost between fragments": {send: transporttest.Frame(false, transporttest.OpText, []byte("half")), want: lost},
		"reserved bits":          {send: []byte("garbage without any meaning"), text: "rsv"},
		"unknown opcode":         {send: []byte{0x83, 0}, text: "opcode"},
		"stray continuation":     {send: transporttest.Frame(true, transporttest.OpContinuation, []byte("x")), text: "continuation"},
		"fragmented ping":        {send: transporttest.Frame(false, transporttest.OpPing, nil), text: "control frame"},
		"long ping":              {send: transporttest.Frame(true, transporttest.OpPing, make([]byte, 126)), text: "control frame"},
		"impossible code":        {send: transporttest.CloseFrame(1006, ""), text: "invalid status code"},
		"length below zero":      {send: append([]byte{0x81, 127}, bytes.Repeat([]byte{0xff}, 8)...), text: "length"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn := scripted(t, 0, func(server net.Conn) {
					go swallow(server) // what the client answers
					_, _ = server.Write(append(text("first"), test.send...))
				})
				messages, err := drain(conn)
				conn.Close(CloseGoingAway)
				assert.Equal(t, []string{"first"}, messages)
				if test.want != nil {
					assert.Equal(t, test.want, err)
					return
				}
				var broken *ConnectionError
				require.ErrorAs(t, err, &broken)
				require.ErrorContains(t, err, "connection to ws://flags.test/streaming: ")
				require.ErrorContains(t, err, test.text)
				assert.NotContains(t, err.Error(), "failed to")
			})
		})
	}
}

func TestAResetIsNamed(t *testing.T) {
	opened := make(chan struct{})
	url := "ws://" + listen(t, func(conn net.Conn) {
		if _, err := transporttest.Upgrade(conn); err == nil {
			<-opened
			_ = conn.(*net.TCPConn).SetLinger(0)
		}
	})
	conn, err := dial(t, Config{}, DialRequest{Request: Request{URL: url}})
	require.NoError(t, err)
	close(opened)
	_, err = drain(conn)
	var broken *ConnectionError
	require.ErrorAs(t, err, &broken)
	require.ErrorContains(t, err, "reset by peer")
	require.ErrorIs(t, err, syscall.ECONNRESET)
}

func TestASilentServerIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := scripted(t, 30*time.Second, func(server net.Conn) {
			go swallow(server)
			frame := transporttest.Frame(true, transporttest.OpText, []byte("slow but steady"))
			for i := range frame {
				time.Sleep(29 * time.Second)
				_, _ = server.Write(frame[i : i+1])
			}
			time.Sleep(time.Hour)
		})
		assert.Equal(t, "slow but steady", next(t, conn))
		before := time.Now()
		_, err := conn.Next()
		assert.Equal(t, 30*time.Second, time.Since(before))
		require.EqualError(t, err, "connection to ws://flags.test/streaming: the server sent nothing within 30s")
		var slow net.Error
		require.ErrorAs(t, err, &slow)
		assert.True(t, slow.Timeout())
		conn.Close(CloseGoingAway)
		time.Sleep(time.Hour) // the server's
	})
}

func TestAServerThatTakesNothingIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := scripted(t, 0, func(net.Conn) { time.Sleep(time.Minute) })
		read := make(chan error)
		go func() {
			_, err := conn.Next()
			read <- err
		}()
		before := time.Now()
		err := conn.Write([]byte("ping"))
		assert.Equal(t, 10*time.Second, time.Since(before))
		const want = "connection to ws://flags.test/streaming: the server took nothing within 10s"
		require.EqualError(t, err, want)
		require.EqualError(t, <-read, want)
		conn.Close(CloseNormal)
		time.Sleep(time.Minute)
	})
}

// opener opens a websocket in memory.
type opener func(t *testing.T, script func(net.Conn)) *WebSocket

// openers returns one without and one with TLS.
func openers(t *testing.T) (plain, secured opener) {
	certPEM, keyPEM, _, _ := newAuthority(t).sign(&x509.Certificate{DNSNames: []string{"flags.test"}})
	pair, err := tls.X509KeyPair([]byte(certPEM), []byte(keyPEM))
	require.NoError(t, err)
	plain = func(t *testing.T, script func(net.Conn)) *WebSocket { return scripted(t, 0, script) }
	secured = func(t *testing.T, script func(net.Conn)) *WebSocket {
		client, err := New(Config{
			TLS: TLS{InsecureSkipVerify: true},
			DialContext: transporttest.Dialer(func(raw net.Conn) {
				conn := tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{pair}}) //nolint:gosec // a test
				if _, err := transporttest.Upgrade(conn); err == nil {
					script(conn)
				}
			}),
		})
		require.NoError(t, err)
		conn, err := client.Dial(t.Context(), DialRequest{Request: Request{URL: "wss://flags.test/streaming"}})
		require.NoError(t, err)
		return conn
	}
	return plain, secured
}

// TestHalfAPingIsNotWaitedFor has a server that also takes nothing, not even the good-bye of TLS.
func TestHalfAPingIsNotWaitedFor(t *testing.T) {
	plain, secured := openers(t)
	for name, test := range map[string]struct {
		connect opener
		wait    time.Duration
		url     string
	}{
		"plain": {plain, controlWait, "ws://flags.test/streaming"},
		"TLS":   {secured, controlWait + closeWait, "wss://flags.test/streaming"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn := test.connect(t, func(server net.Conn) {
					_, _ = server.Write(transporttest.Frame(true, transporttest.OpPing, []byte("half"))[:3])
					time.Sleep(time.Minute)
				})
				before := time.Now()
				_, err := conn.Next()
				assert.Equal(t, test.wait, time.Since(before))
				require.EqualError(t, err, "connection to "+test.url+": the server did not finish a control frame within 5s")
				time.Sleep(time.Minute)
			})
		})
	}
}

// TestClosingTakesNoLonger has servers that take nothing and servers that never answer, also beneath TLS, which says
// good-bye on its own.
func TestClosingTakesNoLonger(t *testing.T) {
	plain, secured := openers(t)
	sleep := func(net.Conn) { time.Sleep(time.Minute) }
	for name, test := range map[string]struct {
		connect opener
		script  func(net.Conn)
		wait    time.Duration
	}{
		"answers":              {plain, func(c net.Conn) { _, _ = c.Read(make([]byte, 100)); _, _ = c.Write(transporttest.CloseFrame(1000, "")) }, 0},
		"goes away":            {plain, func(c net.Conn) { _, _ = c.Read(make([]byte, 100)) }, 0},
		"never answers":        {plain, swallow, closeWait},
		"takes nothing":        {plain, sleep, closeWait},
		"never answers, TLS":   {secured, swallow, closeWait},
		"takes nothing, TLS":   {secured, sleep, closeWait},
		"sends without an end": {plain, func(c net.Conn) { go swallow(c); _, _ = io.Copy(c, zeroFrames{}) }, closeWait},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn := test.connect(t, test.script)
				before := time.Now()
				conn.Close(CloseNormal)
				assert.Equal(t, test.wait, time.Since(before))
				conn.Close(CloseGoingAway)
				time.Sleep(time.Minute)
			})
		})
	}
}

// zeroFrames are messages of no bytes, and of time.
type zeroFrames struct{}

func (zeroFrames) Read(p []byte) (int, error) {
	time.Sleep(time.Millisecond)
	return copy(p, transporttest.Frame(true, transporttest.OpText, nil)), nil
}

func TestAReaderEndsWhenTheConnectionIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := scripted(t, 0, swallow)
		read := make(chan error)
		go func() {
			_, err := conn.Next()
			read <- err
		}()
		synctest.Wait()
		conn.Close(CloseNormal)
		require.Error(t, <-read)
		require.Error(t, conn.Write([]byte("late")))
	})
}

// FuzzFrames lets a server send anything after the handshake.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("garbage"))
	f.Add(transporttest.Frame(true, transporttest.OpText, []byte("text")))
	f.Add(transporttest.Frame(false, transporttest.OpBinary, bytes.Repeat([]byte("x"), 300)))
	f.Add(append(transporttest.Frame(true, transporttest.OpPing, []byte("?")), transporttest.CloseFrame(4003, "no")...))
	f.Add([]byte{0x81, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 'x'})
	f.Fuzz(func(t *testing.T, sent []byte) {
		conn := scripted(t, 0, func(server net.Conn) {
			go swallow(server)
			_, _ = server.Write(sent)
		})
		_, err := drain(conn)
		conn.Close(CloseGoingAway)
		var closed *CloseError
		var broken *ConnectionError
		require.True(t, errors.As(err, &closed) || errors.As(err, &broken), "%T: %v", err, err)
	})
}
