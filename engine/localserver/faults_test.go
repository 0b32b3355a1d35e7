package localserver

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// try makes one request and returns the answer's status, what came of the body, and the error of either.
func try(t *testing.T, url string) (int, string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	response, err := plainClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

func faulty(t *testing.T, faults ...Fault) (*Server, string) {
	t.Helper()
	s := StartTest(t, Options{})
	s.SetDocument("default", withFlag("one"))
	require.NoError(t, s.SetFaults(faults...))
	return s, s.URL() + snapshotURL + "default"
}

func pointer[T any](v T) *T { return &v }

func TestScriptIsFollowedInOrder(t *testing.T) {
	s, url := faulty(t,
		Fault{Kind: FaultAnswer, Status: 503, Headers: map[string]string{"Retry-After": "7"}, Times: 2},
		Fault{Kind: FaultNone},
		Fault{Kind: FaultAnswer, Status: 204, Path: "/stream"},
		Fault{Kind: FaultAnswer, Headers: map[string]string{"ETag": "z"}, Body: pointer(`{"oops"`)},
	)
	for range 2 {
		response, body := get(t, url)
		assert.Equal(t, 503, response.StatusCode)
		assert.Equal(t, "7", response.Header.Get("Retry-After"))
		assert.JSONEq(t, `{"code":2,"message":"service unavailable","details":[]}`, body)
	}
	response, body := get(t, url)
	assert.Equal(t, 200, response.StatusCode)
	assert.Contains(t, body, `"one"`)
	response, body = get(t, url)
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, "z", response.Header.Get("ETag"))
	assert.Equal(t, `{"oops"`, body)
	assert.Len(t, s.Faults(), 1, "the step for streams is left")
	response, _ = get(t, s.URL()+streamURL("default", "default"))
	assert.Equal(t, 204, response.StatusCode)
	assert.Empty(t, s.Faults())

	var kinds []string
	for _, r := range s.Requests() {
		kinds = append(kinds, r.Fault)
	}
	assert.Equal(t, []string{"answer", "answer", "none", "answer", "answer"}, kinds)
}

func TestFaultUntilChanged(t *testing.T) {
	s, url := faulty(t, Fault{Kind: FaultAnswer, Status: 500, Times: -1})
	for range 5 {
		status, _, err := try(t, url)
		require.NoError(t, err)
		assert.Equal(t, 500, status)
	}
	require.NoError(t, s.SetFaults())
	status, _, err := try(t, url)
	require.NoError(t, err)
	assert.Equal(t, 200, status)
}

func TestCut(t *testing.T) {
	_, url := faulty(t, Fault{Kind: FaultCut, Times: 2}, Fault{Kind: FaultCut, AfterBytes: pointer(10)}, Fault{Kind: FaultCut, AfterBytes: pointer(0)}, Fault{Kind: FaultNone})
	status, half, err := try(t, url)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, 200, status)
	_, _, _ = try(t, url)
	_, ten, err := try(t, url)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Len(t, ten, 10)
	status, none, err := try(t, url)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, 200, status, "the head came")
	assert.Empty(t, none)
	_, whole, err := try(t, url)
	require.NoError(t, err)
	assert.Equal(t, whole[:len(whole)/2], half)
}

func TestReset(t *testing.T) {
	_, url := faulty(t, Fault{Kind: FaultReset}, Fault{Kind: FaultReset, AfterBytes: pointer(5)})
	status, _, err := try(t, url)
	require.Error(t, err)
	assert.Zero(t, status, "no head")
	// A client may see the reset before it has read what came: then the error comes earlier.
	_, body, err := try(t, url)
	require.Error(t, err)
	assert.LessOrEqual(t, len(body), 5)
	assert.True(t, errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF), "error: %v", err)
}

func TestHangEndsWithClientAndServer(t *testing.T) {
	s, url := faulty(t, Fault{Kind: FaultHang, Times: -1})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err == nil {
			_, err = plainClient.Do(request) //nolint:bodyclose // there is no answer
		}
		ended <- err
	}()
	require.Eventually(t, func() bool { return len(s.Requests()) == 1 }, time.Minute, time.Millisecond)
	assert.Empty(t, ended)
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)

	go func() {
		_, _, err := try(t, url)
		ended <- err
	}()
	require.Eventually(t, func() bool { return len(s.Requests()) == 2 }, time.Minute, time.Millisecond)
	s.Close()
	require.Error(t, <-ended)
}

func TestSlow(t *testing.T) {
	_, url := faulty(t, Fault{Kind: FaultNone, DelayMS: 30, ChunkBytes: 40, ChunkDelayMS: 10})
	start := time.Now()
	_, body, err := try(t, url)
	require.NoError(t, err)
	assert.Contains(t, body, `"one"`)
	pieces := (len(body) + 39) / 40
	assert.GreaterOrEqual(t, time.Since(start), time.Duration(30+10*(pieces-1))*time.Millisecond) // sleeping is never shorter than asked
}

