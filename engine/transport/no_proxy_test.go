package transport

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http/httpproxy"
)

// The rules of NO_PROXY have no standard: the oracle is the library that Go's own HTTP client has them from.
func TestNoProxyIsReadAsInTheStandardLibrary(t *testing.T) {
	lists := []string{
		"", ",", " , ", "*", "a.test, *", "flags.test", "FLAGS.test", " flags.test ,", ".flags.test", "*.flags.test", "*flags.test", "*.",
		"flags.test:80", "flags.test:443", "flags.test:8080", ".flags.test:443", "*.flags.test:8080", "flags.test:", ":80", "test", ".",
		"lags.test", "flags.test.", "a.test,b.test,flags.test", "10.0.0.0/8", "10.2.3.4", "10.2.3.4:80", "10.2.3.4:8080", "10.2.3.5",
		"10.2.3", ".4", "10.2.3.4/32", "10.0.0.0/33", "fd00::/8", "fd00::1", "[fd00::1]", "[fd00::1]:443", "[fd00::1]:8443", "FD00:0::1",
		"::ffff:10.2.3.4", "::ffff:10.0.0.0/104", "0.0.0.0/0", "::/0", "fe80::/10", "fe80::1", "fe80::1%eth0", "localhost", "127.0.0.1",
		"bücher.test", "BÜCHER.test", "xn--bcher-kva.test", ".bücher.test:443", "*.bücher.test", "例え.test", "例え。test", "xn--r8jz45g.test",
		"ünï.例え.test", "http://flags.test", "flags test", "a:b:c", "[", "]", "\xff.test", "𝒳.test", "straße.test",
	}
	addresses := []string{
		"http://flags.test", "https://flags.test/x", "http://FLAGS.test:8080", "https://flags.test:8443", "https://a.flags.test",
		"http://a.b.flags.test:8080", "http://xflags.test", "http://flags.test.", "http://test", "http://a.test:1", "http://10.2.3.4",
		"http://10.2.3.4:8080", "https://10.20.3.4", "https://[fd00::1]", "https://[fd00::1]:8443", "http://[FD00::2]/", "http://[fe80::1%25eth0]/",
		"http://[::ffff:10.2.3.4]/", "http://[::ffff:127.0.0.1]/", "http://[::1]:80", "http://localhost", "https://localhost:8443",
		"http://127.0.0.1", "http://127.9.9.9:8080", "http://local.localhost", "http://bücher.test", "https://a.bücher.test",
		"http://xn--bcher-kva.test:8080", "https://BÜCHER.test", "http://例え.test", "http://例え。test", "http://ünï.例え.test", "http://straße.test",
		"http://10.2.3", "http://010.2.3.4", "http://flags.test:", "http://%20flags.test", "ftp://flags.test",
	}
	bypassed := 0
	for _, list := range lists {
		ours, problems := Proxy{HTTP: "plain.test:1", HTTPS: "http://secure.test:2", No: list}.build()
		require.Empty(t, problems)
		theirs := (&httpproxy.Config{HTTPProxy: "plain.test:1", HTTPSProxy: "http://secure.test:2", NoProxy: list}).ProxyFunc()
		for _, address := range addresses {
			target, err := url.Parse(address)
			if err != nil {
				continue
			}
			want, err := theirs(target)
			require.NoError(t, err)
			got, err := ours(&http.Request{URL: target})
			require.NoError(t, err)
			assert.Equal(t, want, got, "%s with the exceptions %q", address, list)
			if want == nil {
				bypassed++
			}
		}
	}
	assert.Greater(t, bypassed, len(lists)*5, "the lists have an effect")
}
