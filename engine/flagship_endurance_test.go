package engine

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/eval"
)

// childOptions makes this program the process that is killed: its value are the options of the client.
const childOptions = "BURGEE_ENGINE_TEST_CHILD"

// endurance makes tests last: the full size takes minutes.
const endurance = "BURGEE_ENDURANCE"

// killed is how many hits and activations the process that is killed leaves behind.
const killed = 200

// What visitors did is sent by the next process, although the one that saw it was killed at once.
func TestHitsAndActivationsSurviveKill(t *testing.T) {
	if options := os.Getenv(childOptions); options != "" {
		reportAndHang(t, options)
		return
	}
	vendor := newABTasty(t)
	vendor.set(func() { vendor.status["hits"], vendor.status["activate"] = 503, 503 })
	options := vendor.options(map[string]any{
		"spool_path": filepath.Join(t.TempDir(), "spool"), "report_exposures": true, "tracking": map[string]any{"batch_interval": 1},
	})
	text, err := json.Marshal(options)
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	child := exec.Command(self, "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), childOptions+"="+string(text))
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	t.Cleanup(func() { _ = child.Process.Kill() })
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan())
	require.Equal(t, "stored", lines.Text())
	require.NoError(t, child.Process.Kill())
	_ = child.Wait()

	vendor.set(func() { clear(vendor.status) })
	c := open(t, options, Host{})
	require.Contains(t, own(t, c, "visitor_exposed"), `"fromFlag":{"key":"on"`)
	require.Eventually(t, func() bool { return c.Status().Events.SpoolBytes == 0 }, patience, 1)
	require.Empty(t, c.Close())
	seen := map[string]int{}
	for _, what := range short(append(vendor.told(t, "hits"), vendor.told(t, "activate")...)) {
		seen[what]++
	}
	for i := range killed {
		for _, what := range []string{" SCREENVIEW", " saw v", " fs_consent TypeScript:true"} {
			require.Equal(t, 1, seen[fmt.Sprint("visitor ", i, what)], "%d %s", i, what)
		}
	}
	require.Equal(t, 1, seen["visitor 7 bought <nil>"])
}

// reportAndHang is the process that is killed.
func reportAndHang(t *testing.T, options string) {
	c, err := Open([]byte(options), Host{})
	require.NoError(t, err)
	for i := range killed {
		visitor := newVisitor(t, c, fmt.Sprint("visitor ", i), "")
		fetched(t, c, visitor)
		call(t, c, "flagship.visitor.send", `{"visitor":`+visitor+`,"hit":{"type":"SCREENVIEW","documentLocation":"x"}}`)
		handle, err := strconv.ParseUint(visitor, 10, 64)
		require.NoError(t, err)
		c.Visitors().Expose(handle, "on", eval.Value{})
	}
	call(t, c, "track", `{"event":"bought","context":{"targetingKey":"visitor 7"}}`)
	for _, lane := range c.delivery.lanes { // what is stored last is stored after everything else
		require.NoError(t, lane.queue.AddDurable(time.Now().UnixMilli(), []byte(`{"vid":"last","t":"SCREENVIEW","vaid":"v"}`)))
	}
	fmt.Println("stored")
	select {}
}

func TestVisitorsThatAreClosedLeaveNothingBehind(t *testing.T) { comeAndGo(t, 20_000) }

// The full size: BURGEE_ENDURANCE=1 go test ./engine -run Endurance -v
func TestEnduranceVisitorsThatAreClosedLeaveNothingBehind(t *testing.T) {
	if os.Getenv(endurance) == "" {
		t.Skip(endurance + " is not set")
	}
	comeAndGo(t, 1_000_000)
}

// comeAndGo has so many visitors open at the same time, closes them, and does that again.
func comeAndGo(t *testing.T, visitors int) {
	vendor := newABTasty(t)
	c := open(t, vendor.options(map[string]any{"disable_events": true}), Host{})
	handles := make([]uint64, visitors)
	round := func() {
		for i := range handles {
			result, err := c.Call(t.Context(), "flagship.visitor.new", []byte(`{"id":"some visitor","consent":true,"context":{"plan":"gold"}}`))
			require.NoError(t, err)
			text, err := json.Marshal(result)
			require.NoError(t, err)
			handles[i], err = strconv.ParseUint(field(t, string(text), "visitor"), 10, 64)
			require.NoError(t, err)
			if i%100 == 0 {
				fetched(t, c, strconv.FormatUint(handles[i], 10))
			}
		}
		full := heap()
		for i := range handles {
			require.True(t, c.Visitors().Close(handles[i]))
		}
		t.Logf("%d visitors: %d MB", visitors, full>>20)
	}
	round()
	known := map[uint64]bool{}
	for _, handle := range handles {
		require.Less(t, handle, uint64(1)<<53)
		known[handle] = true
	}
	require.Len(t, known, visitors)
	before := heap()
	round()
	for _, handle := range handles {
		require.False(t, known[handle], "a handle is never given out twice")
	}
	after := heap()
	runtime.KeepAlive(known)
	require.Less(t, after, before+1<<20, "%d bytes, then %d", before, after)
}

// heap is what the program holds, in bytes.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
