package datasync_test

import (
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

const vectors = "../../../testdata/vectors/featbit/"

func read(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(vectors + name)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, into))
}

func TestTokenVectors(t *testing.T) {
	var file struct {
		Encode []struct {
			Name   string
			Secret string
			NowMs  int64
			Random float64
			Token  string
		}
		Decode struct {
			Cases []struct {
				Token   string
				Decoded datasync.Decoded
			}
		}
	}
	read(t, "tokens.json", &file)
	require.Len(t, file.Encode, 13)
	require.NotEmpty(t, file.Decode.Cases)
	for _, c := range file.Encode {
		t.Run("encode/"+c.Name, func(t *testing.T) {
			require.Equal(t, c.Token, datasync.Token(c.Secret, c.NowMs, c.Random))
		})
	}
	for i, c := range file.Decode.Cases {
		t.Run("decode/"+strconv.Itoa(i), func(t *testing.T) {
			require.Equal(t, c.Decoded, datasync.DecodeToken(c.Token))
		})
	}
}

func TestRequest(t *testing.T) {
	require.JSONEq(t, `{"messageType":"data-sync","data":{"timestamp":0}}`, string(datasync.Request(0)))
	require.JSONEq(t, `{"messageType":"data-sync","data":{"timestamp":1714557900000}}`, string(datasync.Request(1714557900000)))
	require.JSONEq(t, `{"messageType":"ping","data":null}`, datasync.Ping)
}

func TestParse(t *testing.T) {
	m, err := datasync.Parse([]byte(` {"messageType":"data-sync","x":1,"data":{"eventType":"patch","featureFlags":[ {"a":1} , 2],"segments":[]}} `))
	require.NoError(t, err)
	require.False(t, m.Full)
	require.Equal(t, [][]byte{[]byte(`{"a":1}`), []byte(`2`)}, m.Flags)
	require.Empty(t, m.Segments)

	m, err = datasync.Parse(datasync.Document([][]byte{[]byte(`{}`), []byte(`1`)}, [][]byte{[]byte(`[]`)}))
	require.NoError(t, err)
	require.True(t, m.Full)
	require.Len(t, m.Flags, 2)
	require.Len(t, m.Segments, 1)

	for _, ignored := range []string{
		`[1,2]`, `null`, `{}`, `{"messageType":"pong","data":{}}`, `{"messageType":"data-sync"}`,
		`{"messageType":"data-sync","data":[]}`,
		`{"messageType":"Data-Sync","data":{"eventType":"full","featureFlags":[],"segments":[]}}`,
		`{"messageType":"data-sync","data":{"eventType":"Full","featureFlags":[],"segments":[]}}`,
		`{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[]}}`,
		`{"messageType":"data-sync","data":{"eventType":"full","featureFlags":null,"segments":[]}}`,
		`{"messageType":"data-sync","data":{"eventType":"full","featureFlags":{},"segments":[]}}`,
		`{"messageType":5,"data":{"eventType":"full","featureFlags":[],"segments":[]}}`,
	} {
		_, err := datasync.Parse([]byte(ignored))
		require.ErrorIs(t, err, datasync.ErrIgnored, ignored)
	}
	for _, broken := range []string{``, `not json`, `{"messageType":`, `{} {}`, "\xff"} {
		_, err := datasync.Parse([]byte(broken))
		var syntax *jsonscan.SyntaxError
		require.True(t, errors.As(err, &syntax), broken)
	}
}

func TestTruthyIsPythons(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "null": false, "false": false, "true": true, `""`: false, `"a"`: true, `0`: false, `0.0`: false, `-0`: false,
		`1e-3`: true, `[]`: false, `[ ]`: false, `[0]`: true, `{}`: false, "{\n}": false, `{"a":0}`: true,
	} {
		require.Equal(t, want, datasync.Truthy([]byte(text)), text)
	}
}
