package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/transport"
)

func put(t *testing.T, path, content string) {
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
}

// watch runs a file source in a bubble; look lets it look once more and returns what the sink heard.
func watch(t *testing.T, path string, limit int64, test func(t *testing.T, look func() []string, sink *recorder)) {
	synctest.Test(t, func(t *testing.T) {
		sink := &recorder{}
		stop := start(t, NewFile(path, limit, 0), sink)
		test(t, func() []string {
			time.Sleep(fileInterval)
			synctest.Wait()
			return sink.take()
		}, sink)
		stop()
	})
}

func TestFileIsReloadedWhenItChanges(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "flags.json")
	put(t, path, "one")
	watch(t, path, 0, func(t *testing.T, look func() []string, sink *recorder) {
		assert.Equal(t, []string{"apply file json one"}, sink.take())
		assert.Equal(t, []string{"confirm"}, look())

		put(t, path, "two") // same size, very likely the same modification time
		assert.Equal(t, []string{"apply file json two"}, look())

		put(t, filepath.Join(dir, "new"), "three")
		require.NoError(t, os.Rename(filepath.Join(dir, "new"), path))
		assert.Equal(t, []string{"apply file json three"}, look())

		put(t, path, "bad half") // seen in the middle of being written
		assert.Equal(t, []string{"apply file json bad half"}, look())
		assert.Equal(t, []string{"unchanged"}, look(), "the same bytes are not offered again, and not confirmed either")
		put(t, path, "four, whole")
		assert.Equal(t, []string{"apply file json four, whole"}, look())
		put(t, path, "bad")
		look()
		put(t, path, "four, whole")
		assert.Equal(t, []string{"apply file json four, whole"}, look(), "only an update ends a failure")

		require.NoError(t, os.Remove(path))
		assert.Equal(t, []string{"fail"}, look())
		assert.Equal(t, []string{"unchanged"}, look(), "reported once, and each look is heard of")
		require.ErrorIs(t, sink.errors[0], fs.ErrNotExist)
		put(t, path, "four, whole")
		assert.Equal(t, []string{"apply file json four, whole"}, look())
		assert.Equal(t, []string{"confirm"}, look())
	})
}

func TestFileThatRestsIsNotReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "flags.yml")
	put(t, path, "one")
	old := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC) // before the time in the bubble
	require.NoError(t, os.Chtimes(path, old, old))
	watch(t, path, 0, func(t *testing.T, look func() []string, sink *recorder) {
		assert.Equal(t, []string{"apply file yaml one"}, sink.take())
		put(t, path, "two")
		require.NoError(t, os.Chtimes(path, old, old)) // nothing shows that it has changed
		assert.Equal(t, []string{"confirm"}, look())
		require.NoError(t, os.Chtimes(path, old, old.Add(time.Second)))
		assert.Equal(t, []string{"apply file yaml two"}, look())
	})
}

func TestFileThatWasJustWrittenIsReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "flags.json")
	put(t, path, "one")
	synctest.Test(t, func(t *testing.T) {
		recent := time.Now().Add(-fileSettles / 2)
		require.NoError(t, os.Chtimes(path, recent, recent))
		sink := &recorder{}
		stop := start(t, NewFile(path, 0, 0), sink)
		assert.Equal(t, []string{"apply file json one"}, sink.take())
		put(t, path, "two")
		require.NoError(t, os.Chtimes(path, recent, recent)) // written twice within one step of the file system's clock
		time.Sleep(fileInterval)
		synctest.Wait()
		assert.Equal(t, []string{"apply file json two"}, sink.take())
		stop()
	})
}

func TestFileBehindAReplacedLink(t *testing.T) {
	// As Kubernetes lays out a ConfigMap: flags.json -> ..data/flags.json, ..data -> a folder of one version.
	dir := t.TempDir()
	for _, version := range []string{"v1", "v2"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, version), 0o700))
		put(t, filepath.Join(dir, version, "flags.json"), version)
	}
	require.NoError(t, os.Symlink("v1", filepath.Join(dir, "..data")))
	require.NoError(t, os.Symlink(filepath.Join("..data", "flags.json"), filepath.Join(dir, "flags.json")))
	watch(t, filepath.Join(dir, "flags.json"), 0, func(t *testing.T, look func() []string, sink *recorder) {
		assert.Equal(t, []string{"apply file json v1"}, sink.take())
		require.NoError(t, os.Symlink("v2", filepath.Join(dir, "..new")))
		require.NoError(t, os.Rename(filepath.Join(dir, "..new"), filepath.Join(dir, "..data")))
		assert.Equal(t, []string{"apply file json v2"}, look())
	})
}

func TestFileThatCannotBeUsed(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "large.json"), strings.Repeat("x", 101))
	var large *transport.TooLargeError
	for name, test := range map[string]struct {
		file string
		fits func(error) bool
	}{
		"missing": {"none.json", func(err error) bool { return errors.Is(err, fs.ErrNotExist) }},
		"folder":  {".", func(err error) bool { return strings.Contains(err.Error(), "not a regular file") }},
		"large":   {"large.json", func(err error) bool { return errors.As(err, &large) && large.Limit == 100 }},
	} {
		t.Run(name, func(t *testing.T) {
			watch(t, filepath.Join(dir, test.file), 100, func(t *testing.T, look func() []string, sink *recorder) {
				assert.Equal(t, []string{"fail"}, sink.take())
				assert.Equal(t, []string{"unchanged"}, look())
				assert.True(t, test.fits(sink.errors[0]), "%v", sink.errors[0])
			})
		})
	}
}

func TestFileThatIsAPipeIsNotOpened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "flags.json")
	makePipe(t, path)
	watch(t, path, 100, func(t *testing.T, look func() []string, sink *recorder) {
		assert.Equal(t, []string{"fail"}, sink.take())
		require.EqualError(t, sink.errors[0], path+" is a named pipe and not a regular file")
		assert.Equal(t, []string{"unchanged"}, look())
		require.NoError(t, os.Remove(path))
		put(t, path, "doc")
		assert.Equal(t, []string{"apply file json doc"}, look())
	})
}

func TestFileRefresh(t *testing.T) {
	path := filepath.Join(t.TempDir(), "flags")
	put(t, path, "one")
	synctest.Test(t, func(t *testing.T) {
		sink := &recorder{}
		file := NewFile(path, 0, time.Hour)
		stop := start(t, file, sink)
		assert.Equal(t, []string{"apply file  one"}, sink.take())
		put(t, path, "two!")
		file.Refresh()
		synctest.Wait()
		assert.Equal(t, []string{"apply file  two!"}, sink.take())
		stop()
	})
}
