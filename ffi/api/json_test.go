package api

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/eval"
)

func TestCallReplies(t *testing.T) {
	var table struct {
		Cases []struct {
			Name, Method string
			Params       *string
			Reply        json.RawMessage
			Contains     string
		}
	}
	read(t, "json.json", &table)
	l, client := openedClient(t)
	for _, c := range table.Cases {
		t.Run(c.Name, func(t *testing.T) {
			var params []byte
			if c.Params != nil {
				params = []byte(*c.Params)
			}
			got := l.Call(client, []byte(c.Method), params, []byte("kept"))
			require.Equal(t, "kept", string(got[:4]))
			require.True(t, json.Valid(got[4:]), "%s", got)
			if c.Reply != nil {
				require.JSONEq(t, string(c.Reply), string(got[4:]))
			}
			require.Contains(t, string(got), c.Contains)
		})
	}
}

// errorOf checks that the reply is an error alone and returns its code.
func errorOf(t testing.TB, reply []byte) string {
	t.Helper()
	var members map[string]struct{ Code, Message string }
	require.NoError(t, json.Unmarshal(reply, &members), "%s", reply)
	require.Len(t, members, 1, "%s", reply)
	require.Contains(t, members, "error", "%s", reply)
	require.NotEmpty(t, members["error"].Message)
	return members["error"].Code
}

func TestErrorCodesAreTheOnesInTheTable(t *testing.T) {
	var table []struct {
		Number uint32
		Code   eval.Code
	}
	read(t, "error_codes.json", &table)
	require.Len(t, table, len(eval.Codes))
	for i, row := range table {
		require.Equal(t, eval.Codes[i], row.Code)
		require.Equal(t, row.Number, row.Code.Number())
	}
}

func TestOpenNamesTheOptionThatIsWrong(t *testing.T) {
	l := at(t, someTime)
	for options, names := range map[string]string{`{"update_intervall":5}`: "update_intervall", `{"namespace":5}`: "namespace", `{"backend":"x"}`: "backend"} {
		reply := l.Open([]byte(options), nil)
		require.Equal(t, "INVALID_CONFIG", errorOf(t, reply))
		require.Contains(t, string(reply), names)
	}
	for _, options := range [][]byte{nil, {}, []byte("["), []byte("{\"namespace\":\"\xff\"}"), []byte("null")} {
		require.Equal(t, "INVALID_CONFIG", errorOf(t, l.Open(options, nil)), "%q", options)
	}
}

func TestInventedHandlesAreErrors(t *testing.T) {
	l, client := openedClient(t)
	for _, handle := range []uint64{0, 1, client + 1, client + 1<<32, client - 1<<32, 1 << 63, ^uint64(0), client &^ (1<<32 - 1)} {
		require.Equal(t, "INVALID_HANDLE", errorOf(t, l.Call(handle, []byte("status"), nil, nil)), "%#x", handle)
		require.Equal(t, "INVALID_HANDLE", errorOf(t, l.Wait(handle, 0, nil)), "%#x", handle)
		require.Equal(t, "INVALID_HANDLE", errorOf(t, l.Close(handle, nil)), "%#x", handle)
	}
}

func TestClosingTwiceIsNoError(t *testing.T) {
	l, client := openedClient(t)
	require.Equal(t, `{"ok":null}`, string(l.Close(client, nil)))
	require.Equal(t, `{"ok":null}`, string(l.Close(client, nil)))
	require.Equal(t, "INVALID_HANDLE", errorOf(t, l.Call(client, []byte("status"), nil, nil)))
}

func TestMethodMustBeText(t *testing.T) {
	l, client := openedClient(t)
	require.Equal(t, "INVALID_REQUEST", errorOf(t, l.Call(client, nil, nil, nil)))
	require.Equal(t, "INVALID_REQUEST", errorOf(t, l.Call(client, []byte("\xff"), nil, nil)))
	require.Equal(t, "INVALID_REQUEST", errorOf(t, l.Call(client, []byte("status"), []byte("{\"a\":\"\xff\"}"), nil)))
	require.Equal(t, "INVALID_REQUEST", errorOf(t, l.Call(client, []byte("resolve"), []byte("{\"key\":\"\xff\"}"), nil)))
}

