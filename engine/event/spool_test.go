package event

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/transport"
)

// serve gives a vendor a real socket and returns a configuration that sends to it from a spool in dir.
func serve(t *testing.T, v http.Handler, dir string) Config {
	t.Helper()
	server := httptest.NewServer(v)
	t.Cleanup(server.Close)
	return sendTo(t, server.URL, dir)
}

func sendTo(t *testing.T, url, dir string) Config {
	t.Helper()
	client, err := transport.New(transport.Config{Timeout: 5 * time.Second})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return Config{
		Client: client, Encoder: lines{url}, RetryWait: time.Millisecond, LongestWait: 20 * time.Millisecond,
		Spool: &Spool{Path: dir, Identity: "test"},
	}
}

// nowhere is an address that refuses connections.
func nowhere(t *testing.T) string {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	return server.URL
}

// store leaves the numbers in the spool of dir.
func store(t *testing.T, dir string, from, to int) {
	t.Helper()
	q := start(t, sendTo(t, nowhere(t), dir))
	for _, text := range numbers(from, to) {
		require.NoError(t, q.AddDurable(time.Now().UnixMilli(), []byte(text)))
	}
	require.ErrorIs(t, q.Close(within(t, time.Millisecond)), context.DeadlineExceeded)
	require.Zero(t, q.Stats().Dropped)
}

// files returns the paths of all files of records in dir.
func files(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*", "*"+segmentVersion))
	require.NoError(t, err)
	return paths
}

func finish(t *testing.T, q *Queue) {
	t.Helper()
	require.NoError(t, q.Close(within(t, time.Minute)))
}

