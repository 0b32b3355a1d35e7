package localserver

import (
	"bufio"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const snapshotURL = "/internal/v1/evaluation/snapshot/namespace/"

// plainClient neither adds Accept-Encoding nor follows redirects, so that answers are seen as they are.
var plainClient = &http.Client{
	Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func withFlag(flag string) []byte {
	return []byte(`{"namespace":{"key":"default"},"flags":[{"key":"` + flag + `","name":"","enabled":true,"type":"BOOLEAN_FLAG_TYPE"}]}`)
}

func get(t *testing.T, url string, headers ...string) (*http.Response, string) {
	t.Helper()
	response := open(t, url, headers...)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(body)
}

func open(t *testing.T, url string, headers ...string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := plainClient.Do(request)
	require.NoError(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

func TestSnapshot(t *testing.T) {
	s := StartTest(t, Options{})
	s.SetDocument("default", withFlag("one"))

	response, body := get(t, s.URL()+snapshotURL+"default?reference=main")
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, "application/json", response.Header.Get("Content-Type"))
	etag := response.Header.Get("ETag")
	assert.Regexp(t, regexp.MustCompile(`^[0-9a-f]{40}$`), etag, "the ETag has no quotes")
	assert.JSONEq(t, strings.TrimSuffix(string(withFlag("one")), "}")+`,"digest":"`+etag+`"}`, body)

	response, body = get(t, s.URL()+snapshotURL+"default", "If-None-Match", etag)
	assert.Equal(t, 304, response.StatusCode)
	assert.Equal(t, etag, response.Header.Get("ETag"))
	assert.Empty(t, body)

	response, _ = get(t, s.URL()+snapshotURL+"default", "If-None-Match", `"`+etag+`"`)
	assert.Equal(t, 200, response.StatusCode, "a quoted ETag never matches")

	s.SetDocument("default", withFlag("two"))
	response, body = get(t, s.URL()+snapshotURL+"default", "If-None-Match", etag)
	assert.Equal(t, 200, response.StatusCode)
	assert.NotEqual(t, etag, response.Header.Get("ETag"))
	assert.Contains(t, body, `"two"`)
}

func TestSnapshotIsCompressedOnlyWhenAccepted(t *testing.T) {
	s := StartTest(t, Options{})
	s.SetDocument("default", withFlag("one"))
	response, body := get(t, s.URL()+snapshotURL+"default")
	assert.Empty(t, response.Header.Get("Content-Encoding"))

	compressed := open(t, s.URL()+snapshotURL+"default", "Accept-Encoding", "gzip, deflate")
	assert.Equal(t, "gzip", compressed.Header.Get("Content-Encoding"))
	zip, err := gzip.NewReader(compressed.Body)
	require.NoError(t, err)
	unpacked, err := io.ReadAll(zip)
	require.NoError(t, err)
	assert.Equal(t, body, string(unpacked))
}

func TestPaths(t *testing.T) {
	s := StartTest(t, Options{})
	s.SetDocument("default", withFlag("one"))
	s.SetDocument("with space/slash", withFlag("two"))
	for path, want := range map[string]int{
		snapshotURL + "default":                    200,
		snapshotURL + "default/":                   200,
		snapshotURL + "with%20space%2Fslash":       200,
		"/" + snapshotURL + "default":              404,
		snapshotURL + "default/more":               404,
		"/":                                        404,
		"/client/v2/environments/default/stream":   404,
		snapshotURL:                                404,
		"/internal/v1/evaluation/snapshot/default": 404,
	} {
		response, _ := get(t, s.URL()+path)
		assert.Equal(t, want, response.StatusCode, "path %s", path)
	}
	response, body := get(t, s.URL()+snapshotURL+"missing")
	assert.Equal(t, 404, response.StatusCode)
	assert.Equal(t, `{"code":5, "message":"evaluation snapshot for namespace \"missing\" not found", "details":[]}`, body)
}

func TestEnvironments(t *testing.T) {
	s := StartTest(t, Options{})
	s.SetDocument("default", withFlag("one"))
	s.SetDocumentIn("staging", "default", withFlag("two"))
	for _, c := range []struct {
		header, want string
		status       int
	}{{"", `"one"`, 200}, {"default", `"one"`, 200}, {"staging", `"two"`, 200}, {"moon", `"code":5`, 404}} {
		response, body := get(t, s.URL()+snapshotURL+"default", "X-Flipt-Environment", c.header)
		assert.Equal(t, c.status, response.StatusCode, "header %q", c.header)
		assert.Contains(t, body, c.want, "header %q", c.header)
	}
	// The path wins over the header; an unknown one in the path is as if it were not there.
	assert.Contains(t, nextLine(t, openStream(t, s, "staging", "default", "X-Flipt-Environment", "default")), `"two"`)
	assert.Contains(t, nextLine(t, openStream(t, s, "moon", "default", "X-Flipt-Environment", "staging")), `"two"`)
	assert.Contains(t, nextLine(t, openStream(t, s, "moon", "default")), `"one"`)
}

func TestAuthentication(t *testing.T) {
	s := StartTest(t, Options{Token: "secret", JWT: "a.b.c"})
	s.SetDocument("default", withFlag("one"))
	for header, want := range map[string]int{
		"": 401, "Bearer secret": 200, "JWT a.b.c": 200, "bearer secret": 401, "Bearer a.b.c": 401, "JWT secret": 401, "Bearer wrong": 401,
	} {
		for _, path := range []string{snapshotURL + "default", streamURL("default", "default")} {
			response := open(t, s.URL()+path, "Authorization", header)
			assert.Equal(t, want, response.StatusCode, "header %q, path %s", header, path)
		}
	}
	_, body := get(t, s.URL()+snapshotURL+"default")
	assert.JSONEq(t, `{"code":16,"message":"request was not authenticated","details":[]}`, body)

	s.SetAuthentication("", "")
	response, _ := get(t, s.URL()+snapshotURL+"default")
	assert.Equal(t, 200, response.StatusCode)
}

func TestRequestsAreRecorded(t *testing.T) {
	s := StartTest(t, Options{})
	start := time.Now()
	get(t, s.URL()+snapshotURL+"x?reference=a%20b", "Authorization", "Bearer secret", "X-Flipt-Environment", "e")
	requests := s.Requests()
	require.Len(t, requests, 1)
	assert.Equal(t, "GET", requests[0].Method)
	assert.Equal(t, snapshotURL+"x?reference=a%20b", requests[0].Path)
	assert.Equal(t, []string{"Bearer secret"}, requests[0].Headers["Authorization"])
	assert.Equal(t, []string{"e"}, requests[0].Headers["X-Flipt-Environment"])
	assert.Equal(t, []string{strings.TrimPrefix(s.URL(), "http://")}, requests[0].Headers["Host"])
	assert.False(t, requests[0].Time.Before(start))
	s.ForgetRequests()
	assert.Empty(t, s.Requests())
}

func streamURL(environment, namespace string) string {
	return "/client/v2/environments/" + environment + "/namespaces/" + namespace + "/stream"
}

func openStream(t *testing.T, s *Server, environment, namespace string, headers ...string) *bufio.Reader {
	t.Helper()
	response := open(t, s.URL()+streamURL(environment, namespace), headers...)
	require.Equal(t, 200, response.StatusCode)
	return bufio.NewReader(response.Body)
}

func nextLine(t *testing.T, stream *bufio.Reader) string {
	t.Helper()
	line, err := stream.ReadString('\n')
	require.NoError(t, err)
	return line
}

func TestStreamSendsTheDocumentAndEveryChange(t *testing.T) {
	s := StartTest(t, Options{})
	s.SetDocument("default", []byte("{\n\"namespace\": {\"key\": \"default\"},\n\"flags\": []\n}"))
	stream := openStream(t, s, "default", "default")
	first := nextLine(t, stream)
	digest := regexp.MustCompile(`"digest":"([0-9a-f]{40})"`).FindStringSubmatch(first)
	require.NotNil(t, digest, "line: %s", first)
	assert.Equal(t, `{"result":{"namespace":{"key":"default"},"flags":[],"digest":"`+digest[1]+`"}}`+"\n", first)
	for _, flag := range []string{"a", "b", "c"} { // none is left out, however fast they come
		s.SetDocument("default", withFlag(flag))
	}
	s.SetDocument("other", withFlag("not here"))
	for _, flag := range []string{"a", "b", "c"} {
		assert.Contains(t, nextLine(t, stream), `"key":"`+flag+`"`)
	}
	assert.Equal(t, 1, s.Streams())
}

func TestStreamWithDigestSkipsWhatTheClientHas(t *testing.T) {
	s := StartTest(t, Options{})
	s.SetDocument("default", withFlag("one"))
	response, _ := get(t, s.URL()+snapshotURL+"default")
	etag := response.Header.Get("ETag")

	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+streamURL("default", "default")+"?digest="+etag, nil)
	require.NoError(t, err)
	lines := make(chan string, 1)
	go func() {
		response, err := plainClient.Do(request)
		if err != nil {
			lines <- err.Error()
			return
		}
		defer response.Body.Close()
		line, _ := bufio.NewReader(response.Body).ReadString('\n')
		lines <- line
	}()
	require.Eventually(t, func() bool { return s.Streams() == 1 }, time.Minute, time.Millisecond)
	s.SetDocument("default", withFlag("two"))
	assert.Contains(t, <-lines, `"two"`)

	response, body := get(t, s.URL()+streamURL("default", "default")+"?digest=abc")
	assert.Equal(t, 400, response.StatusCode)
	assert.JSONEq(t, `{"error":{"code":3,"message":"invalid field digest: must be a 40-character string","details":[]}}`, body)
}

func TestStreamOfAnUnknownNamespaceSendsNoHeadUntilItExists(t *testing.T) {
	s := StartTest(t, Options{})
	heads := make(chan *http.Response, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL()+streamURL("default", "late"), nil)
	require.NoError(t, err)
	go func() {
		response, _ := plainClient.Do(request) //nolint:bodyclose // closed below
		heads <- response
	}()
	require.Eventually(t, func() bool { return s.Streams() == 1 }, time.Minute, time.Millisecond)
	assert.Empty(t, heads)
	s.SetDocument("late", withFlag("one"))
	response := <-heads
	require.NotNil(t, response)
	defer response.Body.Close()
	assert.Contains(t, nextLine(t, bufio.NewReader(response.Body)), `"one"`)
	cancel()
	require.Eventually(t, func() bool { return s.Streams() == 0 }, time.Minute, time.Millisecond, "the stream ends with its client")
}

func TestStreamAsServerSentEvents(t *testing.T) {
	s := StartTest(t, Options{})
	s.SetDocument("default", withFlag("one"))
	snapshot, _ := get(t, s.URL()+snapshotURL+"default")
	digest := snapshot.Header.Get("ETag")
	response := open(t, s.URL()+streamURL("default", "default"), "Accept", "text/event-stream")
	assert.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
	stream := bufio.NewReader(response.Body)
	assert.Equal(t, "id: "+digest[:9]+"\n", nextLine(t, stream))
	assert.Equal(t, `data: {"etag":"`+digest+`","type":"refetchEvaluation"}`+"\n", nextLine(t, stream))
	assert.Equal(t, "\n", nextLine(t, stream))
	s.SetDocument("default", withFlag("two"))
	assert.Regexp(t, `^id: [0-9a-f]{9}\n$`, nextLine(t, stream))
}
