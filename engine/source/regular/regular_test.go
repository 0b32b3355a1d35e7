package regular

import (
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	_, _, err := Open(path)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, os.WriteFile(path, []byte("content"), 0o600))
	file, info, err := Open(path)
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(file)
	require.NoError(t, err)
	assert.Equal(t, "content", string(content))
	assert.EqualValues(t, 7, info.Size())
}

func TestOpenNamesWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	_, _, err := Open(dir)
	require.EqualError(t, err, dir+" is a folder and not a regular file")
	listener, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Skip("no sockets in the file system")
	}
	defer func() { _ = listener.Close() }()
	_, _, err = Open(filepath.Join(dir, "s"))
	require.EqualError(t, err, filepath.Join(dir, "s")+" is a socket and not a regular file")
}

func TestKind(t *testing.T) {
	for mode, want := range map[fs.FileMode]string{
		0o600: "a regular file", fs.ModeDir: "a folder", fs.ModeDevice: "a device",
		fs.ModeDevice | fs.ModeCharDevice: "a device", fs.ModeSymlink: "a symbolic link", fs.ModeIrregular: "something special",
	} {
		assert.Equal(t, want, Kind(mode))
	}
}
