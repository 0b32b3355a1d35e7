package localserver

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// TLS asks for HTTPS with a CA that the server makes at its start.
type TLS struct {
	Dir               string // where ca.pem, client.pem and client.key are written; empty: nowhere
	RequireClientCert bool   // of the server's own CA
}

// CACertificate returns the CA's certificate as PEM; nil without TLS.
func (s *Server) CACertificate() []byte {
	if s.certificates == nil {
		return nil
	}
	return s.certificates.authority.pem()
}

// ClientCertificate returns a certificate and key that the server lets in, as PEM; nil without TLS.
func (s *Server) ClientCertificate() (certificate, key []byte) {
	if s.certificates == nil {
		return nil, nil
	}
	return s.certificates.client.pem(), s.certificates.client.keyPEM
}

// certificates holds the server's good certificate and its bad ones.
type certificates struct {
	authority *issued
	client    *issued
	require   bool
	byFault   map[string]*issued // "" is the good one
}

type issued struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	keyPEM      []byte
}

func newCertificates(options TLS) (*certificates, error) {
	c := &certificates{require: options.RequireClientCert, byFault: map[string]*issued{}}
	var err error
	if c.authority, err = issue("Burgee local CA", nil, isAuthority); err != nil {
		return nil, err
	}
	stranger, err := issue("Somebody else's CA", nil, isAuthority)
	if err != nil {
		return nil, err
	}
	if c.client, err = issue("burgee-local-client", c.authority, nil); err != nil {
		return nil, err
	}
	for _, kind := range []struct {
		fault  string
		by     *issued
		change func(*x509.Certificate)
	}{
		{"", c.authority, isLocal},
		{FaultTLSUntrusted, stranger, isLocal},
		{FaultTLSWrongName, c.authority, func(t *x509.Certificate) { t.DNSNames = []string{"flipt.invalid"} }},
		{FaultTLSExpired, c.authority, func(t *x509.Certificate) {
			isLocal(t)
			t.NotBefore, t.NotAfter = time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
		}},
	} {
		if c.byFault[kind.fault], err = issue("burgee-local-server", kind.by, kind.change); err != nil {
			return nil, err
		}
	}
	return c, c.write(options.Dir)
}

func isAuthority(t *x509.Certificate) {
	t.IsCA, t.BasicConstraintsValid, t.KeyUsage = true, true, x509.KeyUsageCertSign|x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = nil
}

func isLocal(t *x509.Certificate) {
	t.DNSNames = []string{"localhost"}
	t.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
}

// issue makes a certificate, signed by itself without an issuer.
func issue(name string, by *issued, change func(*x509.Certificate)) (*issued, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("localserver: making a key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100))
	if err != nil {
		return nil, fmt.Errorf("localserver: making a serial number: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if change != nil {
		change(template)
	}
	parent, signer := template, key
	if by != nil {
		parent, signer = by.certificate, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return nil, fmt.Errorf("localserver: making a certificate: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("localserver: making a certificate: %w", err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("localserver: making a key: %w", err)
	}
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	return &issued{certificate: certificate, key: key, keyPEM: keyPEM}, nil
}

func (i *issued) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.certificate.Raw})
}

func (c *certificates) write(dir string) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("localserver: %w", err)
	}
	for name, content := range map[string][]byte{
		"ca.pem": c.authority.pem(), "client.pem": c.client.pem(), "client.key": c.client.keyPEM,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return fmt.Errorf("localserver: %w", err)
		}
	}
	return nil
}

// config returns the TLS side of one connection. HTTP/2 is not offered: its connections cannot be taken over to be cut.
func (c *certificates) config(fault string) *tls.Config {
	chosen, ok := c.byFault[fault]
	if !ok {
		chosen = c.byFault[""]
	}
	config := &tls.Config{
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"http/1.1"},
		Certificates: []tls.Certificate{{Certificate: [][]byte{chosen.certificate.Raw}, PrivateKey: chosen.key}},
	}
	if c.require {
		config.ClientAuth = tls.RequireAndVerifyClientCert
		config.ClientCAs = x509.NewCertPool()
		config.ClientCAs.AddCert(c.authority.certificate)
	}
	return config
}
