package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/eval"
)

const flagOn = `{"namespace":{"key":"default"},"flags":[{"key":"b","name":"","enabled":true,"type":"BOOLEAN_FLAG_TYPE"}]}`
const flagOff = `{"namespace":{"key":"default"},"flags":[{"key":"b","name":"","enabled":false,"type":"BOOLEAN_FLAG_TYPE"}]}`

// fakeServer answers what it is told to at the moment.
type fakeServer struct {
	*httptest.Server
	status atomic.Int32
	body   atomic.Pointer[string]
	asked  atomic.Int32
	auth   atomic.Pointer[string]
}

func newServer(t *testing.T, status int, body string) *fakeServer {
	s := &fakeServer{}
	s.answer(status, body)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		auth := r.Header.Get("Authorization")
		s.auth.Store(&auth)
		w.WriteHeader(int(s.status.Load()))
		_, _ = w.Write([]byte(*s.body.Load()))
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *fakeServer) answer(status int, body string) {
	s.body.Store(&body)
	s.status.Store(int32(status)) //nolint:gosec // an HTTP status
}

func open(t *testing.T, options map[string]any, host Host) *Client {
	t.Helper()
	text, err := json.Marshal(options)
	require.NoError(t, err)
	c, err := Open(text, host)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

func resolve(c *Client, key string) *eval.Outcome {
	out := &eval.Outcome{}
	c.Resolve(key, &eval.Context{TargetingKey: "u"}, out)
	return out
}

func refresh(c *Client) (bool, error) {
	result, err := c.Call(context.Background(), "refresh", nil)
	if err != nil {
		return false, err
	}
	return result.(changedResult).Changed, nil
}

// events takes what has happened so far, log records left out.
func events(c *Client) []Event {
	var all []Event
	for {
		e, ok := c.events.take()
		if !ok {
			return all
		}
		if e.Type != "log" {
			all = append(all, e)
		}
		if e.Type == "closed" {
			return all
		}
	}
}

func TestInlineDocumentIsReadyAtOnce(t *testing.T) {
	c := open(t, map[string]any{"document": json.RawMessage(flagOn)}, Host{})
	require.Equal(t, eval.BoolValue(true), resolve(c, "b").Value)
	status := c.Status()
	require.Equal(t, Ready, status.State)
	require.Equal(t, uint64(1), status.Version)
	require.Equal(t, 1, status.Flags)
	require.Nil(t, status.Error)
	got := events(c)
	require.Len(t, got, 2)
	require.Equal(t, "status", got[0].Type)
	require.Equal(t, Event{Type: "change", Flags: []string{"b"}, Version: 1}, got[1])
}

func TestUnknownFlagIsAnErrorOutcome(t *testing.T) {
	c := open(t, map[string]any{"document": json.RawMessage(flagOn)}, Host{})
	out := resolve(c, "nope")
	require.Equal(t, eval.CodeFlagNotFound, out.ErrorCode)
	require.Equal(t, eval.ReasonError, out.Reason)
}

func TestFailedFetchKeepsTheLastGoodFlags(t *testing.T) {
	server := newServer(t, 200, flagOn)
	c := open(t, map[string]any{"url": server.URL, "update_interval": 3600}, Host{})
	require.True(t, resolve(c, "b").Value.Bool)

	for _, bad := range []struct {
		status int
		body   string
	}{{404, "no"}, {200, "{"}, {200, `{"flags":[]}`}, {200, "null"}, {200, ""}} {
		server.answer(bad.status, bad.body)
		_, err := refresh(c)
		require.Error(t, err, bad.body)
		require.True(t, resolve(c, "b").Value.Bool)
		require.Equal(t, Stale, c.Status().State)
		require.NotNil(t, c.Status().Error)
	}

	server.answer(200, flagOff)
	changed, err := refresh(c)
	require.NoError(t, err)
	require.True(t, changed)
	require.False(t, resolve(c, "b").Value.Bool)
	require.Equal(t, Ready, c.Status().State)
	require.Nil(t, c.Status().Error)
}

func TestFailStrategyShowsTheFailureUntilFlagsArrive(t *testing.T) {
	server := newServer(t, 401, "no")
	c := open(t, map[string]any{"url": server.URL, "error_strategy": "fail", "update_interval": 3600}, Host{})
	want := "server error: response: HTTP status client error (401 Unauthorized) for url (" + server.URL +
		"/internal/v1/evaluation/snapshot/namespace/default)"
	out := resolve(c, "b")
	require.Equal(t, want, out.ErrorMessage)
	require.Equal(t, Failed, c.Status().State)
	_, err := c.Flags()
	require.EqualError(t, err, want)
	_, err = c.Call(context.Background(), "flipt.snapshot", nil)
	require.EqualError(t, err, want)

	server.answer(200, flagOn)
	_, err = refresh(c)
	require.NoError(t, err)
	require.True(t, resolve(c, "b").Value.Bool)
}

func TestOpenDoesNotWaitForASilentServer(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	c := open(t, map[string]any{"url": server.URL, "start_wait_ms": 0}, Host{})
	out := resolve(c, "b")
	require.Equal(t, eval.CodeNotReady, out.ErrorCode)
	require.Equal(t, NotReady, c.Status().State)
	c.Close()
	require.Equal(t, Closed, c.Status().State)
}

func TestCacheIsUsedWhenTheServerIsAway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "flags.cache")
	server := newServer(t, 200, flagOn)
	options := map[string]any{"url": server.URL, "cache_path": path}
	first := open(t, options, Host{})
	require.True(t, resolve(first, "b").Value.Bool)
	require.Eventually(t, func() bool { _, err := os.Stat(path); return err == nil }, 10*time.Second, time.Millisecond)
	first.Close()
	server.Close()

	second := open(t, options, Host{})
	require.True(t, resolve(second, "b").Value.Bool)
	status := second.Status()
	require.Equal(t, Stale, status.State)
	require.Equal(t, "cache", string(status.Origin))
	require.GreaterOrEqual(t, status.AgeMs, int64(0))

	other := open(t, map[string]any{"url": server.URL, "cache_path": path, "namespace": "other", "start_wait_ms": 0}, Host{})
	require.Equal(t, eval.CodeNotReady, resolve(other, "b").ErrorCode)
	require.FileExists(t, path)
}

