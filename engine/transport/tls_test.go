package transport

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/eval"
)

// authority signs certificates for one test.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  string
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t}
	a.pem, _, a.cert, a.key = a.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign,
	})
	return a
}

// sign returns a certificate and its key as PEM and parsed. Without an authority it signs itself.
func (a *authority) sign(template *x509.Certificate) (string, string, *x509.Certificate, *ecdsa.PrivateKey) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(a.t, err)
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	require.NoError(a.t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(a.t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(a.t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})), cert, key
}

// serve starts a server with a certificate for the name (127.0.0.1 if empty), which answers "ok" and whether the client
// showed a certificate.
func (a *authority) serve(name string, change func(*tls.Config)) *httptest.Server {
	return a.serveHandler(name, change, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Proto", r.Proto)
		_, _ = io.WriteString(w, "ok")
		if len(r.TLS.PeerCertificates) > 0 {
			_, _ = io.WriteString(w, " "+r.TLS.PeerCertificates[0].Subject.CommonName)
		}
	})
}

func (a *authority) serveHandler(name string, change func(*tls.Config), handler http.HandlerFunc) *httptest.Server {
	template := &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if name == "" {
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	} else {
		template.DNSNames = []string{name}
	}
	certPEM, keyPEM, _, _ := a.sign(template)
	pair, err := tls.X509KeyPair([]byte(certPEM), []byte(keyPEM))
	require.NoError(a.t, err)
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}} //nolint:gosec // a test changes the version
	if change != nil {
		change(server.TLS)
	}
	server.StartTLS()
	a.t.Cleanup(server.Close)
	return server
}

// ask makes one attempt without retries, whose waits would be real ones.
func ask(t *testing.T, cfg Config, url string) (string, error) {
	client, err := New(cfg)
	require.NoError(t, err)
	defer client.Close()
	answer, err := (&http.Client{Transport: client.transport}).Get(url)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return string(body), nil
}

func write(t *testing.T, content string) string {
	path := filepath.Join(t.TempDir(), "file.pem")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestTrust(t *testing.T) {
	ours, other := newAuthority(t), newAuthority(t)
	byAddress, byName := ours.serve("", nil), ours.serve("other.test", nil)
	old := ours.serve("", func(c *tls.Config) { c.MaxVersion = tls.VersionTLS11; c.MinVersion = tls.VersionTLS10 })
	var unknown x509.UnknownAuthorityError
	var wrongName x509.HostnameError
	for _, test := range []struct {
		name   string
		tls    TLS
		server *httptest.Server
		want   any // error type; nil: works
	}{
		{"unknown authority", TLS{}, byAddress, &unknown},
		{"authority as data", TLS{CACertData: ours.pem}, byAddress, nil},
		{"authority as file", TLS{CACertFile: write(t, ours.pem)}, byAddress, nil},
		{"second of a bundle", TLS{CACertData: other.pem + ours.pem}, byAddress, nil},
		{"data wins over a file that does not exist", TLS{CACertData: ours.pem, CACertFile: "/nowhere"}, byAddress, nil},
		{"another authority", TLS{CACertData: other.pem}, byAddress, &unknown},
		{"wrong host name", TLS{CACertData: ours.pem}, byName, &wrongName},
		{"wrong host name, not checked", TLS{CACertData: ours.pem, InsecureSkipHostnameVerify: true}, byName, nil},
		{"chain is checked without the name", TLS{CACertData: other.pem, InsecureSkipHostnameVerify: true}, byName, &unknown},
		{"chain is checked by the system's roots", TLS{InsecureSkipHostnameVerify: true}, byName, &unknown},
		{"nothing is checked", TLS{InsecureSkipVerify: true}, byName, nil},
		{"nothing is checked wins", TLS{InsecureSkipVerify: true, InsecureSkipHostnameVerify: true}, byName, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			body, err := ask(t, Config{TLS: test.tls}, test.server.URL)
			if test.want != nil {
				require.ErrorAs(t, err, test.want)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, "ok", body)
		})
	}
	t.Run("TLS 1.1 is refused", func(t *testing.T) {
		_, err := ask(t, Config{TLS: TLS{InsecureSkipVerify: true}}, old.URL)
		require.ErrorContains(t, err, "version")
	})
}

func TestHTTP1IsSpokenWithServersThatOfferHTTP2(t *testing.T) {
	server := newAuthority(t).serve("", nil)
	client, err := New(Config{TLS: TLS{InsecureSkipVerify: true}})
	require.NoError(t, err)
	defer client.Close()
	answer, err := client.Get(t.Context(), Request{URL: server.URL})
	require.NoError(t, err)
	defer answer.Close()
	assert.Equal(t, "HTTP/1.1", answer.Header.Get("Proto"))
}

