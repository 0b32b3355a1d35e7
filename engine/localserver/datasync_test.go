package localserver

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
)

// An environment of FeatBit: a flag that uses a segment, an archived one, and a segment.
const (
	flagA = `{"key":"a","isArchived":false,"rules":[{"conditions":[{"property":"User is in segment","op":null,"value":"[\"s\"]"}]}],` +
		`"updatedAt":"2024-03-05T09:30:00.1237Z"}`
	flagB    = `{"key":"b","isArchived":true,"rules":[],"updatedAt":"2024-03-05T09:30:02Z"}`
	segmentS = `{"id":"s","included":[],"updatedAt":"2024-03-05T09:30:01.5Z"}`
	atA      = 1709631000123 // of flag a, cut to milliseconds
	atB      = 1709631002000
	atS      = 1709631001500
)

func whole(event, flags, segments string) string {
	return `{"messageType":"data-sync","data":{"eventType":"` + event + `","featureFlags":[` + flags + `],"segments":[` + segments + `]}}`
}

var featBitDocument = whole("full", flagA+","+flagB, segmentS)

func startFeatBit(t *testing.T, options Options) *Server {
	t.Helper()
	options.Backend = BackendFeatBit
	s := StartTest(t, options)
	require.NoError(t, s.SetDocument("", []byte(featBitDocument)))
	return s
}

func streamingURL(s *Server, query string) string {
	return strings.Replace(s.URL(), "http", "ws", 1) + "/streaming?" + query
}

func goodQuery(secret string) string {
	return "type=server&token=" + datasync.Token(secret, time.Now().UnixMilli(), 0.5)
}

// dial opens a socket with a query; handshakes that fail fail the test.
func dial(t *testing.T, s *Server, query string) *websocket.Conn {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), streamingURL(s, query), nil) //nolint:bodyclose // the library closes it
	require.NoError(t, err)
	conn.SetReadLimit(-1)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return conn
}

// connected opens a good socket and waits until the server counts it.
func connected(t *testing.T, s *Server) *websocket.Conn {
	t.Helper()
	before := s.Streams()
	conn := dial(t, s, goodQuery(*s.dataSync.secret.Load()))
	require.Eventually(t, func() bool { return s.Streams() == before+1 }, time.Minute, time.Millisecond)
	return conn
}

func say(t *testing.T, conn *websocket.Conn, text string) {
	t.Helper()
	require.NoError(t, conn.Write(t.Context(), websocket.MessageText, []byte(text)))
}

func hear(t *testing.T, conn *websocket.Conn) string {
	t.Helper()
	kind, text, err := conn.Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, websocket.MessageText, kind)
	return string(text)
}

func exchange(t *testing.T, conn *websocket.Conn, text string) string {
	t.Helper()
	say(t, conn, text)
	return hear(t, conn)
}

func syncRequest(since int64) string { return string(datasync.Request(since)) }

// closing reads until the server closes, and returns its code and reason.
func closing(t *testing.T, conn *websocket.Conn) websocket.CloseError {
	t.Helper()
	var closed websocket.CloseError
	for {
		if _, _, err := conn.Read(t.Context()); err != nil {
			require.ErrorAs(t, err, &closed)
			return closed
		}
	}
}

var refused = websocket.CloseError{Code: 4003, Reason: "invalid request, close by server"}