func TestSpoolOutlivesItsProcess(t *testing.T) {
	dir := t.TempDir()
	store(t, dir, 0, 3000)
	store(t, dir, 3000, 6000)
	v, in := &vendor{}, &inbox{}
	cfg := serve(t, v, dir)
	cfg.Report = in.add
	q := start(t, cfg)
	for _, text := range numbers(6000, 7000) {
		require.NoError(t, q.AddDurable(0, []byte(text)))
	}
	finish(t, q)
	assert.Equal(t, numbers(0, 7000), v.lines(), "each once, oldest first")
	assert.Equal(t, Stats{Accepted: 1000, Sent: 7000}, q.Stats())
	assert.Len(t, in.of(Adopted), 1)
	assert.Empty(t, in.of(Damaged))
	assert.Empty(t, files(t, dir))
	left, err := filepath.Glob(filepath.Join(dir, "*", "*"+ownerEnd))
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestRecordsOfAddReachTheFilesByThemselves(t *testing.T) {
	dir := t.TempDir()
	q := start(t, sendTo(t, nowhere(t), dir))
	addNumbers(t, q, 0, 9000)
	require.Eventually(t, func() bool { return q.spool.written.Load() == q.ring.tail.Load() }, time.Minute, time.Millisecond)
	_ = q.Close(within(t, time.Millisecond))
	v := &vendor{}
	finish(t, start(t, serve(t, v, dir)))
	assert.Equal(t, numbers(0, 9000), v.lines())
}

func TestWhatWasSentIsNotSentAgain(t *testing.T) {
	dir := t.TempDir()
	store(t, dir, 0, 100)
	v := &vendor{answer: func(n int, _ []string) int {
		if n >= 3 {
			return 503
		}
		return 200
	}}
	cfg := serve(t, v, dir)
	cfg.BatchEvents = 10
	q := start(t, cfg)
	require.Eventually(t, func() bool { return q.Stats().Sent == 30 }, time.Minute, time.Millisecond)
	_ = q.Close(within(t, 10*time.Millisecond))
	// Another server: the first may still be at work on a request that was broken off.
	next := &vendor{}
	finish(t, start(t, serve(t, next, dir)))
	assert.Equal(t, numbers(0, 100), append(v.lines(), next.lines()...))
}

// Batches that arrive before an older one has arrived are noted one by one when the queue closes.
func TestBatchesThatOvertookOthersAreNotSentAgain(t *testing.T) {
	dir := t.TempDir()
	v := &vendor{answer: func(_ int, body []string) int {
		if body[0] == "0" || body[0] == "20" {
			return 503
		}
		return 200
	}}
	cfg := serve(t, v, dir)
	cfg.BatchEvents, cfg.Parallel, cfg.Interval = 10, 4, time.Hour
	q := start(t, cfg)
	for _, text := range numbers(0, 40) {
		require.NoError(t, q.AddDurable(0, []byte(text)))
	}
	require.Eventually(t, func() bool { return q.Stats().Sent == 20 }, time.Minute, time.Millisecond)
	require.Error(t, q.Close(within(t, 0)))
	assert.ElementsMatch(t, append(numbers(10, 20), numbers(30, 40)...), v.lines())
	next := &vendor{} // the first server may still be at work on a request that was broken off
	finish(t, start(t, serve(t, next, dir)))
	assert.ElementsMatch(t, numbers(0, 40), append(v.lines(), next.lines()...))
}

func TestLimitRefusesTheNewestAndCountsEveryFile(t *testing.T) {
	dir := t.TempDir()
	cfg := sendTo(t, nowhere(t), dir)
	cfg.Spool.MaxBytes = 1 << 20
	in := &inbox{}
	cfg.Report = in.add
	q, other := start(t, cfg), start(t, cfg)
	accepted := map[string]bool{}
	refused := 0
	for i := range 20_000 {
		text := fmt.Sprintf("%0200d", i)
		target := q
		if i%2 == 1 {
			target = other
		}
		if err := target.AddDurable(0, []byte(text)); err == nil {
			require.False(t, accepted[text])
			accepted[text] = true
		} else {
			refused++
		}
		total := int64(0)
		if i%1000 == 0 {
			for _, path := range files(t, dir) {
				info, err := os.Stat(path)
				require.NoError(t, err)
				total += info.Size()
			}
			require.LessOrEqual(t, total, int64(1<<20))
		}
	}
	require.Greater(t, refused, 10_000)
	require.Greater(t, len(accepted), 4000, "216 bytes each")
	assert.Contains(t, q.Stats().SpoolError, errSpoolFull.Error())
	_ = q.Close(within(t, time.Millisecond))
	_ = other.Close(within(t, time.Millisecond))
	assert.LessOrEqual(t, len(in.of(SpoolFailed)), 4, "for each queue at once and at the end, not for every event")

	v := &vendor{}
	cfg = serve(t, v, dir)
	finish(t, start(t, cfg))
	got := map[string]int{}
	for _, line := range v.lines() {
		got[line]++
	}
	for text := range accepted {
		require.Equal(t, 1, got[text], text)
	}
}

func TestFullSpoolIsBypassedAndWorksAgain(t *testing.T) {
	dir := t.TempDir()
	var up atomic.Bool
	v := &vendor{answer: func(int, []string) int {
		if up.Load() {
			return 200
		}
		return 503
	}}
	cfg := serve(t, v, dir)
	cfg.Spool.MaxBytes = leastSpool
	in := &inbox{}
	cfg.Report, cfg.ReportEvery = in.add, time.Nanosecond
	q := start(t, cfg)
	var want []string
	for i := 0; q.Stats().Dropped.Full == 0; i++ {
		text := fmt.Sprintf("%0200d", i)
		if q.Add(0, []byte(text)) {
			want = append(want, text)
		}
	}
	require.Greater(t, len(want), 14_000, "the spool and then the memory")
	require.NotEmpty(t, q.Stats().SpoolError)
	up.Store(true)
	require.NoError(t, q.Flush(within(t, time.Minute)))
	require.Equal(t, want, v.lines(), "each once, oldest first")
	require.NoError(t, q.AddDurable(0, []byte("durable")), "there is room again")
	require.Empty(t, q.Stats().SpoolError)
	finish(t, q)
	require.Equal(t, append(want, "durable"), v.lines())
	require.NotEmpty(t, in.of(SpoolFailed))
	require.NotEmpty(t, in.of(SpoolWorks))
}

func TestDamage(t *testing.T) {
	// A frame of a number below 1000 takes 24 bytes, behind a header of 32.
	const n = 500
	frame := func(i int) int64 { return fileHeader + int64(i)*24 }
	without := func(gone ...int) (left []string) {
		for i, text := range numbers(0, n) {
			if !slices.Contains(gone, i) {
				left = append(left, text)
			}
		}
		return left
	}
	for name, test := range map[string]struct {
		damage func(t *testing.T, file *os.File)
		want   []string
		silent bool
	}{
		"a byte of a record":       {func(t *testing.T, f *os.File) { write(t, f, "X", frame(7)+16) }, without(7), false},
		"a length":                 {func(t *testing.T, f *os.File) { write(t, f, "\xff\xff\xff", frame(7)) }, without(7), false},
		"a checksum":               {func(t *testing.T, f *os.File) { write(t, f, "oops", frame(7)+4) }, without(7), false},
		"the magic":                {func(t *testing.T, f *os.File) { write(t, f, "oops", 0) }, without(), true},
		"the offset in the header": {func(t *testing.T, f *os.File) { write(t, f, "oops", 10) }, without(), true},
		"a hole of zeros": {func(t *testing.T, f *os.File) {
			write(t, f, strings.Repeat("\x00", 96), frame(10))
		}, without(10, 11, 12, 13), true},
		"cut inside a record":     {func(t *testing.T, f *os.File) { require.NoError(t, f.Truncate(frame(490)+20)) }, without()[:490], false},
		"cut inside the header":   {func(t *testing.T, f *os.File) { require.NoError(t, f.Truncate(20)) }, nil, true},
		"empty":                   {func(t *testing.T, f *os.File) { require.NoError(t, f.Truncate(0)) }, nil, true},
		"zeros behind the end":    {func(t *testing.T, f *os.File) { require.NoError(t, f.Truncate(1<<20)) }, without(), true},
		"unfinished write behind": {func(t *testing.T, f *os.File) { write(t, f, "\x05\x00\x00\x00abcdefg", frame(500)) }, without(), false},
		"everything": {func(t *testing.T, f *os.File) {
			garbage := make([]byte, 100_000)
			source := rand.NewChaCha8([32]byte{1})
			_, _ = source.Read(garbage)
			write(t, f, string(garbage), 0)
		}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			store(t, dir, 0, n)
			require.Len(t, files(t, dir), 1)
			file, err := os.OpenFile(files(t, dir)[0], os.O_RDWR, 0)
			require.NoError(t, err)
			test.damage(t, file)
			require.NoError(t, file.Close())
			v, in := &vendor{}, &inbox{}
			cfg := serve(t, v, dir)
			cfg.Report = in.add
			q := start(t, cfg)
			require.NoError(t, q.AddDurable(0, []byte("new")))
			finish(t, q)
			assert.Equal(t, append(slices.Clone(test.want), "new"), v.lines())
			assert.Equal(t, test.silent, len(in.of(Damaged)) == 0)
			assert.Empty(t, files(t, dir))
		})
	}
}