func TestSavedOptionsReopenTheClientWithItsFlags(t *testing.T) {
	server := newServer(t, 200, flagOn)
	saved := make(chan []byte, 8)
	first := open(t, map[string]any{"url": server.URL, "update_interval": 3600}, Host{Saved: func(o []byte) { saved <- o }})
	require.True(t, resolve(first, "b").Value.Bool)
	require.NotContains(t, string(<-saved), "restore")
	withFlags := <-saved
	server.Close()

	second, err := Open(withFlags, Host{})
	require.NoError(t, err)
	defer second.Close()
	require.True(t, resolve(second, "b").Value.Bool)
	require.Equal(t, "restored", string(second.Status().Origin))
	require.Equal(t, Stale, second.Status().State)
}

func TestSavedOptionsHoldTheNewAuthentication(t *testing.T) {
	server := newServer(t, 200, flagOn)
	var last atomic.Pointer[string]
	c := open(t, map[string]any{"url": server.URL, "authentication": map[string]string{"client_token": "old"}},
		Host{Saved: func(o []byte) { s := string(o); last.Store(&s) }})
	_, err := c.Call(context.Background(), "flipt.update_authentication", []byte(`{"authentication":{"jwt_token":"new"}}`))
	require.NoError(t, err)
	require.Contains(t, *last.Load(), `"authentication":{"jwt_token":"new"}`)
	_, err = refresh(c)
	require.NoError(t, err)
	require.Equal(t, "JWT new", *server.auth.Load())
}

func TestEveryWrongOptionIsNamedAndNoSecretIsShown(t *testing.T) {
	_, err := Open([]byte(`{"url":"ftp://x","update_interval":"soon","fetch_mode":"push","colour":1,
		"authentication":{"client_token":"s3cret","jwt_token":"s3cret"},"tls_config":{"ca_cert_file":"/nowhere","x":1},
		"cache_path":5,"start_wait_ms":-1,"error_strategy":"FALLBACK"}`), Host{})
	require.Error(t, err)
	var known *eval.Error
	require.ErrorAs(t, err, &known)
	require.Equal(t, eval.CodeInvalidConfig, known.Code)
	for _, name := range []string{"url", "update_interval", "fetch_mode", "colour", "authentication", "tls_config.x", "cache_path"} {
		require.Contains(t, err.Error(), name)
	}
	require.NotContains(t, err.Error(), "s3cret")
	require.NotContains(t, err.Error(), "error_strategy")
}

func TestABadFlagHurtsOnlyItself(t *testing.T) {
	document := strings.Replace(flagOn, `"flags":[`, `"flags":[{"key":"bad","enabled":"yes"},{"enabled":true},`, 1)
	c := open(t, map[string]any{"document": json.RawMessage(document)}, Host{})
	require.True(t, resolve(c, "b").Value.Bool)
	out := resolve(c, "bad")
	require.Equal(t, eval.CodeParse, out.ErrorCode)
	require.Contains(t, out.ErrorMessage, `flag "bad": enabled is not true or false`)
}

func TestExplainShowsEveryStep(t *testing.T) {
	c := open(t, map[string]any{"file": "../testdata/flags/explain.json"}, Host{})
	trace := c.Explain("theme", &eval.Context{TargetingKey: "user-1", Attributes: []eval.Attribute{
		{Name: "plan", Value: eval.StringValue("beta")},
		{Name: "items", Value: eval.Value{Kind: eval.Number, Text: "12"}},
	}})
	require.Equal(t, "SPLIT", trace.Reason)
	require.Equal(t, "file", trace.Ruleset.Origin)
	trace.Ruleset.AgeMs = 3
	want, err := os.ReadFile("../testdata/flags/explain.txt")
	require.NoError(t, err)
	require.Equal(t, string(want), trace.Text())
	text, err := json.Marshal(trace)
	require.NoError(t, err)
	require.Contains(t, string(text), `"seen":"12"`)
}