func TestTokensOfTheVectorsAreLetInAtTheirTimeOnly(t *testing.T) {
	var vectors struct {
		Encode []struct {
			Secret, Token string
			NowMs         int64
		}
		Decode struct {
			Cases []struct {
				Token   string
				Decoded struct{ Valid bool }
			}
		}
	}
	text, err := os.ReadFile("../../testdata/vectors/featbit/tokens.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &vectors))
	const platformLength = 44
	tried := 0
	for _, vector := range vectors.Encode {
		if len(vector.Secret) != platformLength || strings.HasSuffix(vector.Secret, "=") {
			continue // no secret that the platform hands out
		}
		tried++
		s := startFeatBit(t, Options{Secret: vector.Secret})
		for offset, admitted := range map[time.Duration]bool{
			0: true, 25 * time.Second: true, -25 * time.Second: true, 31 * time.Second: false, -31 * time.Second: false,
		} {
			require.NoError(t, s.SetClockOffset(time.Until(time.UnixMilli(vector.NowMs))+offset))
			conn := dial(t, s, "type=server&token="+vector.Token)
			if admitted {
				assert.Equal(t, pong, exchange(t, conn, datasync.Ping), "token %s, %s later", vector.Token, offset)
			} else {
				assert.Equal(t, refused, closing(t, conn), "token %s, %s later", vector.Token, offset)
			}
		}
	}
	require.Greater(t, tried, 3)

	s := startFeatBit(t, Options{})
	for _, vector := range vectors.Decode.Cases {
		if !vector.Decoded.Valid {
			assert.Equal(t, refused, closing(t, dial(t, s, "type=server&token="+url.QueryEscape(vector.Token))), "token %s", vector.Token)
		}
	}
}

func TestHandshakesThatAreRefusedAreAcceptedAndClosed(t *testing.T) {
	s := startFeatBit(t, Options{})
	good := goodQuery(FeatBitSecret)
	token := strings.TrimPrefix(good, "type=server&")
	other := strings.Replace(FeatBitSecret, "b", "c", 1)
	for query, problem := range map[string]string{
		"": "type", token: "type", token + "&type=client": "type", token + "&type=Server": "type",
		"type=server": "token", "type=server&token=": "token", "type=server&token=QQQQ": "token", "type=server&token=" + FeatBitSecret: "token",
		good + "&version=3": "version", goodQuery(other): "secret",
		"type=server&token=" + datasync.Token(FeatBitSecret+"A", time.Now().UnixMilli(), 0.5):                  "cannot be read",
		"type=server&token=" + datasync.Token(FeatBitSecret, time.Now().Add(-31*time.Second).UnixMilli(), 0.5): "30 s",
	} {
		assert.Equal(t, refused, closing(t, dial(t, s, query)), "query %q", query)
		records := s.Sockets()
		assert.Contains(t, records[len(records)-1].Refused, problem, "query %q", query)
	}
	assert.Zero(t, s.Streams())
	for _, query := range []string{good, good + "&version=", good + "&version=1", good + "&version=2", token + "&type=server"} {
		assert.Equal(t, pong, exchange(t, dial(t, s, query), datasync.Ping), "query %q", query)
	}
}

func TestOnlyHandshakesBelowStreamingBecomeSockets(t *testing.T) {
	s := startFeatBit(t, Options{})
	upgrade := []string{
		"Connection", "keep-alive, Upgrade", "Upgrade", "WebSocket", "Sec-WebSocket-Version", "13", "Origin", "http://elsewhere", "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==",
	}
	for path, want := range map[string]int{
		"/streaming": 101, "/Streaming": 101, "/streaming/": 101, "/streaming/x": 101, "/streamings": 404, "/x/streaming": 404, "/": 404,
	} {
		assert.Equal(t, want, open(t, s.URL()+path+"?"+goodQuery(FeatBitSecret), upgrade...).StatusCode, "path %s", path)
	}
	assert.Equal(t, 404, open(t, s.URL()+"/streaming?"+goodQuery(FeatBitSecret)).StatusCode)
	assert.Equal(t, 400, open(t, s.URL()+"/streaming", append(upgrade[:8:8], "Sec-WebSocket-Key", "short")...).StatusCode)
}

func TestAnswersAreDatedByTheServersClock(t *testing.T) {
	s := startFeatBit(t, Options{ClockOffset: -time.Hour})
	require.NoError(t, s.SetFaults(Fault{Kind: FaultAnswer, Status: 401}, Fault{Kind: FaultNone}))
	for range 2 {
		response, _ := get(t, s.URL())
		date, err := http.ParseTime(response.Header.Get("Date"))
		require.NoError(t, err)
		assert.WithinDuration(t, time.Now().Add(-time.Hour), date, time.Minute)
	}
	conn := dial(t, s, goodQuery(FeatBitSecret))
	assert.Equal(t, refused, closing(t, conn))
}

func TestSecretIsReplaced(t *testing.T) {
	s := startFeatBit(t, Options{})
	other := strings.Replace(FeatBitSecret, "b", "c", 1)
	before := connected(t, s)
	require.NoError(t, s.SetSecret(other))
	assert.Equal(t, pong, exchange(t, before, datasync.Ping), "what is open stays open")
	assert.Equal(t, refused, closing(t, dial(t, s, goodQuery(FeatBitSecret))))
	assert.Equal(t, pong, exchange(t, dial(t, s, goodQuery(other)), datasync.Ping))
	require.ErrorContains(t, s.SetSecret("short"), "44 characters")
}

func TestDataSync(t *testing.T) {
	s := startFeatBit(t, Options{})
	conn := connected(t, s)
	for _, request := range []string{
		syncRequest(0), `{"messageType":"DATA-sync","data":{}}`, `{"data":{"timestamp":null},"messageType":"data-sync"}`,
		`{"messageType":"data-sync","data":{"timestamp":1.5}}`,
	} {
		assert.JSONEq(t, featBitDocument, exchange(t, conn, request), "request %s", request)
	}
	for since, want := range map[int64]string{
		1: whole("patch", flagA+","+flagB, segmentS), atA - 1: whole("patch", flagA+","+flagB, segmentS), atA: whole("patch", flagB, segmentS),
		atS: whole("patch", flagB, ""), atB: whole("patch", "", ""), -1: whole("patch", flagA+","+flagB, segmentS),
	} {
		assert.JSONEq(t, want, exchange(t, conn, syncRequest(since)), "since %d", since)
	}
}

func TestOtherMessages(t *testing.T) {
	s := startFeatBit(t, Options{})
	conn := connected(t, s)
	assert.Equal(t, `{"messageType":"pong","data":{}}`, exchange(t, conn, `{"messageType":"PING","data":null}`))
	assert.Equal(t, `{"messageType":"echo","data":{"x":[1, "é"]}}`, exchange(t, conn, `{"messageType":"Echo","data":{"x":[1, "é"]}}`))
	padding := func(length int) string {
		text := `{"messageType":"ping","data":""}`
		return strings.Replace(text, `""`, `"`+strings.Repeat("x", length-len(text))+`"`, 1)
	}
	overlooked := []string{
		"", "not json", "[]", "null", "5", `{}`, `{"messageType":"ping"}`, `{"data":{}}`, `{"messagetype":"ping","data":{}}`,
		`{"messageType":5,"data":{}}`, `{"messageType":"hello","data":{}}`, `{"messageType":"data-sync","data":null}`,
		`{"messageType":"data-sync","data":[]}`, `{"messageType":"data-sync","data":{"timestamp":"0"}}`, padding(4*2048 + 1), padding(64 << 10),
	}
	for _, text := range overlooked {
		say(t, conn, text)
	}
	assert.Equal(t, `{"messageType":"echo","data":1}`, exchange(t, conn, `{"messageType":"echo","data":1}`), "nothing came before, and the socket is open")
	assert.Equal(t, pong, exchange(t, conn, padding(4*2048)), "four fragments are not too many")
	records := s.Sockets()
	require.Len(t, records, 1)
	assert.Len(t, records[0].Received, 2+len(overlooked)+2)
}

func TestLatestAll(t *testing.T) {
	s := startFeatBit(t, Options{})
	latest := s.URL() + "/api/public/sdk/server/latest-all"
	header := []string{"Authorization", FeatBitSecret}
	response, body := get(t, latest, header...)
	assert.Equal(t, "application/json", response.Header.Get("Content-Type"))
	assert.JSONEq(t, featBitDocument, body)
	for since, want := range map[string]string{"0": featBitDocument, strconv.Itoa(atS): whole("patch", flagB, "")} {
		_, body := get(t, latest+"?timestamp="+since, header...)
		assert.JSONEq(t, want, body, "since %s", since)
	}
	response, body = get(t, latest+"?timestamp="+strconv.Itoa(atB), header...)
	assert.Equal(t, 200, response.StatusCode)
	assert.Empty(t, body, "an empty patch is no body")
	response, body = get(t, latest+"?timestamp=soon", header...)
	assert.Equal(t, 400, response.StatusCode)
	assert.Contains(t, body, "soon")

	for secret, want := range map[string]int{
		"": 401, "Bearer " + FeatBitSecret: 401, FeatBitSecret[1:]: 401, FeatBitSecret[:22] + strings.Repeat("A", 22): 401,
		FeatBitSecret[:22] + strings.Repeat("*", 22): 401, strings.Repeat("x", 22) + FeatBitSecret[22:]: 200,
	} {
		response, _ := get(t, latest, "Authorization", secret)
		assert.Equal(t, want, response.StatusCode, "secret %q", secret)
	}
	_, body = get(t, latest, "Authorization", FeatBitSecret[:22]+strings.Repeat("B", 22))
	assert.JSONEq(t, whole("full", "", ""), body, "another environment, in which there is nothing")
	_, body = get(t, latest+"?timestamp=1", "Authorization", FeatBitSecret[:22]+strings.Repeat("B", 22))
	assert.Empty(t, body)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, latest, nil)
	require.NoError(t, err)
	response, err = plainClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, 405, response.StatusCode)
}

