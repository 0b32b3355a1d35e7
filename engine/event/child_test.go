//go:build linux || darwin

package event

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/transport"
)

// The tests in this file run this program again as the process that is killed; childRole says what it does then.
const childRole = "BURGEE_EVENT_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childRole) {
	case "produce":
		childProduce()
	case "leak":
		childLeak()
	case "limit":
		childLimit()
	default:
		os.Exit(m.Run())
	}
}

// child starts this program in a role.
func child(t *testing.T, role string, args ...string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), childRole+"="+role)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return cmd, bufio.NewScanner(out)
}

func childQueue(url, dir string) *Queue {
	client, err := transport.New(transport.Config{Timeout: 5 * time.Second})
	if err != nil {
		panic(err)
	}
	q, err := New(Config{
		Client: client, Encoder: lines{url}, RetryWait: time.Millisecond, LongestWait: 10 * time.Millisecond,
		Interval: 50 * time.Millisecond, Parallel: killParallel, BatchEvents: killBatch,
		Spool: &Spool{Path: dir, Identity: "test", MaxBytes: 1 << 30},
	})
	if err != nil {
		panic(err)
	}
	return q
}

const (
	killParallel = 4
	killBatch    = 500
)

// childProduce adds records "<name>.<goroutine>.<number>" and writes the name of each to its output once it was accepted,
// until it is killed; or a number of them, and then closes.
func childProduce() {
	url, dir, name := os.Args[1], os.Args[2], os.Args[3]
	count, _ := strconv.Atoi(os.Args[4])
	const goroutines = 4
	q := childQueue(url, dir)
	var wait sync.WaitGroup
	for g := range goroutines {
		wait.Go(func() {
			for i := 0; i < count/goroutines; i++ {
				text := fmt.Sprintf("%s.%d.%d", name, g, i)
				data := []byte(text + " " + strings.Repeat("x", 180+i%100))
				if err := q.AddDurable(time.Now().UnixMilli(), data); err != nil {
					_, _ = fmt.Fprintln(os.Stderr, err)
					continue
				}
				_, _ = os.Stdout.WriteString(text + "\n")
			}
		})
	}
	wait.Wait()
	_, _ = os.Stdout.WriteString("produced\n")
	if err := q.Close(context.Background()); err != nil {
		panic(err)
	}
	fmt.Printf("closed %+v\n", q.Stats())
}

// tally is a vendor that only counts, and answers every second request with 503.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
}

func (v *tally) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // its sender was killed
	}
	if rand.N(2) == 0 {
		w.WriteHeader(503)
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for line := range bytes.Lines(body) {
		name, _, _ := bytes.Cut(line, []byte(" "))
		v.counts[string(name)]++
	}
}

func TestNothingIsLostByKill(t *testing.T) { killProducers(t, 50_000, 5) }

// The full size: BURGEE_ENDURANCE=1 go test ./engine/event -run Endurance -v
func TestEnduranceNothingIsLostByKill(t *testing.T) {
	if os.Getenv("BURGEE_ENDURANCE") == "" {
		t.Skip("BURGEE_ENDURANCE is not set")
	}
	killProducers(t, 1_000_000, 20)
}

// killProducers runs two processes at a time on one folder and kills them at random moments, until enough records were
// accepted. Every accepted record must arrive, and only those under way at a kill may arrive twice.
func killProducers(t *testing.T, total, kills int) {
	v := &tally{counts: map[string]int{}}
	server := httptest.NewServer(v)
	defer server.Close()
	dir := t.TempDir()
	began := time.Now()

	var mu sync.Mutex
	accepted := map[string]bool{}
	run := func(name string, atLeast, most int, killed bool) {
		// It goes on producing until it is killed.
		count := atLeast
		if killed {
			count = 1 << 40
		}
		cmd, out := child(t, "produce", server.URL, dir, name, strconv.Itoa(count))
		left := atLeast + rand.IntN(most-atLeast+1)
		for out.Scan() {
			if strings.HasPrefix(out.Text(), "closed") || out.Text() == "produced" {
				t.Log(out.Text(), time.Since(began))
				continue
			}
			mu.Lock()
			accepted[out.Text()] = true
			mu.Unlock()
			if left--; killed && left == 0 {
				time.Sleep(rand.N(3 * time.Millisecond))
				assert.NoError(t, cmd.Process.Kill())
			}
		}
		err := cmd.Wait()
		assert.Equal(t, killed, err != nil, "%v", err)
	}
	share := total / (kills + 1)
	var slots sync.WaitGroup
	for slot := range 2 {
		slots.Go(func() {
			for i := slot; i < kills; i += 2 {
				run(fmt.Sprint("k", i), share/2, share*3/2, true)
			}
		})
	}
	slots.Wait()
	rest := (max(share, total-len(accepted)) + 3) / 4 * 4
	run("last", rest, rest, false)
	took := time.Since(began)

	v.mu.Lock()
	defer v.mu.Unlock()
	twice, lost := 0, 0
	for name := range accepted {
		if v.counts[name] == 0 {
			lost++
		}
	}
	for _, count := range v.counts {
		twice += count - 1
	}
	t.Logf("%d accepted, %d kills, %d lost, %d twice, %s", len(accepted), kills, lost, twice, took)
	assert.GreaterOrEqual(t, len(accepted), total)
	assert.Zero(t, lost)
	assert.LessOrEqual(t, twice, kills*killParallel*killBatch, "what was under way at the kills")
	assert.Empty(t, files(t, dir))
}

