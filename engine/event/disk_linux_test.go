package event

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A disk of 1 MiB, smaller than the limit of the spool, so that write(2) fails in the middle.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skip("no file system can be mounted here: ", err)
	}
	defer func() { require.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) }()

	var up atomic.Bool
	v := &vendor{answer: func(int, []string) int {
		if up.Load() {
			return 200
		}
		return 503
	}}
	cfg := serve(t, v, dir)
	q := start(t, cfg)
	var durable []string
	full := 0
	for i := range 6000 {
		text := fmt.Sprintf("%0200d", i)
		if err := q.AddDurable(0, []byte(text)); err == nil {
			durable = append(durable, text)
		} else {
			require.ErrorIs(t, err, ErrNotStored)
			require.ErrorIs(t, err, syscall.ENOSPC)
			full++
		}
	}
	require.Greater(t, len(durable), 4000)
	require.Greater(t, full, 1000)

	// The next process finds the disk still full.
	require.Error(t, q.Close(within(t, time.Millisecond)))
	assert.Equal(t, uint64(full), q.Stats().Dropped.Closed)
	filler := filepath.Join(dir, "filler")
	_ = os.WriteFile(filler, make([]byte, 1<<20), 0o600)
	q = start(t, cfg)
	large := strings.Repeat("x", 9000) // more than what the owner file of the last process took
	require.ErrorIs(t, q.AddDurable(0, []byte(large)), ErrNotStored)
	up.Store(true)
	require.NoError(t, q.Flush(within(t, time.Minute)))
	require.Equal(t, append(durable, large), v.lines())
	require.NoError(t, os.Remove(filler))
	time.Sleep(spoolRetry)
	require.NoError(t, q.AddDurable(0, []byte("on disk")))
	finish(t, q)
	require.Equal(t, append(durable, large, "on disk"), v.lines())
}
