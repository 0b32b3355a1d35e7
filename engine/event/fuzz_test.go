package event

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// readAll reads a file of the spool as it is after its process has ended. The place is shared by all runs of a process: the
// fuzzer makes thousands in a second.
func readAll(t *testing.T, dir string, content []byte) (records []Record) {
	path := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(path, content, 0o600))
	g := &segment{path: path, sealed: true, end: fileHeader}
	require.NoError(t, g.open())
	defer g.close()
	for {
		frame, _, err := g.read()
		require.NoError(t, err)
		if frame == nil {
			require.True(t, g.finished())
			return records
		}
		length, _ := frameLength(frame)
		records = append(records, Record{
			Time: frameTime(frame), Data: append([]byte(nil), frame[frameHeader:frameHeader+length]...), end: uint64(g.next),
		})
	}
}

// Whatever a file holds, reading it ends, without a panic.
func FuzzReadAnything(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(encodeHeader(fileHeader))
	file := encodeHeader(fileHeader)
	for _, text := range []string{"", "a", "12345678"} {
		start := len(file)
		file = endFrame(append(startFrame(file), text...), start, 1)
	}
	f.Add(file)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte) { readAll(t, dir, content) })
}

// A change of one byte costs at most the record that it is in.
func FuzzReadDamaged(f *testing.F) {
	f.Add([]byte("one"), []byte(""), []byte("three"), uint16(50), byte(1))
	f.Add([]byte("one"), []byte("two"), []byte("three"), uint16(8), byte(0x80))
	f.Add([]byte("one"), []byte("two"), []byte("three"), uint16(35), byte(0x80))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, a, b, c []byte, at uint16, change byte) {
		file := encodeHeader(fileHeader)
		var want []Record
		for i, data := range [][]byte{a, b, c, a, b, c} {
			start := len(file)
			file = endFrame(append(startFrame(file), data...), start, int64(i))
			damaged := change != 0 && int(at) >= start && int(at) < start+frameHeader+len(data)
			if !damaged {
				want = append(want, Record{Time: int64(i), Data: append([]byte(nil), data...), end: uint64(len(file))})
			}
		}
		if int(at) < len(file) {
			file[at] ^= change
		}
		require.Equal(t, want, readAll(t, dir, file))
	})
}
