//go:build unix

package regular

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestOpenNeverWaitsForAPipe also opens it as if it had taken a file's place after the first look.
func TestOpenNeverWaitsForAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	done := make(chan error, 2)
	go func() {
		_, _, err := Open(path)
		done <- err
		_, _, err = open(path)
		done <- err
	}()
	for range 2 {
		select {
		case err := <-done:
			require.EqualError(t, err, path+" is a named pipe and not a regular file")
		case <-time.After(20 * time.Second):
			writer, err := os.OpenFile(path, os.O_RDWR, 0)
			require.NoError(t, err)
			_ = writer.Close()
			t.Fatal("it waits for a writer")
		}
	}
}
