package engine

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/localserver"
)

// vendorStates are the vendors' names for states of the connection.
var vendorStates = map[State]string{
	NotReady: "INITIALIZING", Failed: "INITIALIZING", Ready: "OK", Stale: "INTERRUPTED", Fatal: "OFF", Closed: "OFF",
}

type syncScenario struct {
	Scenario      string
	OpenRequest   json.RawMessage
	ReopenRequest json.RawMessage
	Steps         []struct {
		Note    string
		Message json.RawMessage
		After   struct {
			Initialize bool
			State      string
			Error      *struct{ Type string }
			Values     map[string]any
			ClosedWith []int
		}
	}
}

// What the packages of the vendors compare with the flags is compared here with the connection: the states that a host
// sees, the requests, and how the socket is closed.
func TestSyncVectorsOverAWebsocket(t *testing.T) {
	for folder, v := range map[string]syncVendor{"featbit": featBitVendor, "ffc": featureFlagCoVendor} {
		text, err := os.ReadFile(filepath.Join("../testdata/vectors", folder, "sync.json"))
		require.NoError(t, err)
		var file struct{ Scenarios []syncScenario }
		require.NoError(t, json.Unmarshal(text, &file))
		require.NotEmpty(t, file.Scenarios)
		for _, scenario := range file.Scenarios {
			t.Run(folder+"/"+scenario.Scenario, func(t *testing.T) { scenario.run(t, v) })
		}
	}
}

func (scenario syncScenario) run(t *testing.T, v syncVendor) {
	s := localserver.StartTest(t, localserver.Options{Backend: v.backend})
	fault := localserver.Fault{Kind: localserver.FaultStream, Path: "/streaming", DropMessages: 1} // its own answer
	last := scenario.Steps[len(scenario.Steps)-1].After
	states, wanted := []string{}, []string{}
	for _, step := range scenario.Steps {
		frame := string(step.Message)
		if text := ""; json.Unmarshal(step.Message, &text) == nil {
			frame = text
		}
		fault.Chunks = append(fault.Chunks, frame)
		if n := len(wanted); n == 0 || wanted[n-1] != step.After.State {
			wanted = append(wanted, step.After.State)
		}
		require.True(t, step.After.Initialize || len(step.After.Values) == 0)
	}
	// A last message shows that all before it have been read.
	end := string(syncMessage("patch", []string{v.flag("the-end", "", 0)}))
	if last.State == "OK" {
		fault.Chunks = append(fault.Chunks, end)
	}
	require.NoError(t, s.SetFaults(fault))
	c := open(t, v.options(s, nil), Host{})
	waitFor(t, c, func(e Event) bool {
		if e.Type == "status" {
			states = append(states, vendorStates[e.Status.State])
			if e.Status.State == Fatal {
				require.Equal(t, last.Error.Type, e.Status.ErrorKind)
				return true
			}
		}
		return e.Type == "change" && e.Flags[len(e.Flags)-1] == "the-end"
	})
	require.Equal(t, wanted, states)
	document := call(t, c, v.backend+".document", "{}")

	c.Close()
	require.Eventually(t, func() bool { return !s.Sockets()[0].Open }, patience, 1)
	sockets := s.Sockets()
	require.Len(t, sockets, 1)
	closing := []int{1000} // of Close
	if len(last.ClosedWith) > 0 {
		closing = last.ClosedWith
	}
	require.Equal(t, closing, []int{sockets[0].Code})
	if scenario.OpenRequest != nil {
		require.JSONEq(t, string(scenario.OpenRequest), sockets[0].Received[0])
	}
	if scenario.ReopenRequest == nil {
		return
	}
	// The next process goes on from what a copy on disk would hold. The last message is older than all others.
	var held struct{ Document json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(document), &held))
	reopened := open(t, v.options(s, map[string]any{"bootstrap": held.Document, "start_wait_ms": 0}), Host{})
	waitState(t, reopened, Ready)
	require.JSONEq(t, string(scenario.ReopenRequest), requests(s)[1])
}
