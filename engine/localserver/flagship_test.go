package localserver

import (
	"compress/gzip"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	fileURL      = "/" + FlagshipEnvironment + "/bucketing.json"
	campaignsURL = "/v2/" + FlagshipEnvironment + "/campaigns"
)

// environmentWith is an environment file of one campaign, which gives everybody the flag f.
func environmentWith(value string) string {
	return `{"campaigns":[` + campaignFor(everybody, value) + `]}`
}

const everybody = `{"operator":"EQUALS","key":"fs_all_users","value":""}`

func campaignFor(rule, value string) string {
	return `{"id":"c","type":"ab","variationGroups":[{"id":"g","targeting":{"targetingGroups":[{"targetings":[` + rule + `]}]},` +
		`"variations":[{"id":"v","allocation":100,"modifications":{"type":"FLAG","value":{"f":` + value + `}}}]}]}`
}

func startFlagship(t *testing.T, file string) *Server {
	t.Helper()
	s := StartTest(t, Options{Backend: BackendFlagship})
	require.NoError(t, s.SetDocument("", []byte(file)))
	return s
}

// call sends a body and returns the answer.
func call(t *testing.T, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := plainClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(text)
}

func TestEnvironmentFileIsDated(t *testing.T) {
	const first, second = ` {"campaigns":[]} `, `{"panic":true}`
	s := startFlagship(t, first)
	response, body := get(t, s.URL()+fileURL)
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, "application/json", response.Header.Get("Content-Type"))
	assert.Empty(t, response.Header.Get("Etag"))
	assert.Equal(t, first, body, "it is delivered as it is")
	date := response.Header.Get("Last-Modified")

	response, body = get(t, s.URL()+fileURL, "If-Modified-Since", date)
	assert.Equal(t, 304, response.StatusCode)
	assert.Equal(t, date, response.Header.Get("Last-Modified"))
	assert.Empty(t, body)
	response, _ = get(t, s.URL()+fileURL, "If-Modified-Since", "yesterday", "If-None-Match", "x")
	assert.Equal(t, 200, response.StatusCode)

	// Within the same second, too, the date grows.
	require.NoError(t, s.SetDocument("", []byte(second)))
	response, body = get(t, s.URL()+fileURL, "If-Modified-Since", date)
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, second, body)
	assert.True(t, dateOf(t, response).After(parseDate(t, date)))
	again, _ := get(t, s.URL()+"/cdn"+fileURL, "If-Modified-Since", response.Header.Get("Last-Modified"))
	assert.Equal(t, 304, again.StatusCode)

	s.RemoveDocument("", "")
	gone, _ := get(t, s.URL()+fileURL)
	assert.Equal(t, 404, gone.StatusCode)
	require.NoError(t, s.SetDocument("", []byte(first)))
	back, _ := get(t, s.URL()+fileURL)
	assert.True(t, dateOf(t, back).After(dateOf(t, response)))
}

func dateOf(t *testing.T, response *http.Response) time.Time {
	return parseDate(t, response.Header.Get("Last-Modified"))
}

func parseDate(t *testing.T, text string) time.Time {
	t.Helper()
	parsed, err := http.ParseTime(text)
	require.NoError(t, err)
	return parsed
}

func TestEnvironmentFileIsCompressed(t *testing.T) {
	s := startFlagship(t, environmentWith(`"one"`))
	response := open(t, s.URL()+fileURL, "Accept-Encoding", "gzip, deflate")
	assert.Equal(t, "gzip", response.Header.Get("Content-Encoding"))
	plain, err := gzip.NewReader(response.Body)
	require.NoError(t, err)
	body, err := io.ReadAll(plain)
	require.NoError(t, err)
	assert.Equal(t, environmentWith(`"one"`), string(body))
}

func TestHeadersOfTheEnvironmentFile(t *testing.T) {
	s := startFlagship(t, environmentWith("1"))
	dated, _ := get(t, s.URL()+fileURL)
	require.NoError(t, s.SetFileHeaders(false, true))
	response, _ := get(t, s.URL()+fileURL, "If-Modified-Since", dated.Header.Get("Last-Modified"))
	assert.Equal(t, 200, response.StatusCode)
	assert.Empty(t, response.Header.Get("Last-Modified"))
	tag := response.Header.Get("Etag")
	assert.Regexp(t, `^"[0-9a-f]{40}"$`, tag)
	response, _ = get(t, s.URL()+fileURL, "If-None-Match", tag)
	assert.Equal(t, 304, response.StatusCode)
	require.NoError(t, s.SetFileHeaders(true, false))
	response, _ = get(t, s.URL()+fileURL, "If-None-Match", tag)
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, dated.Header.Get("Last-Modified"), response.Header.Get("Last-Modified"))
}