func write(t *testing.T, file *os.File, text string, at int64) {
	t.Helper()
	_, err := file.WriteAt([]byte(text), at)
	require.NoError(t, err)
}

func TestIdentitiesDoNotMix(t *testing.T) {
	dir := t.TempDir()
	store(t, dir, 0, 10)
	v := &vendor{}
	cfg := serve(t, v, dir)
	cfg.Spool.Identity = "another environment"
	finish(t, start(t, cfg))
	assert.Empty(t, v.lines())
	cfg.Spool.Identity = "test"
	finish(t, start(t, cfg))
	assert.Equal(t, numbers(0, 10), v.lines())
}

func TestFilesOfALiveQueueAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	live := start(t, sendTo(t, nowhere(t), dir))
	for _, text := range numbers(0, 10) {
		require.NoError(t, live.AddDurable(0, []byte(text)))
	}
	v := &vendor{}
	cfg := serve(t, v, dir)
	q := start(t, cfg)
	q.spool.adopt()
	require.NoError(t, q.Flush(within(t, time.Minute)))
	assert.Empty(t, v.lines())
	_ = live.Close(within(t, 0))
	q.spool.adopt()
	finish(t, q)
	assert.Equal(t, numbers(0, 10), v.lines())
}

func TestManyQueuesFightForTheSameFiles(t *testing.T) {
	dir := t.TempDir()
	for i := range 5 {
		store(t, dir, i*100, i*100+100)
	}
	v := &vendor{}
	cfg := serve(t, v, dir)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			q, err := New(cfg)
			if assert.NoError(t, err) {
				assert.NoError(t, q.Close(within(t, time.Minute)))
			}
		})
	}
	wait.Wait()
	assert.ElementsMatch(t, numbers(0, 500), v.lines())
}

