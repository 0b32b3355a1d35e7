package engine

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/eval"
)

// manyFlags is a document that is read into memory outside the Go heap, because of its size.
func manyFlags(n int) string {
	flags := make([]string, n)
	for i := range flags {
		flags[i] = fmt.Sprintf(`{"key":"flag-%d","name":"","description":"%s","enabled":true,"rules":[{"segmentOperator":
			"OR_SEGMENT_OPERATOR","segments":[{"key":"s\u002d%d","matchType":"ALL_SEGMENT_MATCH_TYPE","constraints":[{"type":
			"STRING_CONSTRAINT_COMPARISON_TYPE","property":"p","operator":"isoneof","value":"[\"v%d\"]"}]}],"distributions":
			[{"variantKey":"variant-%d","rollout":100,"variantAttachment":"a\n%d"}]}]}`, i, strings.Repeat("d", 200), i, i, i, i)
	}
	return `{"namespace":{"key":"default"},"flags":[` + strings.Join(flags, ",") + `]}`
}

// The body of an update is given back when it has been compiled; a text that still pointed into it would end the process.
func TestFlagsOutliveTheirDocument(t *testing.T) {
	const n = 3000
	server := newServer(t, 200, manyFlags(n))
	c := open(t, map[string]any{"url": server.URL}, Host{})
	runtime.GC()
	for i := range n {
		out := &eval.Outcome{}
		c.Resolve(fmt.Sprintf("flag-%d", i), &eval.Context{Attributes: []eval.Attribute{
			{Name: "p", Value: eval.StringValue(fmt.Sprintf("v%d", i))},
		}}, out)
		require.Equal(t, fmt.Sprintf("variant-%d", i), out.Variant)
		require.Equal(t, fmt.Sprintf("a\n%d", i), out.Attachment.Text)
		require.Equal(t, []string{fmt.Sprintf("s-%d", i)}, out.Segments)
	}
	flags, err := c.Flags()
	require.NoError(t, err)
	require.Len(t, flags, n)
	require.Equal(t, strings.Repeat("d", 200), flags[0].Description)
}

func TestEvaluationGoesOnWhileFlagsAreReplacedAndTheClientIsClosed(t *testing.T) {
	server := newServer(t, 200, flagOn)
	c := open(t, map[string]any{"url": server.URL, "update_interval": 3600}, Host{})
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				out := resolve(c, "b")
				if out.ErrorCode != "" && out.ErrorMessage != "the client is closed" {
					t.Error(out.ErrorMessage)
					return
				}
				c.Status()
			}
		})
	}
	for i := range 50 {
		server.answer(200, []string{flagOn, flagOff}[i%2])
		_, err := refresh(c)
		require.NoError(t, err)
	}
	c.Close()
	close(stop)
	readers.Wait()
	require.Equal(t, uint64(51), c.Status().Version)
}

func TestOpeningAndClosingLeavesNothingBehind(t *testing.T) {
	server := newServer(t, 200, flagOn)
	cycle := func(options map[string]any) {
		text, err := json.Marshal(options)
		require.NoError(t, err)
		c, err := Open(text, Host{})
		require.NoError(t, err)
		require.True(t, resolve(c, "b").Value.Bool)
		c.Close()
	}
	server.Config.SetKeepAlivesEnabled(false) // what the test's own server keeps is not counted
	rounds := func(n int) {
		for range n {
			cycle(map[string]any{"url": server.URL})
			cycle(map[string]any{"document": json.RawMessage(flagOn)})
		}
	}
	rounds(5)
	goroutines, files := runtime.NumGoroutine(), openFiles(t)
	rounds(500)
	require.Eventually(t, func() bool {
		return runtime.NumGoroutine() <= goroutines+2 && openFiles(t) <= files+2
	}, 30*time.Second, 10*time.Millisecond, "goroutines %d, then %d; files %d, then %d",
		goroutines, runtime.NumGoroutine(), files, openFiles(t))
}

// openFiles counts the file descriptors of this process, where the system shows them.
func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}
