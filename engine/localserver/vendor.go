package localserver

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// The vendors that the server can be, for Options.Backend. The names are those of the engine's backends.
const (
	BackendFlipt         = "flipt"
	BackendFeatBit       = "featbit"
	BackendFeatureFlagCo = "featureflagco"
)

// Backends lists the vendors that the server can be; the first is the default.
var Backends = []string{BackendFlipt, BackendFeatBit, BackendFeatureFlagCo}

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
	authorize(token, jwt, secret string) error

	openStreams() int
	// cutSockets resets the connections that are no longer HTTP, also those to come if this is the end.
	cutSockets(end bool)
}

// chooseVendor fills in s.vendor, and s.flipt or s.dataSync.
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
	default:
		return fmt.Errorf("localserver: backend %q is not one of %s", s.options.Backend, strings.Join(Backends, ", "))
	}
	if s.dataSync != nil && s.options.V1 {
		return fmt.Errorf("localserver: V1 is a version of Flipt, not of %s", s.options.Backend)
	}
	if s.dataSync != nil && len(s.options.Files) > 1 {
		return fmt.Errorf("localserver: %s has one environment, in one file; these are %d files", s.options.Backend, len(s.options.Files))
	}
	return s.vendor.authorize(s.options.Token, s.options.JWT, s.options.Secret)
}

// ofDataSync is the error of a method that another vendor than the one that is served has.
func (s *Server) ofDataSync() error {
	if s.dataSync == nil {
		return fmt.Errorf("localserver: only %s have this", strings.Join(slices.DeleteFunc(slices.Clone(Backends), func(name string) bool {
			return name == BackendFlipt
		}), " and "))
	}
	return nil
}