func TestFeatureFlagCo(t *testing.T) {
	const (
		flagOf = `{"id":"FF__41__52__63__a","isArchived":false,` +
			`"fftuwmtr":[{"ruleJsonContent":[{"property":"User is not in segment","operation":null,"value":"[\"s\"]"}]}],"timestamp":`
		flag     = flagOf + "1000}"
		segment  = `{"id":"s","isArchived":false,"timestamp":2000}`
		touched  = flagOf + "5001}"
		segment2 = `{"id":"s","isArchived":false,"timestamp":5000}`
	)
	s := StartTest(t, Options{Backend: BackendFeatureFlagCo})
	require.NoError(t, s.SetDocument("", []byte(whole("full", flag, segment))))
	conn := connected(t, s)
	assert.JSONEq(t, whole("full", flag, segment), exchange(t, conn, syncRequest(0)))
	assert.JSONEq(t, whole("patch", "", segment), exchange(t, conn, syncRequest(1000)))
	require.NoError(t, s.ChangeSegment("s", []byte(`{"timestamp":5000}`)))
	assert.JSONEq(t, whole("patch", "", segment2), hear(t, conn))
	assert.JSONEq(t, whole("patch", touched, ""), exchange(t, conn, syncRequest(5000)))

	latest := s.URL() + "/api/public/sdk/server/latest-all"
	response, body := get(t, latest, "envSecret", FeatureFlagCoSecret)
	assert.Equal(t, 200, response.StatusCode)
	assert.JSONEq(t, whole("full", touched, segment2), body)
	for _, secret := range []string{"", "no base64", "YWJj"} {
		response, _ := get(t, latest, "envSecret", secret, "Authorization", FeatureFlagCoSecret)
		assert.Equal(t, 401, response.StatusCode, "secret %q", secret)
	}
	require.ErrorContains(t, s.SetSecret("YWJj"), "{random}__{account}")
}