func TestClientCertificate(t *testing.T) {
	ours := newAuthority(t)
	pool := x509.NewCertPool()
	pool.AddCert(ours.cert)
	server := ours.serve("", func(c *tls.Config) { c.ClientAuth = tls.RequireAndVerifyClientCert; c.ClientCAs = pool })
	cert, key, _, _ := ours.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: "it is me"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	trimmed := cert[:len(cert)-1] // without the line feed at its end
	for name, options := range map[string]TLS{
		"data":        {ClientCertData: trimmed, ClientKeyData: key},
		"files":       {ClientCertFile: write(t, cert), ClientKeyFile: write(t, key)},
		"mixed":       {ClientCertData: cert, ClientKeyFile: write(t, key)},
		"data wins":   {ClientCertData: cert, ClientKeyData: key, ClientCertFile: "/nowhere", ClientKeyFile: "/nowhere"},
		"skip verify": {ClientCertData: cert, ClientKeyData: key, InsecureSkipVerify: true},
	} {
		t.Run(name, func(t *testing.T) {
			options.CACertData = ours.pem
			body, err := ask(t, Config{TLS: options}, server.URL)
			require.NoError(t, err)
			assert.Equal(t, "ok it is me", body)
		})
	}
	_, err := ask(t, Config{TLS: TLS{CACertData: ours.pem}}, server.URL)
	require.Error(t, err, "the server insists")
}

func TestOptionsThatCannotWorkAreNamed(t *testing.T) {
	ours := newAuthority(t)
	cert, key, _, _ := ours.sign(&x509.Certificate{})
	_, otherKey, _, _ := ours.sign(&x509.Certificate{})
	broken := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("no")}))
	for _, test := range []struct {
		name string
		cfg  Config
		want []string
	}{
		{"missing authority", Config{TLS: TLS{CACertFile: "/nowhere/ca.pem"}}, []string{"tls_config.ca_cert_file: ", "/nowhere/ca.pem"}},
		{"folder", Config{TLS: TLS{CACertFile: t.TempDir()}}, []string{"tls_config.ca_cert_file: ", "not a regular file"}},
		{"no certificate", Config{TLS: TLS{CACertData: "hello"}}, []string{"tls_config.ca_cert_data: no PEM certificate"}},
		{"empty file", Config{TLS: TLS{CACertFile: write(t, "")}}, []string{"tls_config.ca_cert_file: no PEM certificate"}},
		{"only a key", Config{TLS: TLS{CACertData: key}}, []string{"tls_config.ca_cert_data: no PEM certificate"}},
		{"broken second", Config{TLS: TLS{CACertData: ours.pem + broken}}, []string{"tls_config.ca_cert_data: certificate 2"}},
		{"certificate alone", Config{TLS: TLS{ClientCertData: cert}}, []string{"tls_config.client_cert_data: ", "client_key_file"}},
		{"certificate file alone", Config{TLS: TLS{ClientCertFile: write(t, cert)}}, []string{"tls_config.client_cert_file: "}},
		{"key alone", Config{TLS: TLS{ClientKeyFile: write(t, key)}}, []string{"tls_config.client_key_file: ", "client_cert_file"}},
		{"key alone, skip verify", Config{TLS: TLS{ClientKeyData: key, InsecureSkipVerify: true}}, []string{"tls_config.client_key_data: "}},
		{"another's key", Config{TLS: TLS{ClientCertData: cert, ClientKeyData: otherKey}}, []string{"tls_config.client_key_data: "}},
		{"no client certificate", Config{TLS: TLS{ClientCertData: "x", ClientKeyData: key}}, []string{"tls_config.client_cert_data: no PEM"}},
		{"missing key", Config{TLS: TLS{ClientCertData: cert, ClientKeyFile: "/nowhere"}}, []string{"tls_config.client_key_file: "}},
		{"own name of the block", Config{TLS: TLS{Option: "tls", CACertData: "x"}}, []string{"tls.ca_cert_data: "}},
		{"proxy", Config{Proxy: Proxy{HTTP: "ftp://user:hunter2@p", HTTPS: "://"}}, []string{"proxy.http: ", "proxy.https: "}},
		{"negative", Config{MaxBody: -1, Timeout: -1}, []string{"max_body_bytes", "request_timeout"}},
		{
			"all at once", Config{TLS: TLS{CACertFile: "/nowhere", ClientKeyData: key}, Proxy: Proxy{HTTP: "%"}},
			[]string{"tls_config.ca_cert_file", "tls_config.client_key_data", "proxy.http"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := New(test.cfg)
			var invalid *eval.Error
			require.ErrorAs(t, err, &invalid)
			assert.Equal(t, eval.CodeInvalidConfig, invalid.Code)
			for _, part := range test.want {
				assert.Contains(t, err.Error(), part)
			}
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}
