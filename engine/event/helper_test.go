package event

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/transport"
	"github.com/burgee-flags/burgee/engine/transport/transporttest"
)

// lines is an Encoder whose body has one record per line. Records that begin with "!" make no sense to it, those that
// begin with "-" are left out.
type lines struct{ url string }

func (l lines) Encode(records []Record) (Request, error) {
	var body []byte
	omitted := 0
	for _, record := range records {
		switch {
		case bytes.HasPrefix(record.Data, []byte("!panic")):
			panic("encoder")
		case bytes.HasPrefix(record.Data, []byte("!")):
			return Request{}, errors.New("no sense")
		case bytes.HasPrefix(record.Data, []byte("-")):
			omitted++
		default:
			body = append(append(body, record.Data...), '\n')
		}
	}
	return Request{URL: l.url, Header: http.Header{"Content-Type": {"text/plain"}}, Body: body, Omitted: omitted}, nil
}

func (lines) Judge(status int) Verdict {
	switch {
	case status >= 200 && status < 300:
		return Accept
	case status == 400:
		return Split
	case status == 422:
		return Refuse
	default:
		return Retry
	}
}

// vendor is a server that keeps what it accepts. It answers what answer says, 200 if that is nil.
type vendor struct {
	answer     func(request int, body []string) int
	retryAfter string

	mu       sync.Mutex
	requests [][]string // all of them, by arrival
	got      []string   // the lines of accepted ones
	arrived  []time.Time
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	body := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	v.mu.Lock()
	number := len(v.requests)
	v.requests = append(v.requests, body)
	v.arrived = append(v.arrived, time.Now())
	v.mu.Unlock()
	status := 200
	if v.answer != nil {
		status = v.answer(number, body)
	}
	if status < 300 {
		v.mu.Lock()
		v.got = append(v.got, body...)
		v.mu.Unlock()
	}
	if v.retryAfter != "" {
		w.Header().Set("Retry-After", v.retryAfter)
	}
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "you said %.20s", text)
}

func (v *vendor) all() [][]string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.requests)
}

func (v *vendor) lines() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.got)
}

func (v *vendor) sizes() (sizes []int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, request := range v.requests {
		sizes = append(sizes, len(request))
	}
	return sizes
}

func numbers(from, to int) (texts []string) {
	for i := from; i < to; i++ {
		texts = append(texts, fmt.Sprint(i))
	}
	return texts
}

// inMemory gives a client of the vendor whose network is in memory and whose clock is that of synctest.
func inMemory(t *testing.T, v *vendor) *transport.Client {
	network := transporttest.Serve(v)
	client, err := transport.New(transport.Config{DialContext: network.DialContext})
	require.NoError(t, err)
	t.Cleanup(func() {
		client.Close()
		network.Stop()
	})
	return client
}

func start(t *testing.T, cfg Config) *Queue {
	t.Helper()
	if cfg.Encoder == nil {
		cfg.Encoder = lines{"http://vendor.test/events"}
	}
	q, err := New(cfg)
	require.NoError(t, err)
	return q
}

func addNumbers(t *testing.T, q *Queue, from, to int) {
	t.Helper()
	for _, text := range numbers(from, to) {
		require.True(t, q.Add(time.Now().UnixMilli(), []byte(text)))
	}
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// inbox keeps notices.
type inbox struct {
	mu      sync.Mutex
	notices []Notice
	times   []time.Time
}

func (i *inbox) add(n Notice) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.notices = append(i.notices, n)
	i.times = append(i.times, time.Now())
}

func (i *inbox) of(kind Kind) (found []Notice) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, n := range i.notices {
		if n.Kind == kind {
			found = append(found, n)
		}
	}
	return found
}
