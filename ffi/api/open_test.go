package api

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const testdata = "../../testdata/abi"

func read(t testing.TB, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testdata, name))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, into), name)
}

// options returns the options of a client on testdata/abi/document.json.
func options(t testing.TB) []byte {
	t.Helper()
	document, err := os.ReadFile(filepath.Join(testdata, "document.json"))
	require.NoError(t, err)
	return []byte(`{"namespace":"shop","document":` + string(document) + `}`)
}

// at returns a library whose clock stands at the time.
func at(t testing.TB, now string) *Library {
	t.Helper()
	moment, err := time.Parse(time.RFC3339Nano, now)
	require.NoError(t, err)
	return New(Host{Now: func() time.Time { return moment }})
}

const someTime = "2026-01-02T03:04:05.060708Z"

// opened returns a library with one engine on the test document.
func opened(t testing.TB) (*Library, uint64) {
	t.Helper()
	l := at(t, someTime)
	handle := l.InitializeEngine(options(t))
	require.NotZero(t, handle)
	t.Cleanup(func() { l.DestroyEngine(handle) })
	return l, handle
}

// openedClient returns a library with one client on the test document.
func openedClient(t testing.TB) (*Library, uint64) {
	t.Helper()
	l := at(t, someTime)
	var reply struct {
		OK struct {
			Client uint64
			Status struct{ State string }
		}
	}
	text := l.Open(options(t), nil)
	require.NoError(t, json.Unmarshal(text, &reply), "%s", text)
	require.Equal(t, "READY", reply.OK.Status.State, "%s", text)
	t.Cleanup(func() { l.Close(reply.OK.Client, nil) })
	return l, reply.OK.Client
}
