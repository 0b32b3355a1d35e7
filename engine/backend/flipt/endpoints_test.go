package flipt

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/option"
	"github.com/burgee-flags/burgee/engine/source"
)

// configOf reads options that make sense.
func configOf(t *testing.T, options string) config {
	t.Helper()
	reader, err := option.New([]byte(options))
	require.NoError(t, err)
	c := readConfig(reader, backend.Env{})
	require.NoError(t, reader.Err(""))
	return c
}

func TestSnapshotURL(t *testing.T) {
	const path = "/internal/v1/evaluation/snapshot/namespace/"
	for options, want := range map[string]string{
		`{}`:                                       "http://localhost:8080" + path + "default",
		`{"url":null,"namespace":null}`:            "http://localhost:8080" + path + "default",
		`{"url":"http://h"}`:                       "http://h" + path + "default",
		`{"url":"http://h/"}`:                      "http://h" + path + "default",
		`{"url":"http://h//"}`:                     "http://h" + path + "default",
		`{"url":"https://h:1/below/"}`:             "https://h:1/below" + path + "default",
		`{"url":"http://[::1]:8080/"}`:             "http://[::1]:8080" + path + "default",
		`{"url":"http://h","namespace":"shop"}`:    "http://h" + path + "shop",
		`{"url":"http://h","namespace":"a/b"}`:     "http://h" + path + "a%2Fb",
		`{"url":"http://h","namespace":"a b?c#d"}`: "http://h" + path + "a%20b%3Fc%23d",
		`{"url":"http://h","namespace":"ü%"}`:      "http://h" + path + "%C3%BC%25",
		`{"url":"http://h","reference":null}`:      "http://h" + path + "default",
		`{"url":"http://h","reference":""}`:        "http://h" + path + "default?reference=",
		`{"url":"http://h","reference":"main"}`:    "http://h" + path + "default?reference=main",
		`{"url":"http://h","reference":"a/b&c=d"}`: "http://h" + path + "default?reference=a%2Fb%26c%3Dd",
	} {
		c := configOf(t, options)
		require.Equal(t, want, c.snapshotURL(), options)
	}
}

