package source

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/transport"
)

var savedAt = time.Date(2026, 3, 4, 5, 6, 7, 8, time.FixedZone("", 3600))

const noLimit = 1 << 30

// packed is a document as StoreCache takes it.
func packed(t testing.TB, document []byte) []byte {
	t.Helper()
	text, err := Pack(document)
	require.NoError(t, err)
	return text
}

func TestCacheRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "flags.cache")
	for _, body := range []string{"", "doc", strings.Repeat("a long document ", 100_000)} {
		for _, format := range []string{"", "yaml"} {
			require.NoError(t, StoreCache(path, "me", format, packed(t, []byte(body)), savedAt))
			cached, err := LoadCache(path, "me", noLimit)
			require.NoError(t, err)
			assert.Equal(t, body, string(cached.Body()))
			assert.Equal(t, format, cached.Format)
			assert.True(t, savedAt.Equal(cached.SavedAt))
			cached.Release()
		}
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, entries, 1, "no temporary file is left")
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	assert.Less(t, info.Size(), int64(100_000), "compressed")
}

func TestCacheOfAnotherClient(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	require.NoError(t, StoreCache(path, "flipt|https://user:hunter2@a|x", "", packed(t, []byte("doc")), savedAt))
	_, err := LoadCache(path, "flipt|https://b|x", noLimit)
	require.ErrorIs(t, err, ErrForeignCache)
	assert.Contains(t, err.Error(), path)
	assert.FileExists(t, path)
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.NotContains(t, string(content), "hunter2")
}

func TestCacheThatCannotBeUsed(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "c")
	_, err := LoadCache(path, "me", noLimit)
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = LoadCache(dir, "me", noLimit)
	require.ErrorContains(t, err, "not a regular file")

	require.NoError(t, StoreCache(path, "me", "", packed(t, []byte(strings.Repeat("doc ", 50))), savedAt))
	_, err = LoadCache(path, "me", 199)
	var large *transport.TooLargeError
	require.ErrorAs(t, err, &large)

	good, err := os.ReadFile(path)
	require.NoError(t, err)
	for at := range good {
		damaged := bytes.Clone(good)
		damaged[at] ^= 0x10
		require.NoError(t, os.WriteFile(path, damaged, 0o600))
		_, err := LoadCache(path, "me", noLimit)
		require.ErrorIs(t, err, ErrDamagedCache, "byte %d", at)
		require.NoError(t, os.WriteFile(path, good[:at], 0o600))
		_, err = LoadCache(path, "me", noLimit)
		require.ErrorIs(t, err, ErrDamagedCache, "cut at %d", at)
	}
	require.NoError(t, os.WriteFile(path, append(bytes.Clone(good), 'x'), 0o600))
	_, err = LoadCache(path, "me", noLimit)
	require.ErrorIs(t, err, ErrDamagedCache, "more than was written")
	assert.FileExists(t, path, "never deleted")
}

func TestCacheIsReplacedAsAWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	document := func(n int) []byte { return bytes.Repeat([]byte(fmt.Sprintln("document", n)), 2000) }
	require.NoError(t, StoreCache(path, "me", "", packed(t, document(0)), savedAt))
	var writers sync.WaitGroup
	for n := range 4 {
		writers.Go(func() {
			for range 10 {
				assert.NoError(t, StoreCache(path, "me", "", packed(t, document(n)), savedAt))
			}
		})
	}
	ended := make(chan struct{})
	go func() { writers.Wait(); close(ended) }()
	for reads := 0; ; reads++ {
		cached, err := LoadCache(path, "me", noLimit)
		require.NoError(t, err)
		lines := bytes.Split(cached.Body(), []byte("\n"))
		for _, line := range lines[:2000] {
			require.Equal(t, string(lines[0]), string(line))
		}
		cached.Release()
		select {
		case <-ended:
			require.Positive(t, reads)
			return
		default:
		}
	}
}

func TestCacheStaysALinkAndClearsOnlyItsOwnRemains(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	link := filepath.Join(dir, "c")
	put(t, filepath.Join(elsewhere, "real"), "burgee-cache, damaged")
	require.NoError(t, os.Symlink(filepath.Join(elsewhere, "real"), link))
	long := time.Now().Add(-2 * time.Hour)
	for _, name := range []string{".real.1.tmp", ".other.1.tmp", "real.tmp"} {
		put(t, filepath.Join(elsewhere, name), "x")
		require.NoError(t, os.Chtimes(filepath.Join(elsewhere, name), long, long))
	}
	put(t, filepath.Join(elsewhere, ".real.2.tmp"), "somebody is writing")
	require.NoError(t, StoreCache(link, "me", "", packed(t, []byte("doc")), savedAt))
	info, err := os.Lstat(link)
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&fs.ModeSymlink)
	left := []string{}
	entries, err := os.ReadDir(elsewhere)
	require.NoError(t, err)
	for _, entry := range entries {
		left = append(left, entry.Name())
	}
	assert.ElementsMatch(t, []string{".other.1.tmp", ".real.2.tmp", "real", "real.tmp"}, left)
}

func TestCacheThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	put(t, file, "x")
	require.Error(t, StoreCache(filepath.Join(file, "c"), "me", "", nil, savedAt))
	require.Error(t, StoreCache(filepath.Dir(file), "me", "", nil, savedAt), "a folder is in the way")
}

func TestCacheReplacesOnlyFiles(t *testing.T) {
	dir := t.TempDir()
	pipe, link := filepath.Join(dir, "pipe"), filepath.Join(dir, "link")
	makePipe(t, pipe)
	require.NoError(t, os.Symlink("pipe", link))
	for path, what := range map[string]string{pipe: "pipe is a named pipe", link: "pipe is a named pipe", dir: "is a folder"} {
		require.ErrorContains(t, StoreCache(path, "me", "", nil, savedAt), what)
		require.ErrorContains(t, CheckCache(path), what)
		_, err := LoadCache(path, "me", noLimit)
		require.ErrorContains(t, err, "not a regular file")
	}
	info, err := os.Lstat(pipe)
	require.NoError(t, err)
	assert.Equal(t, fs.ModeNamedPipe, info.Mode().Type())
}

func TestCacheBehindLinksToNothing(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(elsewhere, "deep"), 0o700))
	require.NoError(t, os.Symlink(filepath.Join(elsewhere, "deep"), filepath.Join(dir, "folder")))
	require.NoError(t, os.Symlink("folder/second", filepath.Join(dir, "first")))
	require.NoError(t, os.Symlink("../real", filepath.Join(elsewhere, "deep", "second")))
	require.NoError(t, CheckCache(filepath.Join(dir, "first")))
	require.NoError(t, StoreCache(filepath.Join(dir, "first"), "me", "", packed(t, []byte("doc")), savedAt))
	info, err := os.Lstat(filepath.Join(elsewhere, "real"))
	require.NoError(t, err)
	assert.True(t, info.Mode().IsRegular())
	for _, link := range []string{filepath.Join(dir, "first"), filepath.Join(elsewhere, "deep", "second")} {
		_, err = os.Readlink(link)
		require.NoError(t, err, "a link stays one")
	}

	loop := filepath.Join(dir, "loop")
	require.NoError(t, os.Symlink("loop", loop))
	require.ErrorContains(t, CheckCache(loop), "too many symbolic links")
	require.ErrorContains(t, StoreCache(loop, "me", "", nil, savedAt), "too many symbolic links")
}

func TestCheckCache(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, CheckCache(file), "nothing there yet")
	assert.NoFileExists(t, file)
	put(t, file, "burgee-")
	require.NoError(t, CheckCache(file))
	require.NoError(t, CheckCache(filepath.Join(dir, "none", "c")), "StoreCache makes the folder")
	require.Error(t, CheckCache(filepath.Join(file, "c")), "a file is in the way")
}

func FuzzCache(f *testing.F) {
	path := filepath.Join(f.TempDir(), "c")
	require.NoError(f, StoreCache(path, "me", "json", packed(f, []byte("doc")), savedAt))
	good, err := os.ReadFile(path)
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte(cacheMagic))
	f.Add(append(bytes.Clone(good), good...))
	f.Fuzz(func(t *testing.T, content []byte) {
		cached, err := readCache(bytes.NewReader(content), "me", 1000)
		if err != nil {
			return
		}
		defer cached.Release()
		require.Equal(t, "doc", string(cached.Body()), "nothing else has the right checksum")
	})
}

// A path that was mistaken must not cost the file that is there.
func TestAFileThatIsNoCacheIsNotWrittenOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.txt")
	for _, content := range []string{"dear diary", "burge", "x"} {
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		if strings.HasPrefix("burgee-", content) {
			require.NoError(t, CheckCache(path), "cut off while it was written")
			continue
		}
		require.ErrorIs(t, CheckCache(path), ErrNotCache)
		require.ErrorIs(t, StoreCache(path, "me", "", packed(t, []byte("doc")), savedAt), ErrNotCache)
		kept, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, content, string(kept))
	}
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, StoreCache(path, "me", "", packed(t, []byte("doc")), savedAt), "an empty file is nobody's")
}
