package localserver

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
)

// faultySocket sets the fault and opens a socket.
func faultySocket(t *testing.T, s *Server, fault Fault) *websocket.Conn {
	t.Helper()
	require.NoError(t, s.SetFaults(fault))
	return dial(t, s, goodQuery(FeatBitSecret))
}

// broken reads until the connection ends without a close frame.
func broken(t *testing.T, conn *websocket.Conn) error {
	t.Helper()
	for {
		if _, _, err := conn.Read(t.Context()); err != nil {
			var closed websocket.CloseError
			require.False(t, errors.As(err, &closed), "a close frame came: %v", closed)
			return err
		}
	}
}

// lastSocket waits until the newest socket has ended.
func lastSocket(t *testing.T, s *Server) Socket {
	t.Helper()
	var last Socket
	require.Eventually(t, func() bool {
		records := s.Sockets()
		last = records[len(records)-1]
		return !last.Open
	}, time.Minute, time.Millisecond)
	return last
}

func TestHandshakeFaults(t *testing.T) {
	s := startFeatBit(t, Options{})
	for _, status := range []int{401, 403, 429, 503} {
		require.NoError(t, s.SetFaults(Fault{Kind: FaultAnswer, Status: status, Path: "/streaming", Headers: map[string]string{"Retry-After": "1"}}))
		_, response, err := websocket.Dial(t.Context(), streamingURL(s, goodQuery(FeatBitSecret)), nil) //nolint:bodyclose // by the library
		require.Error(t, err)
		assert.Equal(t, status, response.StatusCode)
		assert.Equal(t, "1", response.Header.Get("Retry-After"))
	}
	for _, fault := range []Fault{{Kind: FaultReset}, {Kind: FaultLoseAnswer}, {Kind: FaultRefuse}} {
		fault.Times = -1 // the client tries again where it had a connection already
		require.NoError(t, s.SetFaults(fault))
		_, response, err := websocket.Dial(t.Context(), streamingURL(s, goodQuery(FeatBitSecret)), nil) //nolint:bodyclose // by the library
		require.Error(t, err)
		assert.Nil(t, response, "fault %s: no head came", fault.Kind)
	}
	assert.Empty(t, s.Sockets())
}

func TestErrorAnswersAreWordedAsTheVendorDoes(t *testing.T) {
	s := startFeatBit(t, Options{})
	require.NoError(t, s.SetFaults(Fault{Kind: FaultAnswer, Status: 429}, Fault{Kind: FaultAnswer, Status: 503}, Fault{Kind: FaultAnswer, Status: 400}))
	_, body := get(t, s.URL())
	assert.JSONEq(t, `{"error":"Rate limit exceeded. Please try again later."}`, body)
	_, body = get(t, s.URL())
	assert.Empty(t, body)
	response, body := get(t, s.URL())
	assert.Equal(t, "application/problem+json", response.Header.Get("Content-Type"))
	assert.Contains(t, body, `"status":400`)
}

func TestSocketsAreClosedWithAnyCode(t *testing.T) {
	s := startFeatBit(t, Options{})
	outage := Fault{Kind: FaultStream, Then: ThenClose, Code: 1011, Reason: "service unavailable, close by server"}
	for want, fault := range map[websocket.CloseError]Fault{
		{Code: 1011, Reason: "service unavailable, close by server"}: outage,
		{Code: 1000}: {Kind: FaultStream, Then: ThenClose},
		{Code: 1005}: {Kind: FaultStream, Then: ThenClose, Code: 1005},
		{Code: 4999, Reason: "ü" + strings.Repeat("x", 121)}: {Kind: FaultStream, Then: ThenClose, Code: 4999, Reason: "ü" + strings.Repeat("x", 121)},
	} {
		assert.Equal(t, want, closing(t, faultySocket(t, s, fault)))
		last := lastSocket(t, s)
		assert.Equal(t, "server", last.EndedBy)
		assert.Equal(t, int(want.Code), last.Code)
		assert.Equal(t, want.Reason, last.Reason)
	}
	_, _, err := faultySocket(t, s, Fault{Kind: FaultStream, Then: ThenClose, Code: 999}).Read(t.Context())
	require.ErrorContains(t, err, "999", "a code that no server may send")

	refusedConn := dial(t, s, "type=client")
	assert.Equal(t, refused, closing(t, refusedConn), "a bad token is noticed before a fault")
}

