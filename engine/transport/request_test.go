package transport

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// get asks a server on a real socket.
func get(t *testing.T, cfg Config, request Request) (string, error) {
	client, err := New(cfg)
	require.NoError(t, err)
	t.Cleanup(client.Close)
	answer, err := client.Get(t.Context(), request)
	if err != nil {
		return "", err
	}
	defer answer.Close()
	body, err := io.ReadAll(answer)
	return string(body), err
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func TestBodyLimit(t *testing.T) {
	for name, zip := range map[string]bool{"plain": false, "gzip": true} {
		t.Run(name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				assert.Equal(t, "gzip", r.Header.Get("Accept-Encoding"))
				var out io.Writer = w
				if zip {
					w.Header().Set("Content-Encoding", "gzip")
					packed := gzip.NewWriter(w)
					defer func() { _ = packed.Close() }()
					out = packed
				}
				_, _ = out.Write(bytes.Repeat([]byte("x"), 100_000))
			})
			body, err := get(t, Config{MaxBody: 100_000}, Request{URL: url})
			require.NoError(t, err)
			assert.Len(t, body, 100_000)

			_, err = get(t, Config{MaxBody: 99_999}, Request{URL: url})
			var large *TooLargeError
			require.ErrorAs(t, err, &large)
			assert.EqualValues(t, 99_999, large.Limit)
			assert.Contains(t, err.Error(), "99999 bytes (max_body_bytes)")
		})
	}
}

func TestAStreamIsNeitherLimitedNorCompressed(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "identity", r.Header.Get("Accept-Encoding"))
		_, _ = w.Write(bytes.Repeat([]byte("x"), 1000))
	})
	body, err := get(t, Config{MaxBody: 10}, Request{URL: url, Stream: true})
	require.NoError(t, err)
	assert.Len(t, body, 1000)
}

func TestBodiesThatCannotBeRead(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"cut short": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
		},
		"broken gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "this is not gzip")
		},
		"unknown encoding": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			_, _ = io.WriteString(w, "?")
		},
	} {
		t.Run(name, func(t *testing.T) {
			var seen atomic.Int32
			url := serve(t, func(w http.ResponseWriter, r *http.Request) { seen.Add(1); handler(w, r) })
			_, err := get(t, Config{}, Request{URL: url})
			var body *BodyError
			require.ErrorAs(t, err, &body)
			assert.Equal(t, url, body.URL)
			assert.EqualValues(t, 1, seen.Load())
		})
	}
}

func TestURLsThatCannotBeAsked(t *testing.T) {
	for url, shown := range map[string]string{
		"": "", "/relative": "", "flags.test/x": "", "http://": "", "://x": "", "http://user:hunter2@%zz/": "", "mailto:a@b": "",
		"http://[::1": "", "http://user:hunter2@a b/": "",
		"ftp://user:hunter2@flags.test/x": "ftp://flags.test/x",
	} {
		t.Run(url, func(t *testing.T) {
			_, err := get(t, Config{}, Request{URL: url})
			var invalid *InvalidURLError
			require.ErrorAs(t, err, &invalid)
			assert.Equal(t, shown, invalid.URL)
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestRedirectsKeepCredentialsAtHome(t *testing.T) {
	headers := func(r *http.Request) string {
		return fmt.Sprint(r.Header.Get("Authorization"), "|", r.Header.Get("X-Secret"), "|", r.Header.Get("X-Plain"))
	}
	abroad := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, headers(r)) })
	var home string
	home = serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, abroad, http.StatusFound) // another port of the same address
		case "/near":
			http.Redirect(w, r, home+"/here", http.StatusTemporaryRedirect)
		default:
			_, _ = io.WriteString(w, headers(r))
		}
	})
	for path, want := range map[string]string{"/here": "a|s|p", "/near": "a|s|p", "/away": "||p"} {
		t.Run(path, func(t *testing.T) {
			body, err := get(t, Config{}, Request{
				URL: home + path, Header: http.Header{"X-Plain": {"p"}},
				Auth: func() http.Header { return http.Header{"Authorization": {"a"}, "x-secret": {"s"}} },
			})
			require.NoError(t, err)
			assert.Equal(t, want, body)
		})
	}
	body, err := get(t, Config{}, Request{URL: home + "/away", Header: http.Header{"Authorization": {"a"}}})
	require.NoError(t, err)
	assert.Equal(t, "||", body)
	body, err = get(t, Config{}, Request{URL: strings.Replace(home, "://", "://user:hunter2@", 1) + "/away"})
	require.NoError(t, err)
	assert.Equal(t, "||", body)
}

func TestRedirectsHaveAnEnd(t *testing.T) {
	var seen atomic.Int32
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n := int(seen.Add(1))
		switch {
		case r.URL.Path == "/scheme":
			w.Header().Set("Location", "ftp://flags.test/")
			w.WriteHeader(302)
		case r.URL.Path == "/loop" || n <= 10:
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		default:
			_, _ = io.WriteString(w, "there")
		}
	})
	body, err := get(t, Config{}, Request{URL: url + "/ten"})
	require.NoError(t, err)
	assert.Equal(t, "there", body)

	seen.Store(0)
	_, err = get(t, Config{}, Request{URL: url + "/loop"})
	require.ErrorIs(t, err, ErrTooManyRedirects)
	var failed *RequestError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, url+"/loop", failed.URL)
	assert.EqualValues(t, 11, seen.Load(), "not retried")

	_, err = get(t, Config{}, Request{URL: url + "/scheme"})
	require.ErrorIs(t, err, ErrRedirectScheme)
}

func TestProxy(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1") // never read
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, "proxied ", r.Method, " ", r.RequestURI, " ", r.Header.Get("Proxy-Authorization"))
	})
	withUser := strings.Replace(proxy, "://", "://user:pass@", 1)

	body, err := get(t, Config{Proxy: Proxy{HTTP: withUser}}, Request{URL: "http://flags.test/doc"})
	require.NoError(t, err)
	assert.Equal(t, "proxied GET http://flags.test/doc Basic dXNlcjpwYXNz", body)

	direct := func(p Proxy, host string) string {
		client, err := New(Config{Proxy: p})
		require.NoError(t, err)
		request, err := http.NewRequest(http.MethodGet, host, nil)
		require.NoError(t, err)
		through, err := client.transport.Proxy(request)
		require.NoError(t, err)
		if through == nil {
			return ""
		}
		return through.String()
	}
	assert.Empty(t, direct(Proxy{}, "http://flags.test/"))
	assert.Empty(t, direct(Proxy{HTTP: "p:1"}, "https://flags.test/"))
	assert.Equal(t, "http://p:1", direct(Proxy{HTTPS: "p:1"}, "https://flags.test/"))
	assert.Empty(t, direct(Proxy{HTTP: "p:1", No: "other.test,.test"}, "http://flags.test/"))
	assert.Empty(t, direct(Proxy{HTTP: "p:1", No: "10.0.0.0/8"}, "http://10.2.3.4/"))
	assert.Equal(t, "socks5://p:1", direct(Proxy{HTTP: "socks5://p:1", No: "other.test"}, "http://flags.test/"))
}