// Whatever the names are made of, a server reads them back as they were.
func TestNamesInURLsSurvive(t *testing.T) {
	for _, name := range []string{"a", "a b", "a+b", "a/b", "../x", "?#&=;%41", "ü\u2603", "\u0001", `"\`} {
		c := config{url: "http://h", environment: name, namespace: name, reference: name, referenced: true}
		for address, at := range map[string][]int{c.snapshotURL(): {6}, c.streamURL(): {4, 6}} {
			u, err := url.Parse(address)
			require.NoError(t, err, "%q", name)
			require.Equal(t, "h", u.Host)
			segments := strings.Split(u.EscapedPath(), "/")
			for _, i := range at {
				segment, err := url.PathUnescape(segments[i])
				require.NoError(t, err)
				require.Equal(t, name, segment)
			}
		}
		u, _ := url.Parse(c.snapshotURL())
		require.Equal(t, name, u.Query().Get("reference"))
	}
}

func TestStreamURL(t *testing.T) {
	for options, want := range map[string]string{
		`{}`: "http://localhost:8080/client/v2/environments/default/namespaces/default/stream",
		`{"url":"http://h/","environment":"pro d","namespace":"a/b","reference":"main"}`: "http://h/client/v2/environments/pro%20d/namespaces/a%2Fb/stream",
	} {
		c := configOf(t, options)
		require.Equal(t, want, c.streamURL(), options)
	}
}

func TestSnapshotHeader(t *testing.T) {
	for options, environment := range map[string][]string{
		`{}`: {"default"}, `{"environment":null}`: {"default"}, `{"environment":"prod"}`: {"prod"}, `{"environment":""}`: nil,
	} {
		c := configOf(t, options)
		want := http.Header{
			"Accept": {"application/json"}, "User-Agent": {userAgent}, "X-Flipt-Accept-Server-Version": {"1.47.0"},
		}
		if environment != nil {
			want["X-Flipt-Environment"] = environment
		}
		require.Equal(t, want, c.snapshotHeader(), options)
	}
}

// Some v2 servers answer 404 to a stream with one of Flipt's own headers.
func TestStreamHeader(t *testing.T) {
	for _, accept := range []string{"application/json", "text/event-stream"} {
		require.Equal(t, http.Header{"Accept": {accept}, "User-Agent": {userAgent}}, streamHeader(accept))
	}
}

func TestDecodeStreamLine(t *testing.T) {
	const unusable = "error parsing json: failed to parse response body: "
	for line, want := range map[string]struct{ document, failure string }{
		`{"result":{"flags":[]}}`:                                  {document: `{"flags":[]}`},
		" \t{ \"result\" :\t{\"a\": 1} }\t ":                       {document: `{"a": 1}`},
		`{"other":[1,{"result":2}],"result":{"b":"}"},"x":null}`:   {document: `{"b":"}"}`},
		`{"r\u0065sult":{}}`:                                       {document: `{}`},
		`{"error":{"code":3,"message":"bad digest","details":[]}}`: {failure: "the server reports: bad digest"},
		`{"result":{},"error":{"message":"over"}}`:                 {failure: "the server reports: over"},
		`{"error":{"code":3}}`:                                     {failure: "the server reports: an error without a message"},
		`{"error":{"message":5}}`:                                  {failure: "the server reports: an error without a message"},
		`{"error":"text"}`:                                         {failure: "the server reports: an error without a message"},
		// What such a document is worth is the compiler's business.
		`{"result":null}`: {document: `null`},
		`{"result":""}`:   {document: `""`},
		`{}`:              {failure: "missing field `result`"},
		`{"Result":{}}`:   {failure: "missing field `result`"},
		`{"":{}}`:         {failure: "missing field `result`"},
	} {
		document, err := decodeStreamLine([]byte(line))
		if want.failure != "" {
			require.EqualError(t, err, unusable+want.failure, line)
			require.Equal(t, err.Error(), describe(err), line)
			require.Nil(t, document, line)
			continue
		}
		require.NoError(t, err, line)
		require.Equal(t, want.document, string(document), line)
	}
}

func TestDecodeStreamLineRefusesGarbage(t *testing.T) {
	for _, line := range []string{
		"", " ", "\t", "x", "null", "5", `"result"`, "[]", `[{"result":{}}]`, "{", `{"result"`, `{"result":`, `{"result":{`, `{"result":{}`,
		`{"result":{},}`, `{result:{}}`, `{"result" {}}`, `{"result":}`, "data: {}", "\x00", "\xff", "{\"\xff\":1}",
	} {
		document, err := decodeStreamLine([]byte(line))
		var failed *streamLineError
		require.ErrorAs(t, err, &failed, "%q", line)
		require.Nil(t, document, "%q", line)
	}
}

func FuzzDecodeStreamLine(f *testing.F) {
	for _, seed := range []string{
		`{"result":{"namespace":{"key":"default"},"flags":[]}}`, `{"error":{"message":"x"}}`, `{"result":{},"result":[1,2]}`, `{}`, `x`, `{"error":null}`,
		`{"r\u0065sult":" "}`, "{\"result\":\"\xff\"}", `{"result":1e5}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		before := string(line)
		document, err := decodeStreamLine(line)
		require.Equal(t, before, string(line))
		if err != nil {
			require.Nil(t, document)
			var failed *streamLineError
			require.ErrorAs(t, err, &failed)
			return
		}
		// What was accepted, another decoder reads in the same way.
		var members map[string]json.RawMessage
		require.NoError(t, json.NewDecoder(bytes.NewReader(line)).Decode(&members), "%q", line)
		require.Equal(t, string(members["result"]), string(document), "%q", line)
		if failure, ok := members["error"]; ok {
			require.Equal(t, "null", string(failure), "%q", line)
		}
	})
}

func TestAnnouncement(t *testing.T) {
	for data, want := range map[string]bool{
		`{"etag":"abc","type":"refetchEvaluation"}`: true, `{"type":"refetchEvaluation"}`: true,
		`{"type":"somethingElse"}`: false, `{"type":5}`: false, `{}`: false, ``: false, `refetchEvaluation`: false, `[]`: false, `null`: false,
	} {
		require.Equal(t, want, announcesChange(source.Event{Data: data}), data)
	}
}

func TestAuthentication(t *testing.T) {
	for option, want := range map[string]string{
		`"none"`: "", ` "none" `: "", `{"none":null}`: "", `{}`: "", `{"client_token":null,"jwt_token":null}`: "",
		`{"client_token":"s3cret"}`:                    "Bearer s3cret",
		`{"jwt_token":"s3cret"}`:                       "JWT s3cret",
		`{"client_token":"s3cret","jwt_token":null}`:   "Bearer s3cret",
		`{"client_token":null,"jwt_token":"s3cret"}`:   "JWT s3cret",
		`{"none":null,"jwt_token":"s3cret"}`:           "JWT s3cret",
		`{"client_token":""}`:                          "Bearer ",
		`{"client_token":"t\u006fken with\tblanks\""}`: "Bearer token with\tblanks\"",
		`{"client_token":"schlüssel"}`:                 "Bearer schlüssel",
	} {
		a := &authentication{}
		require.Nil(t, a.header(), "nothing is sent before a token is given")
		require.NoError(t, a.set([]byte(option)), option)
		if want == "" {
			require.Nil(t, a.header(), option)
			continue
		}
		require.Equal(t, http.Header{"Authorization": {want}}, a.header(), option)
	}
}

// None of these may show the token, in whatever place it was put.
var unusableAuthentications = []string{
	`"s3cret"`, `s3cret`, `["s3cret"]`, `5`, ``, `{`, `{"client_token":"s3cret"`, `{"client_token":"s3cret"}}`,
	`{"client_token":["s3cret"]}`, `{"client_token":{"token":"s3cret"}}`, `{"client_token":7353}`, `{"jwt_token":true}`,
	`{"client_token":"s3cret","jwt_token":"s3cret"}`, `{"client_token":"s3cret","password":"s3cret"}`, `{"token":"s3cret"}`,
	`{"client_token":"s3cret\n"}`, `{"client_token":"s3cret\r\nX-Other: 1"}`, `{"jwt_token":"s3cret\u0000"}`,
	`{"jwt_token":"\u007fs3cret"}`, `{"client_token":"s3cret","jwt_token":5}`,
}

func TestUnusableAuthenticationChangesNothingAndIsNotShown(t *testing.T) {
	for _, unusable := range unusableAuthentications {
		a := &authentication{}
		require.NoError(t, a.set([]byte(`{"jwt_token":"first"}`)))
		err := a.set([]byte(unusable))
		require.Error(t, err, unusable)
		requireSecret(t, err.Error())
		require.Equal(t, http.Header{"Authorization": {"JWT first"}}, a.header(), unusable)

		_, err = a.updateMethod(t.Context(), &backend.Call{Params: []byte(`{"authentication":` + unusable + `}`)})
		if unusable != `` { // an update without a value fails elsewhere: the params are no object
			requireSecret(t, err.Error())
		}
		var coded *eval.Error
		require.ErrorAs(t, err, &coded, unusable)
		require.Equal(t, eval.CodeInvalidRequest, coded.Code, unusable)
		require.Equal(t, http.Header{"Authorization": {"JWT first"}}, a.header(), unusable)
		require.Nil(t, a.overlay(), unusable)
	}
}

func TestUnusableAuthenticationInOptionsIsNamedAndNotShown(t *testing.T) {
	for _, unusable := range unusableAuthentications {
		reader, err := option.New([]byte(`{"authentication":` + unusable + `}`))
		if err == nil {
			_, err = Open(reader, backend.Env{Getenv: func(string) string { return "" }})
			require.NoError(t, err, unusable)
			err = reader.Err("flipt.options")
			require.ErrorContains(t, err, "authentication ", unusable)
		}
		require.Error(t, err, unusable)
		requireSecret(t, err.Error())
	}
}

func requireSecret(t *testing.T, text string) {
	t.Helper()
	require.NotContains(t, text, "s3cret")
	require.NotContains(t, text, "7353")
}

func TestUpdatedAuthenticationGoesToForkedProcesses(t *testing.T) {
	a := &authentication{}
	require.NoError(t, a.set([]byte(`{"client_token":"first"}`)))
	require.Nil(t, a.overlay(), "it stands in the options")
	update := func(params string) {
		result, err := a.updateMethod(t.Context(), &backend.Call{Params: []byte(params)})
		require.NoError(t, err, params)
		require.Nil(t, result)
	}
	update(`{"authentication":{"jwt_token":"second"}}`)
	require.Equal(t, http.Header{"Authorization": {"JWT second"}}, a.header())
	text, err := json.Marshal(a.overlay())
	require.NoError(t, err)
	require.JSONEq(t, `{"authentication":{"jwt_token":"second"}}`, string(text))
	for _, none := range []string{`{"authentication":"none"}`, `{"authentication":null}`, `{"authentication":{"none":null}}`, `{}`} {
		update(`{"authentication":{"client_token":"again"}}`)
		require.NotNil(t, a.header())
		update(none)
		require.Nil(t, a.header(), none)
		require.Equal(t, map[string]any{"authentication": "none"}, a.overlay(), none)
	}
}
