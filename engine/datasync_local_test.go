package engine

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/localserver"
	"github.com/burgee-flags/burgee/engine/source"
)

// cachePath is in a folder to which a client may still write when it has been closed.
func cachePath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "burgee")
	require.NoError(t, err)
	t.Cleanup(func() {
		require.Eventually(t, func() bool { return os.RemoveAll(dir) == nil }, patience, time.Millisecond)
	})
	return filepath.Join(dir, "flags")
}

// openUntilCached lets a client leave a copy on disk.
func openUntilCached(t *testing.T, options map[string]any) {
	t.Helper()
	c := open(t, options, Host{})
	waitState(t, c, Ready)
	require.Eventually(t, func() bool {
		_, err := os.Stat(options["cache_path"].(string))
		return err == nil
	}, patience, time.Millisecond)
	c.Close()
}

func TestARestartResumesFromTheCopyOnDisk(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		s := v.serve(t, localserver.Options{})
		options := v.options(s, map[string]any{"cache_path": cachePath(t)})
		openUntilCached(t, options)

		require.NoError(t, s.SetFaults(localserver.Fault{Kind: localserver.FaultAnswer, Status: 503, Path: "/streaming", Times: -1}))
		options["start_wait_ms"] = 0
		c := open(t, options, Host{})
		require.Equal(t, Stale, c.Status().State)
		require.Equal(t, source.FromCache, c.Status().Origin)
		require.Equal(t, "other", served(c, "a", "in"))
		require.NoError(t, s.SetFaults())
		waitState(t, c, Ready)
		sent := requests(s)
		require.Equal(t, request(milliseconds(3)), sent[len(sent)-1])
		require.Equal(t, "A1", served(c, "a", "u"))
	})
}

// What a forked process, or the next one, gets is everything, not the last patch.
func TestSavedOptionsHoldTheFlagsAfterPatches(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		s := v.serve(t, localserver.Options{})
		var saved atomic.Pointer[[]byte]
		arrived := make(chan struct{}, 100)
		c := open(t, v.options(s, nil), Host{Saved: func(options []byte) {
			saved.Store(&options)
			arrived <- struct{}{}
		}})
		waitChange(t, c)
		require.NoError(t, s.Push(syncMessage("patch", []string{v.flag("b", "B2", 10)})))
		waitChange(t, c)
		require.NoError(t, s.Push(syncMessage("patch", []string{v.flag("c", "C1", 11)})))
		waitChange(t, c)
		s.Close()
		for {
			var options map[string]any
			require.NoError(t, json.Unmarshal(*saved.Load(), &options))
			child := open(t, options, Host{})
			values := served(child, "a", "in") + " " + served(child, "b", "u") + " " + served(child, "c", "u")
			state := child.Status().State
			child.Close()
			if values == "other B2 C1" {
				require.Equal(t, Stale, state)
				return
			}
			select {
			case <-arrived:
			case <-t.Context().Done():
				require.FailNow(t, "the last patch was not saved", values)
			}
		}
	})
}

// A forked process that opens such a client anew is not held up by the server that its parent has waited for.
func TestSavedOptionsDoNotWaitAgain(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		var saved atomic.Pointer[[]byte]
		gone := v.serve(t, localserver.Options{})
		gone.Close()
		open(t, v.options(gone, map[string]any{"start_wait_ms": 1}), Host{Saved: func(options []byte) { saved.Store(&options) }})
		var options map[string]any
		require.NoError(t, json.Unmarshal(*saved.Load(), &options))
		require.Zero(t, options["start_wait_ms"])
	})
}

func TestOfflineTheHostBringsTheFlags(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		c := open(t, map[string]any{"backend": v.backend, "offline": true}, Host{})
		require.Equal(t, Ready, c.Status().State)
		require.Equal(t, "FLAG_NOT_FOUND", served(c, "a", "u"))
		update := func(message []byte) string { return call(t, c, "update", `{"document":`+string(message)+`}`) }
		for _, step := range []struct {
			message []byte
			want    string
			a, b    string
		}{
			{syncMessage("full", []string{v.flag("a", "A1", 5)}), `{"changed":true}`, "A1", "FLAG_NOT_FOUND"},
			{syncMessage("full", []string{v.flag("a", "A2", 5)}), `{"changed":false}`, "A1", "FLAG_NOT_FOUND"}, // not newer
			{syncMessage("full", nil), `{"changed":false}`, "A1", "FLAG_NOT_FOUND"},
			{syncMessage("patch", []string{v.flag("b", "B1", 6)}), `{"changed":true}`, "FLAG_NOT_FOUND", "B1"}, // replaces
		} {
			require.Equal(t, step.want, update(step.message))
			require.Equal(t, step.a, served(c, "a", "u"))
			require.Equal(t, step.b, served(c, "b", "u"))
			require.Equal(t, Ready, c.Status().State)
		}
		require.Contains(t, update([]byte(`{"messageType":"pong"}`)), "not a data-sync message")
		require.Contains(t, update(syncMessage("full", []string{`{}`})), "featureFlags[0] lacks id")
		require.Equal(t, "B1", served(c, "b", "u"))
		require.JSONEq(t, `{"accepted":false}`, call(t, c, "track", `{"event":"e","context":{"targetingKey":"u"}}`))
		require.JSONEq(t, `{"accepted":false}`, call(t, c, v.backend+".identify", `{"context":{"targetingKey":"u"}}`))
		require.Nil(t, c.Status().Events)
	})
}

