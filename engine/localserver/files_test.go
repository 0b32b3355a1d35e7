package localserver

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func write(t *testing.T, path, content string) string {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestFilesOfEveryKind(t *testing.T) {
	dir := t.TempDir()
	yaml := write(t, filepath.Join(dir, "a.features.yaml"), "flags: [{key: y1}]\n---\nnamespace: shop\nflags: [{key: y2}]\n")
	wire := write(t, filepath.Join(dir, "b.json"), `{"namespace":{"key":"wire"},"flags":[{"key":"w","name":"","enabled":true}]}`)
	declared := write(t, filepath.Join(dir, "c.features.json"), `{"version":"1.4","namespace":{"key":"declared"},"flags":[{"key":"d"}]}`)
	s := StartTest(t, Options{Files: []string{yaml, wire, declared, "mine=" + wire, "staging/=" + yaml, "staging/mine=" + wire}})
	for _, c := range []struct{ environment, namespace, flag string }{
		{"", "default", "y1"}, {"", "shop", "y2"}, {"", "wire", "w"}, {"", "declared", "d"}, {"", "mine", "w"},
		{"staging", "shop", "y2"}, {"staging", "mine", "w"},
	} {
		response, body := get(t, s.URL()+snapshotURL+c.namespace, "X-Flipt-Environment", c.environment)
		assert.Equal(t, 200, response.StatusCode, "%+v", c)
		assert.Contains(t, body, `"key":"`+c.flag+`"`, "%+v", c)
	}
}

func TestFileIsReloadedWhenItChanges(t *testing.T) {
	var mu sync.Mutex
	var logged []string
	path := write(t, filepath.Join(t.TempDir(), "f.yaml"), "flags: [{key: one}]\n---\nnamespace: gone\nflags: []\n")
	s := StartTest(t, Options{Files: []string{path}, ReloadInterval: time.Millisecond, Log: func(line string) {
		mu.Lock()
		defer mu.Unlock()
		logged = append(logged, line)
	}})
	stream := openStream(t, s, "default", "default")
	assert.Contains(t, nextLine(t, stream), `"one"`)

	write(t, path, "flags: [{key: two}, {key: bad, rules: [{segment: x}]}]")
	assert.Contains(t, nextLine(t, stream), `"two"`)
	require.Eventually(t, func() bool {
		response, _ := get(t, s.URL()+snapshotURL+"gone")
		return response.StatusCode == 404
	}, time.Minute, time.Millisecond)

	write(t, path, "flags: [")
	require.Eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		text := strings.Join(logged, "\n")
		return strings.Contains(text, `flag "bad"`) && strings.Contains(text, "line 1")
	}, time.Minute, time.Millisecond)
	_, body := get(t, s.URL()+snapshotURL+"default")
	assert.Contains(t, body, `"two"`, "what was good stays")

	// Editors replace the file by renaming another one over it.
	require.NoError(t, os.Rename(write(t, path+".new", "flags: [{key: three}]"), path))
	assert.Contains(t, nextLine(t, stream), `"three"`)
}

func TestBadOptionsAreNamed(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		options Options
		want    string
	}{
		{Options{Files: []string{filepath.Join(dir, "missing.yaml")}}, "missing.yaml"},
		{Options{Files: []string{write(t, filepath.Join(dir, "broken.yaml"), "flags: [")}}, "broken.yaml"},
		{Options{Files: []string{write(t, filepath.Join(dir, "broken.json"), `{"namespace":`)}}, "broken.json"},
		{Options{Listen: "127.0.0.1:http-no"}, "http-no"},
		{Options{TLS: &TLS{Dir: write(t, filepath.Join(dir, "file"), "") + "/below"}}, filepath.Join(dir, "file")},
	} {
		s, err := Start(c.options)
		require.ErrorContains(t, err, c.want)
		assert.Nil(t, s)
	}
}