func TestManyCallersOfAddDurable(t *testing.T) {
	dir := t.TempDir()
	q := start(t, sendTo(t, nowhere(t), dir))
	var wait sync.WaitGroup
	for p := range 8 {
		wait.Go(func() {
			for i := range 1000 {
				assert.NoError(t, q.AddDurable(0, []byte(fmt.Sprint(p*1000+i))))
			}
		})
	}
	wait.Wait()
	assert.Equal(t, uint64(8000), q.Stats().Pending)
	_ = q.Close(within(t, 0))
	v := &vendor{}
	finish(t, start(t, serve(t, v, dir)))
	want, got := numbers(0, 8000), v.lines()
	slices.Sort(want)
	slices.Sort(got)
	assert.Equal(t, want, got)
}

func TestUnusableSpoolIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := New(Config{Encoder: lines{}, Spool: &Spool{Path: file}})
	require.Error(t, err)
	_, err = New(Config{Encoder: lines{}, Spool: &Spool{Path: t.TempDir(), MaxBytes: 1000}})
	require.ErrorContains(t, err, "spool_max_bytes")
}

// Servers fail in many ways; what is accepted arrives in spite of all of them.
func TestServerThatFailsInEveryWay(t *testing.T) {
	for _, spooled := range []bool{false, true} {
		t.Run(fmt.Sprintf("spool %v", spooled), func(t *testing.T) {
			v := &vendor{}
			var number atomic.Int32
			cfg := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch number.Add(1) % 8 {
				case 1:
					w.WriteHeader(503)
				case 2: // reset
					panic(http.ErrAbortHandler)
				case 3: // hang: the client's timeout ends it
					_, _ = io.Copy(io.Discard, r.Body)
					<-r.Context().Done()
				case 4: // slow
					time.Sleep(50 * time.Millisecond)
					v.ServeHTTP(w, r)
				case 5:
					w.Header().Set("Location", "/elsewhere")
					w.WriteHeader(303)
				case 6: // an answer that is cut off
					w.Header().Set("Content-Length", "100")
					w.WriteHeader(500)
					_, _ = w.Write([]byte("half"))
				default:
					v.ServeHTTP(w, r)
				}
			}), t.TempDir())
			// Long enough that only the hanging answer runs into it: after any other the batch would come twice.
			client, err := transport.New(transport.Config{Timeout: time.Second})
			require.NoError(t, err)
			cfg.Client, cfg.BatchEvents = client, 250
			if !spooled {
				cfg.Spool = nil
			}
			q := start(t, cfg)
			addNumbers(t, q, 0, 2000)
			require.NoError(t, q.Flush(within(t, time.Minute)))
			finish(t, q)
			assert.Equal(t, numbers(0, 2000), v.lines(), "in order, once: every failure here was clear")
			assert.Zero(t, q.Stats().Dropped)
		})
	}
}