func TestFlagshipFileIsReloaded(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "bucketing.json"), environmentWith(`"one"`))
	s := StartTest(t, Options{Backend: BackendFlagship, Files: []string{path}, ReloadInterval: time.Millisecond})
	before, body := get(t, s.URL()+fileURL)
	assert.Equal(t, environmentWith(`"one"`), body)
	write(t, path, environmentWith(`"two"`))
	require.Eventually(t, func() bool {
		response, body := get(t, s.URL()+fileURL)
		return body == environmentWith(`"two"`) && dateOf(t, response).After(dateOf(t, before))
	}, time.Minute, time.Millisecond)
	write(t, path, "{")
	write(t, path, environmentWith(`"three"`))
	require.Eventually(t, func() bool {
		_, body := get(t, s.URL()+fileURL)
		return body == environmentWith(`"three"`)
	}, time.Minute, time.Millisecond)
}

func TestAFileThatIsNoEnvironmentChangesNothing(t *testing.T) {
	s := startFlagship(t, environmentWith("1"))
	for _, bad := range []string{"", "[]", "{", `{"campaigns":5}`} {
		require.Error(t, s.SetDocument("", []byte(bad)), bad)
	}
	_, body := get(t, s.URL()+fileURL)
	assert.Equal(t, environmentWith("1"), body)
}

func TestSegmentsAndSettings(t *testing.T) {
	s := startFlagship(t, `{"campaigns":[],"accountSettings":{"enabledXPC":true,"eaiCollectEnabled":false}}`)
	_, body := get(t, s.URL()+"/"+FlagshipEnvironment+"/accountSettings.json")
	assert.JSONEq(t, `{"accountSettings":{"enabledXPC":true,"eaiCollectEnabled":false}}`, body)

	const gold = `[{"visitor_id":"a/b","segment":"gold","value":"true","expiration":1,"partner":"mixpanel"}]`
	require.NoError(t, s.SetSegments("a/b", []byte(gold)))
	for path, want := range map[string]string{"a/b": gold, "a%2Fb": gold, "other": "[]"} {
		response, body := get(t, s.URL()+"/accounts/"+FlagshipEnvironment+"/segments/"+path)
		assert.Equal(t, 200, response.StatusCode)
		assert.Equal(t, want, body, path)
	}
	require.NoError(t, s.SetSegments("", nil))
	_, body = get(t, s.URL()+"/segments/accounts/"+FlagshipEnvironment+"/segments/a/b")
	assert.Equal(t, "[]", body)
	require.Error(t, s.SetSegments("", []byte("[]")))
}

func TestWhereNothingIs(t *testing.T) {
	s := startFlagship(t, environmentWith("1"))
	key := []string{"X-Api-Key", FlagshipKey}
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/other/bucketing.json", 404}, {"GET", "/other/accountSettings.json", 404}, {"GET", "/nothing", 404},
		{"GET", "/accounts/other/segments/v", 404}, {"POST", "/v2/other/campaigns", 404}, {"POST", "/v2/other/events", 404},
		{"POST", fileURL, 405}, {"GET", campaignsURL, 405}, {"GET", "/", 405}, {"GET", "/events", 405}, {"GET", "/v2/activate", 405},
		{"GET", "/cdn/cdn" + fileURL, 404}, {"POST", "/analytics", 204}, {"POST", "/events/troubleshooting", 204},
	} {
		response, body := call(t, c.method, s.URL()+c.path, "{}", key...)
		assert.Equal(t, c.status, response.StatusCode, "%v: %s", c, body)
	}
}

func TestFlagshipOptionsThatMakeNoSense(t *testing.T) {
	for want, options := range map[string]Options{
		"Flagship has an environment id": {Token: "t"}, "nothing else": {Secret: "s"}, "a/b": {Environment: "a/b"}, "V1": {V1: true},
		"2 files": {Files: []string{"a", "b"}},
	} {
		options.Backend = BackendFlagship
		_, err := Start(options)
		require.ErrorContains(t, err, want)
	}
	_, err := Start(Options{Key: "k"})
	require.ErrorContains(t, err, "Flipt has a token")
	flipt := StartTest(t, Options{})
	for _, err := range []error{
		flipt.SetEnvironment("", ""), flipt.SetSegments("v", nil), flipt.RefuseVisitors(0), flipt.SetFileHeaders(true, true),
		flipt.ForgetAssignments(),
	} {
		require.ErrorContains(t, err, "only flagship")
	}
}
