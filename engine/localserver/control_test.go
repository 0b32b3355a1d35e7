package localserver

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// controlled returns a function that calls the control endpoint.
func controlled(t *testing.T, s *Server) func(method, path, body string) (int, string) {
	t.Helper()
	control := httptest.NewServer(s.Control())
	t.Cleanup(control.Close)
	return func(method, path, body string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), method, control.URL+path, strings.NewReader(body))
		require.NoError(t, err)
		response, err := control.Client().Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		answer, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(answer)
	}
}

func TestControl(t *testing.T) {
	s := StartTest(t, Options{})
	call := controlled(t, s)
	status := func(method, path, body string) int {
		code, _ := call(method, path, body)
		return code
	}

	assert.Equal(t, 204, status("PUT", "/document", string(withFlag("one"))))
	assert.Equal(t, 204, status("PUT", "/document?namespace=shop&environment=staging", string(withFlag("two"))))
	_, body := get(t, s.URL()+snapshotURL+"default")
	assert.Contains(t, body, `"one"`)
	_, body = get(t, s.URL()+snapshotURL+"shop", "X-Flipt-Environment", "staging")
	assert.Contains(t, body, `"two"`)

	assert.Equal(t, 204, status("PUT", "/faults", `[{"kind":"answer","status":429,"headers":{"Retry-After":"1"},"times":2}]`))
	response, _ := get(t, s.URL()+snapshotURL+"default")
	assert.Equal(t, 429, response.StatusCode)
	_, body = call("GET", "/faults", "")
	assert.JSONEq(t, `[{"kind":"answer","status":429,"headers":{"Retry-After":"1"},"times":1}]`, body)
	assert.Equal(t, 204, status("DELETE", "/faults", ""))
	_, body = call("GET", "/faults", "")
	assert.JSONEq(t, `[]`, body)

	for _, bad := range []string{`{}`, `[{"kind":"x"}]`, `[{"kind":"none","delay":1}]`, ``} {
		code, body := call("PUT", "/faults", bad)
		assert.Equal(t, 400, code, "faults %s", bad)
		assert.Contains(t, body, `{"error":"`)
	}

	_, body = call("GET", "/requests", "")
	var requests []Request
	require.NoError(t, json.Unmarshal([]byte(body), &requests))
	require.Len(t, requests, 3)
	assert.Equal(t, "answer", requests[2].Fault)
	assert.Equal(t, 204, status("DELETE", "/requests", ""))
	_, body = call("GET", "/requests", "")
	assert.JSONEq(t, `[]`, body)

	assert.Equal(t, 204, status("PUT", "/auth", `{"token":"t"}`))
	response, _ = get(t, s.URL()+snapshotURL+"default")
	assert.Equal(t, 401, response.StatusCode)
	response, _ = get(t, s.URL()+snapshotURL+"default", "Authorization", "Bearer t")
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, 204, status("PUT", "/auth", `{}`))

	stream := openStream(t, s, "default", "default")
	nextLine(t, stream)
	_, body = call("GET", "/status", "")
	assert.JSONEq(t, `{"url":"`+s.URL()+`","streams":1}`, body)
	assert.Equal(t, 204, status("DELETE", "/connections", ""))
	_, err := stream.ReadString('\n')
	require.Error(t, err)

	assert.Equal(t, 204, status("DELETE", "/document", ""))
	response, _ = get(t, s.URL()+snapshotURL+"default")
	assert.Equal(t, 404, response.StatusCode)
	assert.Equal(t, 404, status("GET", "/nothing", ""))
}
