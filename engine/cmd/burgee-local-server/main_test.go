package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/localserver"
)

// TestMain lets the test binary be the program, so that the tests run it as a process.
func TestMain(m *testing.M) {
	if os.Getenv("BURGEE_LOCAL_SERVER_TEST") == "1" {
		main()
		return
	}
	os.Exit(m.Run())
}

const demo = "../../../testdata/flags/demo.features.yaml"

type process struct {
	*exec.Cmd
	stdin  io.WriteCloser
	rest   *bufio.Reader
	stderr *bytes.Buffer
	ready  map[string]string
}

func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.CommandContext(t.Context(), os.Args[0], args...), stderr: &bytes.Buffer{}}
	p.Env = append(os.Environ(), "BURGEE_LOCAL_SERVER_TEST=1")
	p.Stderr = p.stderr
	var err error
	p.stdin, err = p.StdinPipe()
	require.NoError(t, err)
	stdout, err := p.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.Start())
	p.rest = bufio.NewReader(stdout)
	line, err := p.rest.ReadString('\n')
	if err != nil {
		_ = p.Wait()
		require.NoError(t, err, "stderr: %s", p.stderr)
	}
	require.NoError(t, json.Unmarshal([]byte(line), &p.ready))
	require.Len(t, p.ready, 2)
	return p
}

// ends waits for the process and checks that it ended well and wrote nothing more.
func (p *process) ends(t *testing.T) {
	t.Helper()
	more, err := io.ReadAll(p.rest)
	require.NoError(t, err)
	assert.Empty(t, more, "stdout has exactly one line")
	require.NoError(t, p.Wait(), "stderr: %s", p.stderr)
}

func status(t *testing.T, method, url, body string, headers ...string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	return response.StatusCode
}

func TestItServesAndEndsWhenStdinCloses(t *testing.T) {
	p := start(t, "--file", demo, "--token", "secret")
	url := p.ready["url"] + "/internal/v1/evaluation/snapshot/namespace/default"
	assert.Equal(t, 401, status(t, "GET", url, ""))
	assert.Equal(t, 200, status(t, "GET", url, "", "Authorization", "Bearer secret"))
	assert.Equal(t, 204, status(t, "PUT", p.ready["control"]+"/faults", `[{"kind":"answer","status":503}]`))
	assert.Equal(t, 503, status(t, "GET", url, "", "Authorization", "Bearer secret"))
	require.NoError(t, p.stdin.Close())
	p.ends(t)
}

func TestItServesOtherVendors(t *testing.T) {
	const document = `{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[],"segments":[]}}`
	file := filepath.Join(t.TempDir(), "environment.json")
	require.NoError(t, os.WriteFile(file, []byte(document), 0o600))
	const secret = "burgee-local-secret-00another-environment-xx"
	for _, c := range []struct {
		args           []string
		header, secret string
	}{
		{[]string{"--backend", "featbit"}, "Authorization", localserver.FeatBitSecret},
		{[]string{"--backend", "featbit", "--secret", secret, "--clock-offset", "-45s", "--count-events"}, "Authorization", secret},
		{[]string{"--backend", "featureflagco"}, "envSecret", localserver.FeatureFlagCoSecret},
	} {
		p := start(t, append(c.args, "--file", file)...)
		url := p.ready["url"] + "/api/public/sdk/server/latest-all"
		assert.Equal(t, 401, status(t, "GET", url, ""))
		assert.Equal(t, 200, status(t, "GET", url, "", c.header, c.secret))
		assert.Equal(t, 200, status(t, "GET", p.ready["control"]+"/wait?requests=2", ""))
		require.NoError(t, p.stdin.Close())
		p.ends(t)
	}
}

func TestItServesFlagship(t *testing.T) {
	const demo = "../../../testdata/flags/demo.flagship.json"
	for _, c := range []struct {
		args             []string
		environment, key string
	}{
		{nil, localserver.FlagshipEnvironment, localserver.FlagshipKey}, {[]string{"--env-id", "E", "--api-key", "K"}, "E", "K"},
	} {
		p := start(t, append(c.args, "--backend", "flagship", "--file", demo)...)
		assert.Equal(t, 200, status(t, "GET", p.ready["url"]+"/"+c.environment+"/bucketing.json", ""))
		campaigns := p.ready["url"] + "/v2/" + c.environment + "/campaigns"
		assert.Equal(t, 403, status(t, "POST", campaigns, "{}"))
		assert.Equal(t, 200, status(t, "POST", campaigns, `{"visitorId":"v"}`, "X-Api-Key", c.key))
		assert.Equal(t, 200, status(t, "GET", p.ready["control"]+"/wait?activations=3", ""))
		require.NoError(t, p.stdin.Close())
		p.ends(t)
	}
}

func TestItEndsOnSignals(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		p := start(t, "--file", demo, "--keep")
		require.NoError(t, p.stdin.Close())
		assert.Equal(t, 200, status(t, "GET", p.ready["control"]+"/status", ""), "with --keep it lives on without stdin")
		require.NoError(t, p.Process.Signal(signal))
		p.ends(t)
	}
}

func TestTLSWritesCertificates(t *testing.T) {
	dir := t.TempDir()
	p := start(t, "--file", demo, "--tls", dir, "--require-client-cert")
	assert.Regexp(t, `^https://127\.0\.0\.1:\d+$`, p.ready["url"])
	assert.Regexp(t, `^http://127\.0\.0\.1:\d+$`, p.ready["control"])
	for _, name := range []string{"ca.pem", "client.pem", "client.key"} {
		assert.FileExists(t, filepath.Join(dir, name))
	}
	require.NoError(t, p.stdin.Close())
	p.ends(t)
}

func TestBadArguments(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--file", "missing.yaml"}, "missing.yaml"}, {[]string{"--nonsense"}, "nonsense"}, {[]string{"extra"}, `"extra"`},
		{[]string{"--backend", "x"}, "featureflagco"}, {[]string{"--backend", "featbit", "--secret", "x"}, `"x"`}, {[]string{"--clock-offset", "x"}, `"x"`},
		{[]string{"--require-client-cert"}, "--tls"}, {[]string{"--listen", "nowhere"}, "nowhere"}, {[]string{"--control", "nowhere"}, "nowhere"},
	} {
		err := run(t.Context(), c.args, strings.NewReader(""), io.Discard, io.Discard)
		require.ErrorContains(t, err, c.want)
	}
}

func TestHelpNamesEveryFaultAndOption(t *testing.T) {
	var help bytes.Buffer
	require.Error(t, run(t.Context(), []string{"--help"}, strings.NewReader(""), io.Discard, &help))
	for _, word := range []string{
		"--env-id", "--api-key", "/bucketing.json", "PUT    /refuse", localserver.FlagshipEnvironment, localserver.FlagshipKey,
		"--backend", "--secret", "--clock-offset", "--count-events", "half_frame", "after_messages", "drop_messages", "lose_answer", "share",
		"PATCH  /flag", "GET    /events", "GET    /wait", localserver.FeatBitSecret, localserver.FeatureFlagCoSecret,
		"--file", "--listen", "--control", "--token", "--jwt", "--tls", "--require-client-cert", "--flipt-v1", "--keep", "--quiet",
		"PUT    /faults", "GET    /requests", "none", "answer", "hang", "cut", "reset", "garbage", "redirect_loop", "not_modified", "oversize",
		"stream", "refuse", "tls_wrong_name", "tls_expired", "tls_untrusted", "tls_plain_text", "stall", "close", "continue",
	} {
		assert.Contains(t, help.String(), word)
	}
}