func TestUpdateTakesADocumentOfTheHost(t *testing.T) {
	c := open(t, map[string]any{"document": json.RawMessage(flagOn)}, Host{})
	_, err := c.Call(context.Background(), "update", []byte(`{"document":`+flagOff+`}`))
	require.NoError(t, err)
	require.False(t, resolve(c, "b").Value.Bool)
	_, err = c.Call(context.Background(), "update", []byte(`{"document":{"x":1}}`))
	require.Error(t, err)
	require.False(t, resolve(c, "b").Value.Bool)
	_, err = c.Call(context.Background(), "update", []byte(`{"documents":{}}`))
	require.ErrorContains(t, err, "documents is not a parameter")
}

func TestEventsEndWithClosed(t *testing.T) {
	c := open(t, map[string]any{"document": json.RawMessage(flagOn)}, Host{})
	c.Close()
	c.Close()
	got := events(c)
	require.Equal(t, Event{Type: "closed"}, got[len(got)-1])
	require.Equal(t, Closed, got[len(got)-2].Status.State)
	require.Equal(t, "the client is closed", resolve(c, "b").ErrorMessage)
}

func TestAHostThatDoesNotListenLosesTheOldestEvents(t *testing.T) {
	q := newEventQueue()
	for i := range maxEvents + 3 {
		q.add(Event{Type: "log", Message: fmt.Sprint(i)})
	}
	first, _ := q.take()
	require.Equal(t, Event{Type: "lost", Count: 3}, first)
	second, _ := q.take()
	require.Equal(t, "3", second.Message)
}

func TestAuthenticationCanBeReplacedWhileAFailureHidesTheFlags(t *testing.T) {
	server := newServer(t, 401, "no")
	c := open(t, map[string]any{"url": server.URL, "error_strategy": "fail"}, Host{})
	_, err := c.Call(context.Background(), "flipt.update_authentication", []byte(`{"authentication":{"client_token":"good"}}`))
	require.NoError(t, err)
	server.answer(200, flagOn)
	_, err = refresh(c)
	require.NoError(t, err)
	require.Equal(t, "Bearer good", *server.auth.Load())
	require.True(t, resolve(c, "b").Value.Bool)
}

func TestRefreshDoesNotWaitForEver(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	c := open(t, map[string]any{"url": server.URL, "start_wait_ms": 0}, Host{})
	_, err := c.Call(context.Background(), "refresh", []byte(`{"timeout_ms":10}`))
	var known *eval.Error
	require.ErrorAs(t, err, &known)
	require.Equal(t, eval.CodeTimeout, known.Code)
}

func TestRefreshOfAMissingFileEndsEachTime(t *testing.T) {
	c := open(t, map[string]any{"file": filepath.Join(t.TempDir(), "none.json")}, Host{})
	for range 3 {
		_, err := refresh(c)
		require.Error(t, err)
		require.NotErrorIs(t, err, context.DeadlineExceeded)
	}
}

func TestUpdateIsRefusedWhereTheClientFetches(t *testing.T) {
	server := newServer(t, 200, flagOn)
	c := open(t, map[string]any{"url": server.URL}, Host{})
	_, err := c.Call(context.Background(), "update", []byte(`{"document":`+flagOff+`}`))
	var known *eval.Error
	require.ErrorAs(t, err, &known)
	require.Equal(t, eval.CodeInvalidRequest, known.Code)
	require.True(t, resolve(c, "b").Value.Bool)
}

func TestAnUnchangedAnswerIsKeptForAForkAndOnDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "flags.cache")
	server := newServer(t, 200, flagOn)
	options := map[string]any{"url": server.URL, "cache_path": path}
	first := open(t, options, Host{})
	require.Eventually(t, func() bool { _, err := os.Stat(path); return err == nil }, 10*time.Second, time.Millisecond)
	first.Close()
	var last atomic.Pointer[string]
	second := open(t, options, Host{Saved: func(o []byte) { s := string(o); last.Store(&s) }})
	require.Eventually(t, func() bool { return second.Status().State == Ready }, 10*time.Second, time.Millisecond)
	require.Eventually(t, func() bool { return strings.Contains(*last.Load(), `"restore"`) }, 10*time.Second, time.Millisecond)
}

func TestACachePathThatIsNoFileIsRefused(t *testing.T) {
	for _, path := range []string{"", t.TempDir()} {
		text, err := json.Marshal(map[string]any{"document": json.RawMessage(flagOn), "cache_path": path})
		require.NoError(t, err)
		_, err = Open(text, Host{})
		require.ErrorContains(t, err, "cache_path ")
	}
}
