package transport

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/burgee-flags/burgee/engine/source/regular"
)

// maxPEM bounds a certificate or key file: 16 MiB. System-wide bundles are well below one.
const maxPEM = 16 << 20

// keyFileOption is the option whose value is a secret when it is no path.
const keyFileOption = "client_key_file"

// TLS says whom to trust and who we are. An empty text is an option that was not given. Data wins over the file of the
// same kind, which is then not opened.
type TLS struct {
	// Option is what the caller's options call this block, for error messages. Empty: "tls_config".
	Option         string
	CACertFile     string // PEM, added to the system's certificates
	CACertData     string
	ClientCertFile string // PEM, sent when the server asks; needs a key
	ClientCertData string
	ClientKeyFile  string
	ClientKeyData  string
	// InsecureSkipVerify accepts any certificate for any host. A client certificate is sent all the same.
	InsecureSkipVerify bool
	// InsecureSkipHostnameVerify checks the chain and not the host's name.
	InsecureSkipHostnameVerify bool
}

func (t TLS) build() (*tls.Config, []string) {
	var problems []string
	fail := func(option string, err error) {
		block := t.Option
		if block == "" {
			block = "tls_config"
		}
		problems = append(problems, block+"."+option+": "+err.Error())
	}
	// text returns what was given and the name of the option it came from.
	text := func(data, dataOption, file, fileOption string) (string, string) {
		if data != "" || file == "" {
			return data, dataOption
		}
		content, err := readPEM(file)
		if err != nil {
			fail(fileOption, harmless(err, file, fileOption, dataOption))
		}
		return content, fileOption
	}

	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if authorities, option := text(t.CACertData, "ca_cert_data", t.CACertFile, "ca_cert_file"); len(problems) == 0 &&
		(t.CACertData != "" || t.CACertFile != "") {
		roots, err := withSystemRoots(authorities)
		if err != nil {
			fail(option, err)
		}
		cfg.RootCAs = roots
	}

	unread := len(problems)
	cert, certOption := text(t.ClientCertData, "client_cert_data", t.ClientCertFile, "client_cert_file")
	key, keyOption := text(t.ClientKeyData, "client_key_data", t.ClientKeyFile, keyFileOption)
	hasCert, hasKey := t.ClientCertData+t.ClientCertFile != "", t.ClientKeyData+t.ClientKeyFile != ""
	switch {
	case hasCert && !hasKey:
		fail(certOption, errors.New("a client certificate needs client_key_file or client_key_data"))
	case hasKey && !hasCert:
		fail(keyOption, errors.New("a client key needs client_cert_file or client_cert_data"))
	case hasCert && len(problems) == unread:
		if _, err := certificates(cert); err != nil {
			fail(certOption, err)
			break
		}
		pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
		if err != nil {
			fail(keyOption, err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}

	switch {
	case t.InsecureSkipVerify:
		cfg.InsecureSkipVerify = true //nolint:gosec // asked for by the option of that name
	case t.InsecureSkipHostnameVerify:
		cfg.InsecureSkipVerify = true //nolint:gosec // verifyChain does what it leaves out, but for the name
		cfg.VerifyConnection = verifyChain(cfg.RootCAs)
	}
	return cfg, problems
}

// verifyChain checks everything about the server's certificate but the host name. It runs on resumed connections too,
// as VerifyPeerCertificate would not.
func verifyChain(roots *x509.CertPool) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		intermediates := x509.NewCertPool()
		for _, cert := range state.PeerCertificates[1:] {
			intermediates.AddCert(cert)
		}
		_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: intermediates})
		if err != nil {
			return &tls.CertificateVerificationError{UnverifiedCertificates: state.PeerCertificates, Err: err}
		}
		return nil
	}
}

func withSystemRoots(text string) (*x509.CertPool, error) {
	certs, err := certificates(text)
	if err != nil {
		return nil, err
	}
	roots, err := x509.SystemCertPool()
	if err != nil { // a machine without any: then only the given ones are trusted
		roots = x509.NewCertPool()
	}
	for _, cert := range certs {
		roots.AddCert(cert)
	}
	return roots, nil
}

// certificates parses every certificate of a PEM text, skipping blocks of other kinds. None at all is an error, because
// a certificate that silently adds nothing shows up only as a failing handshake.
func certificates(text string) ([]*x509.Certificate, error) {
	var certs []*x509.Certificate
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(certs)+1, err)
		}
		certs = append(certs, cert)
	}
	if len(certs) == 0 {
		return nil, errors.New("no PEM certificate in it")
	}
	return certs, nil
}

func readPEM(path string) (string, error) {
	file, _, err := regular.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, maxPEM+1))
	if err != nil {
		return "", err
	}
	if len(content) > maxPEM {
		return "", fmt.Errorf("longer than %d bytes", maxPEM)
	}
	return string(content), nil
}

// harmless words why a file could not be read. Keys get pasted where a path belongs, so that the path of a key is never
// shown, and nothing that looks like PEM text is.
func harmless(err error, path, fileOption, dataOption string) error {
	if strings.Contains(path, "-----BEGIN") || strings.ContainsAny(path, "\r\n") {
		return fmt.Errorf("looks like PEM text: use %s", dataOption)
	}
	cause := err
	var special *regular.Error
	var failed *fs.PathError
	switch {
	case errors.As(err, &special):
		cause = fmt.Errorf("%s and not a regular file", regular.Kind(special.Mode))
	case errors.As(err, &failed):
		cause = failed.Err
	}
	if fileOption == keyFileOption {
		return cause
	}
	return fmt.Errorf("%s: %w", path, cause)
}
