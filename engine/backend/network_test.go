package backend_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/option"
	"github.com/burgee-flags/burgee/engine/transport"
)

func network(t *testing.T, options string, environment map[string]string) (transport.Config, *option.Reader) {
	t.Helper()
	opts, err := option.New([]byte(options))
	require.NoError(t, err)
	env := backend.Env{Getenv: func(name string) string { return environment[name] }}
	return backend.Network(opts, env), opts
}

func TestProxiesComeFromTheEnvironmentUnlessTheyAreOptions(t *testing.T) {
	environment := map[string]string{"HTTP_PROXY": "a:1", "https_proxy": "b:2", "NO_PROXY": "c", "no_proxy": "d"}
	config, _ := network(t, `{}`, environment)
	require.Equal(t, transport.Proxy{Option: "environment", HTTP: "a:1", HTTPS: "b:2", No: "c"}, config.Proxy)

	config, opts := network(t, `{"proxy":{"http":"x:1"}}`, environment)
	require.Equal(t, transport.Proxy{HTTP: "x:1"}, config.Proxy)
	require.NoError(t, opts.Err(""))
}

// In a CGI program the variable HTTP_PROXY is a header that anybody may send.
func TestHTTPProxyIsNotTrustedInACGIProgram(t *testing.T) {
	config, _ := network(t, `{}`, map[string]string{"HTTP_PROXY": "a:1", "HTTPS_PROXY": "b:2", "REQUEST_METHOD": "GET"})
	require.Empty(t, config.Proxy.HTTP)
	require.Equal(t, "b:2", config.Proxy.HTTPS)
}

func TestTLSAndLimits(t *testing.T) {
	config, opts := network(t, `{"request_timeout":2.5,"max_body_bytes":10,"tls_config":{"ca_cert_data":"A","ca_cert_file":"B",
		"client_cert_data":"C","client_cert_file":"D","client_key_data":"E","client_key_file":"F",
		"insecure_skip_verify":true,"insecure_skip_hostname_verify":true}}`, nil)
	require.NoError(t, opts.Err(""))
	require.Empty(t, opts.Unknown())
	require.Equal(t, 2500*time.Millisecond, config.Timeout)
	require.Equal(t, int64(10), config.MaxBody)
	require.Equal(t, transport.TLS{
		CACertData: "A", CACertFile: "B", ClientCertData: "C", ClientCertFile: "D", ClientKeyData: "E", ClientKeyFile: "F",
		InsecureSkipVerify: true, InsecureSkipHostnameVerify: true,
	}, config.TLS)
}

func TestADocumentMayBe64MiBUnlessToldOtherwise(t *testing.T) {
	config, _ := network(t, `{}`, nil)
	require.Equal(t, int64(64<<20), config.MaxBody)
	_, opts := network(t, `{"max_body_bytes":0,"request_timeout":-1,"tls_config":{"ca_cert_data":5}}`, nil)
	require.ErrorContains(t, opts.Err(""), "max_body_bytes")
	require.ErrorContains(t, opts.Err(""), "request_timeout")
	require.ErrorContains(t, opts.Err(""), "tls_config.ca_cert_data")
}
