package localserver

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestControlOfDataSync(t *testing.T) {
	s := StartTest(t, Options{Backend: BackendFeatBit})
	call := controlled(t, s)
	status := func(method, path, body string) int {
		code, _ := call(method, path, body)
		return code
	}
	require.Equal(t, 204, status("PUT", "/document", featBitDocument))
	conn := dial(t, s, goodQuery(FeatBitSecret))
	code, body := call("GET", "/wait?streams=1&sockets=1", "")
	assert.Equal(t, 200, code)
	assert.JSONEq(t, `{"streams":1,"sockets":1,"requests":1,"events":0}`, body)
	exchange(t, conn, syncRequest(0))

	require.Equal(t, 204, status("PATCH", "/flag?key=a", `{"isEnabled":true}`))
	kind, item := pushed(t, hear(t, conn))
	assert.Equal(t, []any{"flag", "a", true}, []any{kind, item["key"], item["isEnabled"]})
	require.Equal(t, 204, status("PATCH", "/segment?id=s", `{"included":["u"]}`))
	kind, item = pushed(t, hear(t, conn))
	assert.Equal(t, []any{"segment", "s"}, []any{kind, item["id"]})
	require.Equal(t, 204, status("POST", "/push", `garbage`))
	assert.Equal(t, "garbage", hear(t, conn))

	require.Equal(t, 204, status("POST", "/close", `{"code":1011,"reason":"later"}`))
	assert.Equal(t, websocket.CloseError{Code: 1011, Reason: "later"}, closing(t, conn))
	_, body = call("GET", "/sockets", "")
	var sockets []Socket
	require.NoError(t, json.Unmarshal([]byte(body), &sockets))
	require.Len(t, sockets, 1)
	assert.Equal(t, Socket{
		ID: 1, Path: sockets[0].Path, Headers: sockets[0].Headers, Remote: sockets[0].Remote, Opened: sockets[0].Opened,
		Received: []string{syncRequest(0)}, Sent: 4, EndedBy: "server", Code: 1011, Reason: "later",
	}, sockets[0])

	require.Equal(t, 200, post(t, s, "["+featBitFlag+","+featBitMetric+"]"))
	require.Equal(t, 200, status("GET", "/wait?events=2&requests=2", ""))
	_, body = call("GET", "/events", "")
	var events []Event
	require.NoError(t, json.Unmarshal([]byte(body), &events))
	require.Len(t, events, 2)
	assert.JSONEq(t, featBitMetric, string(events[1].Body))
	for path, want := range map[string]string{
		"/events/count":           `{"requests":1,"events":2,"skipped":0,"flags":1,"metrics":1,"users":1,"names":2}`,
		"/events/users":           `{"u-1":2}`,
		"/events/users?atleast=3": `{}`,
		"/events/names":           `{"checkout":1,"signup":1}`,
	} {
		_, body := call("GET", path, "")
		assert.JSONEq(t, want, body, "path %s", path)
	}
	require.Equal(t, 204, status("DELETE", "/events", ""))
	_, body = call("GET", "/events", "")
	assert.JSONEq(t, `[]`, body)

	require.Equal(t, 204, status("PUT", "/clock", `{"offset_ms":-31000}`))
	assert.Equal(t, refused, closing(t, dial(t, s, goodQuery(FeatBitSecret))))
	require.Equal(t, 204, status("PUT", "/clock", `{"offset_ms":0}`))
	other := "x" + FeatBitSecret[1:]
	require.Equal(t, 204, status("PUT", "/auth", `{"secret":"`+other+`"}`))
	assert.Equal(t, refused, closing(t, dial(t, s, goodQuery(FeatBitSecret))))
	assert.Equal(t, pong, exchange(t, dial(t, s, goodQuery(other)), `{"messageType":"ping","data":null}`))
	require.Equal(t, 204, status("DELETE", "/document", ""))
	assert.JSONEq(t, whole("full", "", ""), exchange(t, dial(t, s, goodQuery(other)), syncRequest(0)))

	for _, bad := range [][3]string{
		{"PUT", "/document", "{}"}, {"PUT", "/auth", `{"token":"t"}`}, {"PUT", "/auth", `{"secret":"s"}`}, {"PUT", "/clock", "soon"},
		{"POST", "/close", `{"code":70000}`}, {"POST", "/close", ""}, {"PATCH", "/flag", "{}"}, {"PATCH", "/flag?key=a", "[]"},
		{"GET", "/events/users?atleast=x", ""}, {"GET", "/wait?events=x", ""}, {"GET", "/wait?event=1", ""},
	} {
		code, body := call(bad[0], bad[1], bad[2])
		assert.Equal(t, 400, code, "%v", bad)
		assert.Contains(t, body, `{"error":"`, "%v", bad)
	}
	code, body = call("GET", "/wait?events=1&timeout_ms=1", "")
	assert.Equal(t, 504, code)
	assert.Contains(t, body, `"events":0`)
}

func TestControlOfFliptHasNoneOfIt(t *testing.T) {
	call := controlled(t, StartTest(t, Options{}))
	for _, path := range []string{"GET /sockets", "GET /events", "GET /events/count", "PATCH /flag?key=k", "POST /push", "PUT /clock"} {
		method, path, _ := strings.Cut(path, " ")
		code, body := call(method, path, "{}")
		assert.Equal(t, 400, code, path)
		assert.Contains(t, body, "featbit and featureflagco", path)
	}
}