func TestOtherAnswers(t *testing.T) {
	_, url := faulty(t,
		Fault{Kind: FaultGarbage}, Fault{Kind: FaultNotModified}, Fault{Kind: FaultOversize, BodyBytes: 1 << 20}, Fault{Kind: FaultRedirectLoop, Times: -1})
	status, body, err := try(t, url)
	require.NoError(t, err)
	assert.Equal(t, 200, status)
	assert.Equal(t, garbageBody, body)

	response, _ := get(t, url)
	assert.Equal(t, 304, response.StatusCode)
	assert.Empty(t, response.Header.Get("ETag"))

	response, body = get(t, url)
	assert.Len(t, body, 1<<20)
	assert.Equal(t, int64(-1), response.ContentLength)

	response, _ = get(t, url)
	assert.Equal(t, 302, response.StatusCode)
	assert.Equal(t, snapshotURL+"default", response.Header.Get("Location"))
	_, err = http.Get(url) //nolint:bodyclose,noctx // there is no answer to follow
	require.ErrorContains(t, err, "10 redirects")
}

func TestRefusedConnections(t *testing.T) {
	s, url := faulty(t, Fault{Kind: FaultRefuse, Times: 2})
	for range 2 {
		// A fresh connection each, without a retry of the client's own.
		conn, err := net.Dial("tcp", s.listener.Addr().String())
		if err == nil { // the reset may come as early as this
			_, err = conn.Read(make([]byte, 1))
			_ = conn.Close()
		}
		require.Error(t, err)
	}
	status, _, err := try(t, url)
	require.NoError(t, err)
	assert.Equal(t, 200, status)
	assert.Len(t, s.Requests(), 1)
}

func TestConnectionFaultsReachClientsWithAnOpenConnection(t *testing.T) {
	s, url := faulty(t)
	client := &http.Client{Transport: &http.Transport{}}
	ask := func() error {
		response, err := client.Get(url) //nolint:noctx // a local test
		if err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, response.Body)
		return response.Body.Close()
	}
	require.NoError(t, ask())
	require.Eventually(t, func() bool { // the server notes that the connection is idle after the client has its answer
		s.connections.mu.Lock()
		defer s.connections.mu.Unlock()
		for _, state := range s.connections.open {
			if state == http.StateIdle {
				return true
			}
		}
		return false
	}, time.Minute, time.Millisecond)
	require.NoError(t, s.SetFaults(Fault{Kind: FaultRefuse, Times: -1}))
	require.Error(t, ask())
	require.NoError(t, s.SetFaults())
	require.NoError(t, ask())
}

func TestStreamFaults(t *testing.T) {
	s := StartTest(t, Options{})
	s.SetDocument("default", withFlag("one"))
	begin := func(fault Fault) *bufio.Reader {
		fault.Kind = FaultStream
		require.NoError(t, s.SetFaults(fault))
		return openStream(t, s, "default", "default")
	}
	stream := begin(Fault{Chunks: []string{"{{doc", "garbage\n", "\n\r\n", `{"error":{"code":14,"message":"going away","details":[]}}` + "\n", "{{document}}\n"}})
	assert.Equal(t, "{{docgarbage\n", nextLine(t, stream))
	assert.Equal(t, "\n", nextLine(t, stream))
	assert.Equal(t, "\r\n", nextLine(t, stream))
	assert.Equal(t, `{"error":{"code":14,"message":"going away","details":[]}}`+"\n", nextLine(t, stream))
	assert.Contains(t, nextLine(t, stream), `"one"`)
	s.SetDocument("default", withFlag("two"))
	assert.Contains(t, nextLine(t, stream), `"two"`, "it goes on with changes")

	stream = begin(Fault{Chunks: []string{"{{document}}\n"}, ChunkBytes: 7, ChunkDelayMS: 1})
	assert.Contains(t, nextLine(t, stream), `"two"`, "in pieces of 7 bytes")

	_, err := begin(Fault{Chunks: []string{"{{document}}"}, Then: ThenClose}).ReadString('\n')
	require.ErrorIs(t, err, io.EOF)

	_, err = begin(Fault{Chunks: []string{`{"result":{"namesp`}, Then: ThenReset}).ReadString('\n')
	require.Error(t, err)
	require.NotErrorIs(t, err, io.EOF)

	stalled := begin(Fault{Chunks: []string{"{{document}}\n"}, Then: ThenStall})
	nextLine(t, stalled)
	s.SetDocument("default", withFlag("three"))
	s.CloseConnections()
	_, err = stalled.ReadString('\n')
	require.Error(t, err, "nothing came before the connection was cut")
}

func TestImpossibleFaultsAreRefused(t *testing.T) {
	s, url := faulty(t, Fault{Kind: FaultAnswer, Status: 500, Times: -1})
	for _, fault := range []Fault{
		{}, {Kind: "explode"}, {Kind: FaultAnswer, Status: 42}, {Kind: FaultNone, Times: -2}, {Kind: FaultNone, DelayMS: -1},
		{Kind: FaultNone, Chunks: []string{"x"}}, {Kind: FaultStream, Then: "dance"}, {Kind: FaultCut, AfterBytes: pointer(-1)},
	} {
		err := s.SetFaults(Fault{Kind: FaultNone}, fault)
		require.ErrorContains(t, err, "fault 2", "fault %+v", fault)
	}
	status, _, err := try(t, url)
	require.NoError(t, err)
	assert.Equal(t, 500, status, "the script before stays")
}