// A forked process has what the host brought.
func TestOfflineClientsAreSaved(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		var saved atomic.Pointer[[]byte]
		host := Host{Saved: func(options []byte) { saved.Store(&options) }}
		c := open(t, map[string]any{"backend": v.backend, "offline": true}, host)
		call(t, c, "update", `{"document":`+string(syncMessage("full", []string{v.flag("a", "A1", 5)}))+`}`)
		for range 2 {
			var options map[string]any
			require.NoError(t, json.Unmarshal(*saved.Load(), &options))
			child := open(t, options, host)
			require.Equal(t, "A1", served(child, "a", "u"))
			waitState(t, child, Ready)
		}
	})
}

func TestABootstrapIsThereBeforeTheServer(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		s := v.serve(t, localserver.Options{})
		require.NoError(t, s.SetFaults(localserver.Fault{Kind: localserver.FaultAnswer, Status: 503, Path: "/streaming", Times: -1}))
		document := json.RawMessage(syncMessage("full", []string{v.flag("a", "old", 1), v.flag("b", "B1", 2)}))
		c := open(t, v.options(s, map[string]any{"bootstrap": document, "start_wait_ms": 0}), Host{})
		require.Equal(t, Stale, c.Status().State)
		require.Equal(t, "old", served(c, "a", "u"))
		require.NoError(t, s.SetFaults())
		waitState(t, c, Ready)
		require.Equal(t, request(milliseconds(2)), requests(s)[0])

		offline := open(t, map[string]any{"backend": v.backend, "offline": true, "bootstrap": document}, Host{})
		require.Equal(t, Ready, offline.Status().State)
		require.Equal(t, "B1", served(offline, "b", "u"))
	})
}

// A document that came with a newer version of the program is not replaced by what an older one left on disk.
func TestABootstrapThatIsNewerThanTheCacheStays(t *testing.T) {
	v := featBitVendor
	s := v.serve(t, localserver.Options{})
	options := v.options(s, map[string]any{"cache_path": cachePath(t)})
	openUntilCached(t, options)
	s.Close()
	for second, want := range map[int]string{9: "new", 2: "A1"} {
		options["start_wait_ms"], options["bootstrap"] = 0, json.RawMessage(syncMessage("full", []string{v.flag("a", "new", second)}))
		c := open(t, options, Host{})
		require.Equal(t, want, served(c, "a", "u"), second)
		c.Close()
	}
}

func TestAFileIsReloaded(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		path := filepath.Join(t.TempDir(), "flags.json")
		require.NoError(t, os.WriteFile(path, syncMessage("full", []string{v.flag("a", "A1", 5)}), 0o600))
		c := open(t, map[string]any{"backend": v.backend, "file": path}, Host{})
		require.Equal(t, "A1", served(c, "a", "u"))
		require.NoError(t, os.WriteFile(path, syncMessage("patch", []string{v.flag("a", "older", 1)}), 0o600))
		require.JSONEq(t, `{"changed":true}`, call(t, c, "refresh", "{}"))
		require.Equal(t, "older", served(c, "a", "u"))
		document := open(t, map[string]any{"backend": v.backend, "document": json.RawMessage(syncMessage("full", []string{v.flag("a", "A1", 5)}))}, Host{})
		require.Equal(t, "A1", served(document, "a", "u"))
	})
}

func TestPolling(t *testing.T) {
	forEachVendor(t, func(t *testing.T, v syncVendor) {
		s := v.serve(t, localserver.Options{})
		options := v.options(s, map[string]any{"data_sync_mode": "polling", "polling_url": s.URL() + "/", "polling_interval": 3600})
		delete(options, "streaming_url")
		delete(options, "streaming_first_retry_delay")
		c := open(t, options, Host{})
		require.Equal(t, Ready, c.Status().State)
		require.Equal(t, "other", served(c, "a", "in"))
		require.Equal(t, "/api/public/sdk/server/latest-all?timestamp=0", s.Requests()[0].Path)
		require.JSONEq(t, `{"changed":false}`, call(t, c, "refresh", "{}"), "an empty body")
		require.Equal(t, "/api/public/sdk/server/latest-all?timestamp=1714557603000", s.Requests()[1].Path)

		require.NoError(t, s.ChangeFlag(v.id("a"), []byte(`{"isArchived":true}`)))
		require.JSONEq(t, `{"changed":true}`, call(t, c, "refresh", "{}"))
		require.Equal(t, "FLAG_NOT_FOUND", served(c, "a", "u"))

		require.NoError(t, s.SetFaults(localserver.Fault{Kind: localserver.FaultAnswer, Status: 400}))
		call(t, c, "refresh", "{}")
		require.Equal(t, Stale, c.Status().State)
		require.Equal(t, "Network error", c.Status().ErrorKind)
		require.JSONEq(t, `{"changed":false}`, call(t, c, "refresh", "{}"))
		require.Equal(t, Ready, c.Status().State)
		require.NoError(t, s.SetFaults(localserver.Fault{Kind: localserver.FaultAnswer, Status: 403}))
		call(t, c, "refresh", "{}")
		require.Equal(t, Fatal, c.Status().State)
		require.Equal(t, "Request invalid", c.Status().ErrorKind)
		require.Equal(t, "B1", served(c, "b", "u"))
	})
}