// childLeak leaves behind a process that has inherited the locks, as a fork of the host would.
func childLeak() {
	q := childQueue(os.Args[1], os.Args[2])
	for i := range 10 {
		if err := q.AddDurable(0, []byte(fmt.Sprint(i))); err != nil {
			panic(err)
		}
	}
	sleeper := exec.Command("sleep", "300")
	sleeper.ExtraFiles = []*os.File{q.spool.folder.held, q.spool.folder.lock}
	if err := sleeper.Start(); err != nil {
		panic(err)
	}
	fmt.Println(sleeper.Process.Pid)
	select {}
}

func TestForkedChildDoesNotKeepTheFilesOfItsDeadParent(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux says that the parent is gone; elsewhere the files wait for the child")
	}
	dir := t.TempDir()
	cmd, out := child(t, "leak", nowhere(t), dir)
	require.True(t, out.Scan())
	sleeper, err := strconv.Atoi(out.Text())
	require.NoError(t, err)
	defer func() { _ = syscall.Kill(sleeper, syscall.SIGKILL) }()

	v := &vendor{}
	cfg := serve(t, v, dir)
	early := start(t, cfg)
	require.NoError(t, early.Flush(within(t, time.Minute)))
	finish(t, early)
	require.Empty(t, v.lines(), "it lives")

	require.NoError(t, cmd.Process.Kill()) // it is a zombie until Wait
	owners, err := filepath.Glob(filepath.Join(dir, "*", "*"+ownerEnd))
	require.NoError(t, err)
	require.Len(t, owners, 1)
	file, err := os.Open(owners[0])
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	require.ErrorIs(t, tryLock(file), errLocked, "the sleeping process has the lock")
	require.Eventually(t, func() bool {
		finish(t, start(t, cfg))
		return len(v.lines()) > 0
	}, time.Minute, 10*time.Millisecond)
	require.Equal(t, numbers(0, 10), v.lines())
	_ = cmd.Wait()
}

// childLimit runs into a limit on the size of files, as on a full disk, and then out of it.
func childLimit() {
	signal.Ignore(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		panic(err)
	}
	most := limit.Max
	limit.Cur = 40_000
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		panic(err)
	}
	q := childQueue(os.Args[1], os.Args[2])
	fmt.Println("full:", q.AddDurable(0, []byte("memory")))
	fmt.Println("flush:", q.Flush(context.Background()))
	limit.Cur = most
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		panic(err)
	}
	time.Sleep(spoolRetry)
	fmt.Println("room:", q.AddDurable(0, []byte("disk")))
	fmt.Println("close:", q.Close(context.Background()))
}

func TestFilesThatMayNotGrow(t *testing.T) {
	v := &vendor{}
	server := httptest.NewServer(v)
	defer server.Close()
	cmd, out := child(t, "limit", server.URL, t.TempDir())
	var said []string
	for out.Scan() {
		said = append(said, out.Text())
	}
	require.NoError(t, cmd.Wait())
	require.Len(t, said, 4)
	assert.Contains(t, said[0], "full: the event is not in the spool: spool ")
	assert.Contains(t, said[0], "file too large")
	assert.Equal(t, []string{"flush: <nil>", "room: <nil>", "close: <nil>"}, said[1:])
	assert.Equal(t, []string{"memory", "disk"}, v.lines())
}