func TestSocketsAreClosedOnDemand(t *testing.T) {
	s := startFeatBit(t, Options{})
	first, second := connected(t, s), connected(t, s)
	require.NoError(t, s.CloseStreams(1001, "bye"))
	for _, conn := range []*websocket.Conn{first, second} {
		assert.Equal(t, websocket.CloseError{Code: 1001, Reason: "bye"}, closing(t, conn))
	}
	require.Eventually(t, func() bool { return s.Streams() == 0 }, time.Minute, time.Millisecond)
	require.ErrorContains(t, s.CloseStreams(70000, ""), "70000")
	require.ErrorContains(t, s.CloseStreams(1000, strings.Repeat("x", 124)), "123 bytes")

	third := connected(t, s)
	s.CloseConnections()
	_ = broken(t, third)
	assert.Equal(t, 1006, lastSocket(t, s).Code)
	assert.Zero(t, s.Streams())
}

func TestHowClientsCloseIsRecorded(t *testing.T) {
	s := startFeatBit(t, Options{})
	conn := connected(t, s)
	exchange(t, conn, syncRequest(0))
	require.NoError(t, conn.Close(4003, "The client is closed by user"))
	last := lastSocket(t, s)
	assert.Equal(t, 1, last.ID)
	assert.Equal(t, []string{syncRequest(0)}, last.Received)
	assert.Equal(t, 1, last.Sent)
	assert.Equal(t, "client", last.EndedBy)
	assert.Equal(t, 4003, last.Code)
	assert.Equal(t, "The client is closed by user", last.Reason)
	assert.Contains(t, last.Path, "/streaming?type=server&token=")
	assert.NotEmpty(t, last.Headers["Sec-Websocket-Key"])

	conn = connected(t, s)
	require.NoError(t, conn.CloseNow())
	last = lastSocket(t, s)
	assert.Equal(t, 1006, last.Code)
	assert.Equal(t, "client", last.EndedBy)
}

func TestFaultsAfterMessages(t *testing.T) {
	s := startFeatBit(t, Options{})
	conn := faultySocket(t, s, Fault{Kind: FaultStream, AfterMessages: 2, Then: ThenClose, Code: 1012})
	assert.JSONEq(t, featBitDocument, exchange(t, conn, syncRequest(0)))
	assert.Equal(t, pong, exchange(t, conn, datasync.Ping), "this is no data-sync message")
	assert.JSONEq(t, featBitDocument, exchange(t, conn, syncRequest(0)))
	assert.Equal(t, websocket.StatusCode(1012), closing(t, conn).Code)

	conn = faultySocket(t, s, Fault{Kind: FaultStream, AfterMessages: 1, DropMessages: 2, Chunks: []string{"x", "{{document}}"}})
	for range 3 {
		say(t, conn, syncRequest(0))
	}
	assert.JSONEq(t, featBitDocument, hear(t, conn))
	assert.Equal(t, "x", hear(t, conn))
	assert.JSONEq(t, featBitDocument, hear(t, conn), "a chunk")
	assert.JSONEq(t, whole("patch", "", ""), exchange(t, conn, syncRequest(atB)), "then it goes on as always")
	assert.Equal(t, 2, s.Sockets()[1].Sent)

	conn = faultySocket(t, s, Fault{Kind: FaultStream, DropMessages: -1})
	say(t, conn, syncRequest(0))
	assert.Equal(t, pong, exchange(t, conn, datasync.Ping), "data-sync messages only")
}

