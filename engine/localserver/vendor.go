package localserver

import (
	"fmt"
	"net/http"
	"strings"
)

// The vendors that the server can be, for Options.Backend. The names are those of the engine's backends.
const (
	BackendFlipt         = "flipt"
	BackendFeatBit       = "featbit"
	BackendFeatureFlagCo = "featureflagco"
	BackendFlagship      = "flagship"
)

// Backends lists the vendors that the server can be; the first is the default.
var Backends = []string{BackendFlipt, BackendFeatBit, BackendFeatureFlagCo, BackendFlagship}

// vendor is what the servers of the vendors do differently.
type vendor interface {
	// serve answers one request. fault is nil unless the vendor is to apply it: one of the kind stream, or any on a socket.
	serve(w http.ResponseWriter, r *http.Request, fault *Fault)
	// isStream tells whether the answer has no end.
	isStream(r *http.Request) bool
	// isSocket tells whether the request asks for a connection that is no longer HTTP.
	isSocket(r *http.Request) bool
	// errorAnswer is what the vendor answers besides the status.
	errorAnswer(status int) (contentType, body string)
	// large is a good document of any length, once there is padding between its two parts.
	large() (head, tail string)

	// file prepares an entry of Options.Files.
	file(entry string) *flagFile
	setDocument(where place, document []byte) error
	removeDocument(where place)
	// authorize replaces who is let in. The error names what the vendor does not know, or cannot take.
	authorize(credentials) error

	openStreams() int
	// cutSockets resets the connections that are no longer HTTP, also those to come if this is the end.
	cutSockets(end bool)
}

// credentials say who is let in. Every vendor has some of them.
type credentials struct {
	Token, JWT  string // Flipt
	Secret      string // FeatBit, featureflag.co
	Environment string `json:"env_id"`  // Flagship
	Key         string `json:"api_key"` // Flagship
}

// only returns an error when there are others than those of own.
func (c credentials) only(backend, have string, own credentials) error {
	if c != own {
		return fmt.Errorf("localserver: %s has %s, and nothing else to let anybody in by", backend, have)
	}
	return nil
}

// chooseVendor fills in s.vendor, and s.flipt, s.dataSync or s.flagship.
func (s *Server) chooseVendor() error {
	switch s.options.Backend {
	case "", BackendFlipt:
		s.flipt = &flipt{documents: newDocuments(), v1: s.options.V1, done: s.done, log: s.options.Log}
		s.vendor = s.flipt
	case BackendFeatBit:
		s.dataSync = newDataSync(featBit, s)
		s.vendor = s.dataSync
	case BackendFeatureFlagCo:
		s.dataSync = newDataSync(featureFlagCo, s)
		s.vendor = s.dataSync
	case BackendFlagship:
		s.flagship = newFlagship(s)
		s.vendor = s.flagship
	default:
		return fmt.Errorf("localserver: backend %q is not one of %s", s.options.Backend, strings.Join(Backends, ", "))
	}
	if s.flipt == nil && s.options.V1 {
		return fmt.Errorf("localserver: V1 is a version of Flipt, not of %s", s.options.Backend)
	}
	if s.flipt == nil && len(s.options.Files) > 1 {
		return fmt.Errorf("localserver: %s has one environment, in one file; these are %d files", s.options.Backend, len(s.options.Files))
	}
	return s.vendor.authorize(credentials{
		Token: s.options.Token, JWT: s.options.JWT, Secret: s.options.Secret, Environment: s.options.Environment, Key: s.options.Key,
	})
}

// ofDataSync is the error of a method that only FeatBit and featureflag.co have.
func (s *Server) ofDataSync() error {
	if s.dataSync == nil {
		return fmt.Errorf("localserver: only %s and %s have this", BackendFeatBit, BackendFeatureFlagCo)
	}
	return nil
}

// ofFlagship is the error of a method that only Flagship has.
func (s *Server) ofFlagship() error {
	if s.flagship == nil {
		return fmt.Errorf("localserver: only %s has this", BackendFlagship)
	}
	return nil
}

// hearsEvents is the error of a method that all but Flipt have.
func (s *Server) hearsEvents() error {
	if s.flipt != nil {
		return fmt.Errorf("localserver: only %s have this", strings.Join(Backends[1:], " and "))
	}
	return nil
}