func TestTheSecretOfFeatureFlagCoMayHaveAnyLengthAndCharacter(t *testing.T) {
	const secret = "azN5PzIwMj4wMz4+MV9fNTJfXzYzX19+fn5+X19kZWZhdWx0XzljMQ==" // with plus signs, which nobody escapes
	s := StartTest(t, Options{Backend: BackendFeatureFlagCo, Secret: secret})
	assert.Contains(t, secret, "+")
	assert.Equal(t, pong, exchange(t, dial(t, s, goodQuery(secret)), datasync.Ping))
	assert.Equal(t, refused, closing(t, dial(t, s, goodQuery(FeatureFlagCoSecret))))
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "good.json"), featBitDocument)
	for _, c := range []struct {
		options Options
		want    string
	}{
		{Options{Backend: "nothing"}, `"nothing" is not one of flipt, featbit, featureflagco`},
		{Options{Backend: BackendFeatBit, Secret: "short"}, `secret "short"`},
		{Options{Backend: BackendFeatBit, Token: "t"}, "nothing else"},
		{Options{Backend: BackendFeatBit, JWT: "t"}, "nothing else"},
		{Options{Backend: BackendFeatBit, V1: true}, "V1"},
		{Options{Backend: BackendFeatBit, Files: []string{file, file}}, "2 files"},
		{Options{Secret: "s"}, "nothing else"},
		{Options{Backend: BackendFeatBit, Files: []string{write(t, filepath.Join(dir, "flipt.json"), `{"flags":[]}`)}}, "flipt.json"},
		{Options{Backend: BackendFeatBit, Files: []string{write(t, filepath.Join(dir, "patch.json"), whole("patch", "", ""))}}, "data-sync"},
		{Options{Backend: BackendFeatBit, Files: []string{write(t, filepath.Join(dir, "nokey.json"), whole("full", flagA+`,{"id":"x"}`, ""))}}, `featureFlags[1]: "key"`},
		{Options{Backend: BackendFeatBit, Files: []string{write(t, filepath.Join(dir, "noid.json"), whole("full", "", `{"id":5}`))}}, `segments[0]: "id"`},
	} {
		s, err := Start(c.options)
		require.ErrorContains(t, err, c.want)
		assert.Nil(t, s)
	}
	flipt := StartTest(t, Options{})
	require.Error(t, flipt.Push(nil))
	require.Error(t, flipt.ChangeFlag("a", []byte("{}")))
	require.Error(t, flipt.SetSecret(""))
	require.Error(t, flipt.SetClockOffset(0))
	require.Error(t, flipt.CloseStreams(1000, ""))
	assert.Empty(t, flipt.Sockets())
	assert.Empty(t, flipt.Events())
	assert.Zero(t, flipt.EventCounts())
}