func TestSilentSockets(t *testing.T) {
	s := startFeatBit(t, Options{})
	conn := faultySocket(t, s, Fault{Kind: FaultStream, AfterMessages: 1, Then: ThenStall})
	exchange(t, conn, syncRequest(0))
	say(t, conn, syncRequest(0))
	say(t, conn, datasync.Ping)
	pinged, read := make(chan error, 1), make(chan error, 1)
	go func() {
		_, _, err := conn.Read(t.Context())
		read <- err
	}()
	go func() { pinged <- conn.Ping(t.Context()) }()
	for received := 4; received <= 10; received++ { // so that the server sees the ping in the meantime
		say(t, conn, "x")
		require.Eventually(t, func() bool { return len(s.Sockets()[0].Received) == received }, time.Minute, time.Millisecond)
	}
	require.NoError(t, s.Push([]byte("x")))
	require.Empty(t, pinged, "no pong came")
	require.NoError(t, s.CloseStreams(1001, "after all"))
	require.ErrorIs(t, <-read, websocket.CloseError{Code: 1001, Reason: "after all"}, "nothing came before")
	<-pinged // whoever closes looks for the other's close frame, and may answer what comes before that
	assert.Equal(t, 1, s.Sockets()[0].Sent)
}

func TestBrokenFrames(t *testing.T) {
	s := startFeatBit(t, Options{})
	conn := faultySocket(t, s, Fault{Kind: FaultGarbage})
	assert.Equal(t, garbageBody, exchange(t, conn, syncRequest(0)))
	assert.JSONEq(t, featBitDocument, exchange(t, conn, syncRequest(0)), "only once")

	conn = faultySocket(t, s, Fault{Kind: FaultOversize, BodyBytes: 1 << 20})
	huge := exchange(t, conn, syncRequest(0))
	assert.Len(t, huge, 1<<20)
	message, err := datasync.Parse([]byte(huge))
	require.NoError(t, err)
	assert.True(t, message.Full)

	conn = faultySocket(t, s, Fault{Kind: FaultCut})
	say(t, conn, syncRequest(0))
	require.ErrorIs(t, broken(t, conn), io.ErrUnexpectedEOF, "in the middle of a frame")
	conn = faultySocket(t, s, Fault{Kind: FaultCut, AfterBytes: pointer(len(pong) + 2 + 1)})
	assert.Equal(t, pong, exchange(t, conn, datasync.Ping), "two bytes of header, and one byte is left")
	say(t, conn, datasync.Ping)
	require.ErrorIs(t, broken(t, conn), io.EOF)

	for _, fault := range []Fault{{Kind: FaultReset, AfterBytes: pointer(1)}, {Kind: FaultStream, Then: ThenReset}} {
		conn = faultySocket(t, s, fault)
		if fault.Kind == FaultReset {
			say(t, conn, syncRequest(0))
		}
		require.ErrorIs(t, broken(t, conn), syscall.ECONNRESET)
		assert.Equal(t, 1006, lastSocket(t, s).Code)
	}

	conn = faultySocket(t, s, Fault{Kind: FaultStream, Then: ThenHalfFrame})
	_, reader, err := conn.Reader(t.Context())
	require.NoError(t, err, "the frame begins")
	half := make([]byte, len(featBitDocument)/2-10)
	_, err = io.ReadFull(reader, half)
	require.NoError(t, err)
	assert.Equal(t, featBitDocument[:len(half)], string(half))
	s.CloseConnections()
	_, err = io.ReadAll(reader)
	require.Error(t, err, "and never ends")
}

func TestSlowSockets(t *testing.T) {
	s := startFeatBit(t, Options{})
	conn := faultySocket(t, s, Fault{Kind: FaultNone, DelayMS: 20, ChunkBytes: 100, ChunkDelayMS: 5})
	start := time.Now()
	text := exchange(t, conn, syncRequest(0))
	assert.JSONEq(t, featBitDocument, text)
	// Sleeping is never shorter than asked.
	assert.GreaterOrEqual(t, time.Since(start), time.Duration(len(text)/100*5)*time.Millisecond)

	conn = faultySocket(t, s, Fault{Kind: FaultNone, ChunkDelayMS: 20})
	start = time.Now()
	exchange(t, conn, datasync.Ping)
	assert.GreaterOrEqual(t, time.Since(start), 20*time.Millisecond, "the first message is late, too")
}