func TestAParameterThatIsGivenTwiceIsAnError(t *testing.T) {
	l, client := openedClient(t)
	for name, params := range map[string]string{
		"context": `{"key":"theme","context":{"plan":"pro"},"context":{}}`,
		"key":     `{"key":"theme","key":"theme"}`,
		"type":    `{"key":"theme","type":"any","type":"string"}`,
		"default": `{"key":"theme","default":1,"default":null}`,
	} {
		reply := l.Call(client, []byte("resolve"), []byte(params), nil)
		require.Equal(t, "INVALID_REQUEST", errorOf(t, reply))
		require.Contains(t, string(reply), name+" is given twice")
	}
	reply := l.Call(client, []byte("all"), []byte(`{"context":null,"context":null}`), nil)
	require.Contains(t, string(reply), "context is given twice")
}

// What lies beyond the end of a slice is kept for the next call as well, and must not point at this one's memory.
func TestNothingOfACallIsKept(t *testing.T) {
	c := newCall()
	err := c.readParams([]byte(`{"key":"k","context":{"a":"x","b":"y"},"context":{"a":"x"}}`), takesKey|takesContext)
	require.ErrorContains(t, err, "context is given twice")
	attributes := c.context.Attributes
	c.done()
	for _, attribute := range attributes[:cap(attributes)] {
		require.Zero(t, attribute)
	}
}

func TestAllEvaluatesEveryFlag(t *testing.T) {
	l, client := openedClient(t)
	var reply struct {
		OK struct {
			Flags []struct {
				Key   string
				Value any
			}
		}
	}
	text := l.Call(client, []byte("all"), []byte(`{"context":{"targetingKey":"u","plan":"pro"}}`), nil)
	require.NoError(t, json.Unmarshal(text, &reply), "%s", text)
	values := map[string]any{}
	for _, flag := range reply.OK.Flags {
		values[flag.Key] = flag.Value
	}
	require.Len(t, values, 7)
	require.Equal(t, "amber", values["theme"])
	require.Equal(t, true, values["dark"])
	require.Nil(t, values["bare"])
	require.Equal(t, "INVALID_CONTEXT", errorOf(t, l.Call(client, []byte("all"), []byte(`{"context":{"targetingKey":1}}`), nil)))
}

func TestExplainShowsTheDecision(t *testing.T) {
	l, client := openedClient(t)
	var reply struct {
		OK struct {
			Trace map[string]any
			Text  string
		}
	}
	text := l.Call(client, []byte("explain"), []byte(`{"key":"theme","context":{"targetingKey":"u","plan":"pro"}}`), nil)
	require.NoError(t, json.Unmarshal(text, &reply), "%s", text)
	require.Equal(t, "theme", reply.OK.Trace["key"])
	require.Equal(t, "amber", reply.OK.Trace["value"])
	require.Contains(t, reply.OK.Text, "pro-users")
}

func TestWaitTimesOutAndEndsWithClosed(t *testing.T) {
	l, client := openedClient(t)
	for {
		reply := string(l.Wait(client, 0, nil))
		if reply == `{"ok":null}` {
			break
		}
		require.Contains(t, reply, `{"ok":{"type":"`)
	}
	closed := make(chan string)
	go func() {
		for {
			if reply := string(l.Wait(client, -1, nil)); reply == `{"ok":{"type":"closed"}}` || reply[:8] == `{"error"` {
				closed <- reply
				return
			}
		}
	}()
	select { // the other goroutine waits by then, or is about to
	case reply := <-closed:
		require.Fail(t, "ended before", reply)
	case <-time.After(time.Millisecond):
	}
	l.Close(client, nil)
	<-closed
}

func TestSavedOptionsOpenTheSameClient(t *testing.T) {
	saved := map[uint64][]byte{}
	l := New(Host{Saved: func(handle uint64, options []byte) {
		if options == nil {
			delete(saved, handle)
			return
		}
		saved[handle] = append([]byte(nil), options...)
	}})
	handle := l.InitializeEngine(options(t))
	require.Contains(t, saved, handle)
	again := l.InitializeEngine(saved[handle])
	request := []byte(`{"key":"theme","context":{"plan":"pro"}}`)
	require.Equal(t, string(l.Call(handle, []byte("resolve"), request, nil)), string(l.Call(again, []byte("resolve"), request, nil)))
	l.DestroyEngine(handle)
	require.NotContains(t, saved, handle)
	l.DestroyEngine(again)
	require.Empty(t, saved)
}
