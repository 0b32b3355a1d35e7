package localserver

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTLS(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pki")
	s := StartTest(t, Options{TLS: &TLS{Dir: dir}})
	s.SetDocument("default", withFlag("one"))
	ca, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
	require.NoError(t, err)
	assert.Equal(t, s.CACertificate(), ca)
	url := s.URL() + snapshotURL + "default"
	assert.Contains(t, url, "https://127.0.0.1:")

	require.NoError(t, ask(url, ca, nil))
	var unknown x509.UnknownAuthorityError
	require.ErrorAs(t, ask(url, nil, nil), &unknown)

	require.NoError(t, s.SetFaults(Fault{Kind: FaultTLSWrongName}, Fault{Kind: FaultTLSExpired}, Fault{Kind: FaultTLSUntrusted}, Fault{Kind: FaultTLSPlainText}))
	var wrongName x509.HostnameError
	require.ErrorAs(t, ask(url, ca, nil), &wrongName)
	var invalid x509.CertificateInvalidError
	require.ErrorAs(t, ask(url, ca, nil), &invalid)
	assert.Equal(t, x509.Expired, invalid.Reason)
	require.ErrorAs(t, ask(url, ca, nil), &unknown)
	require.ErrorContains(t, ask(url, ca, nil), "server gave HTTP response to HTTPS client")
	require.NoError(t, ask(url, ca, nil), "the script is over")

	// Breaking off works through TLS as well.
	require.NoError(t, s.SetFaults(Fault{Kind: FaultReset}))
	require.Error(t, ask(url, ca, nil))
}

func TestClientCertificateIsRequired(t *testing.T) {
	dir := t.TempDir()
	s := StartTest(t, Options{TLS: &TLS{Dir: dir, RequireClientCert: true}})
	s.SetDocument("default", withFlag("one"))
	url := s.URL() + snapshotURL + "default"
	require.Error(t, ask(url, s.CACertificate(), nil))
	assert.Empty(t, s.Requests())

	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "client.pem"), filepath.Join(dir, "client.key"))
	require.NoError(t, err)
	require.NoError(t, ask(url, s.CACertificate(), &pair))
	require.Len(t, s.Requests(), 1)
	assert.Equal(t, "burgee-local-client", s.Requests()[0].Client)

	certificate, key := s.ClientCertificate()
	_, err = tls.X509KeyPair(certificate, key)
	require.NoError(t, err)
}

// ask makes one request over a connection of its own.
func ask(url string, ca []byte, certificate *tls.Certificate) error {
	config := &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
	config.RootCAs.AppendCertsFromPEM(ca)
	if certificate != nil {
		config.Certificates = []tls.Certificate{*certificate}
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
	response, err := client.Get(url) //nolint:noctx // a local test
	if err != nil {
		return err
	}
	return response.Body.Close()
}