func TestFaultsThatAShareOfTheRequestsGets(t *testing.T) {
	s, url := faulty(t)
	outcomes := func() (failed []bool) {
		require.NoError(t, s.SetFaults(Fault{Kind: FaultAnswer, Status: 500, Share: 0.5, Times: -1}))
		for range 200 {
			status, _, err := try(t, url)
			require.NoError(t, err)
			failed = append(failed, status == 500)
		}
		return failed
	}
	first := outcomes()
	count := 0
	for _, failed := range first {
		if failed {
			count++
		}
	}
	assert.InDelta(t, 100, count, 30)
	assert.Equal(t, first, outcomes(), "every script draws alike")
}

func TestSocketFaultsThatMakeNoSense(t *testing.T) {
	s := startFeatBit(t, Options{})
	for _, fault := range []Fault{
		{Kind: FaultNone, AfterMessages: 1}, {Kind: FaultAnswer, DropMessages: 1}, {Kind: FaultStream, Code: 1000},
		{Kind: FaultStream, Then: ThenClose, Code: 65536}, {Kind: FaultStream, Then: ThenClose, Reason: strings.Repeat("x", 124)},
		{Kind: FaultStream, AfterMessages: -1}, {Kind: FaultStream, DropMessages: -2}, {Kind: FaultNone, Share: 1.5}, {Kind: FaultNone, Share: -1},
	} {
		require.ErrorContains(t, s.SetFaults(fault), "fault 1", "fault %+v", fault)
	}
}

func TestSocketsOverTLS(t *testing.T) {
	s := startFeatBit(t, Options{TLS: &TLS{}})
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.CACertificate())
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	dialTLS := func() *websocket.Conn {
		url := streamingURL(s, goodQuery(FeatBitSecret))
		assert.Contains(t, url, "wss://127.0.0.1:")
		conn, _, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{HTTPClient: client}) //nolint:bodyclose // by the library
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.CloseNow() })
		return conn
	}
	assert.JSONEq(t, featBitDocument, exchange(t, dialTLS(), syncRequest(0)))
	require.NoError(t, s.SetFaults(Fault{Kind: FaultStream, Then: ThenReset}))
	_ = broken(t, dialTLS())
	require.NoError(t, s.SetFaults(Fault{Kind: FaultTLSExpired}))
	client.CloseIdleConnections()
	_, _, err := websocket.Dial(t.Context(), streamingURL(s, ""), &websocket.DialOptions{HTTPClient: client}) //nolint:bodyclose // by the library
	var invalid x509.CertificateInvalidError
	require.ErrorAs(t, err, &invalid)
}

func TestCloseEndsSockets(t *testing.T) {
	s := startFeatBit(t, Options{})
	conn, stalled := connected(t, s), faultySocket(t, s, Fault{Kind: FaultStream, Then: ThenStall})
	unread := faultySocket(t, s, Fault{Kind: FaultOversize})
	say(t, unread, syncRequest(0))
	require.Eventually(t, func() bool {
		return slices.ContainsFunc(s.Sockets(), func(one Socket) bool { return one.Sent == 1 })
	}, time.Minute, time.Millisecond, "it is being sent")
	s.Close()
	_ = broken(t, conn)
	_ = broken(t, stalled)
	_, huge, err := unread.Read(t.Context())
	require.Error(t, err, "%d bytes came", len(huge))
	_, _, err = websocket.Dial(t.Context(), streamingURL(s, goodQuery(FeatBitSecret)), nil) //nolint:bodyclose // there is no answer
	require.Error(t, err)
}
