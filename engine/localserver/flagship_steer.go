package localserver

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
)

// The methods here steer a server of Flagship. With another vendor they return an error.

// SetEnvironment replaces Options.Environment and Options.Key; empty texts stand for the defaults.
func (s *Server) SetEnvironment(id, key string) error {
	if err := s.ofFlagship(); err != nil {
		return err
	}
	return s.vendor.authorize(credentials{Environment: id, Key: key})
}

// SetSegments sets what the connector to other vendors answers for a visitor: an array of objects with partner, segment and
// value, or whatever a test wants to see refused. nil: an empty array, as for everybody else; without a visitor, for all.
func (s *Server) SetSegments(visitor string, answer []byte) error {
	if err := s.ofFlagship(); err != nil {
		return err
	}
	if visitor == "" && answer != nil {
		return errors.New("localserver: whose segments? The visitor is empty")
	}
	s.flagship.mu.Lock()
	defer s.flagship.mu.Unlock()
	switch {
	case visitor == "":
		clear(s.flagship.segments)
	case answer == nil:
		delete(s.flagship.segments, visitor)
	default:
		s.flagship.segments[visitor] = bytes.Clone(answer)
	}
	return nil
}

// RefuseVisitors makes requests with hits or activations of any of these visitors, by whichever of their ids, fail as a whole
// with a status; without visitors none does.
func (s *Server) RefuseVisitors(status int, visitors ...string) error {
	if err := s.ofFlagship(); err != nil {
		return err
	}
	if status == 0 {
		status = http.StatusBadRequest
	}
	if status < 400 || status > 599 {
		return fmt.Errorf("localserver: status %d refuses nothing", status)
	}
	s.flagship.mu.Lock()
	defer s.flagship.mu.Unlock()
	s.flagship.refused = refusal{Visitors: visitors, Status: status}
	return nil
}

// SetFileHeaders says whether the environment file is delivered with the headers Last-Modified and ETag: with the first and
// without the second unless this says otherwise.
func (s *Server) SetFileHeaders(lastModified, etag bool) error {
	if err := s.ofFlagship(); err != nil {
		return err
	}
	s.flagship.mu.Lock()
	defer s.flagship.mu.Unlock()
	s.flagship.served.undated, s.flagship.served.tagged = !lastModified, etag
	return nil
}

// ForgetAssignments makes the decision API decide anew for everybody.
func (s *Server) ForgetAssignments() error {
	if err := s.ofFlagship(); err != nil {
		return err
	}
	s.flagship.mu.Lock()
	defer s.flagship.mu.Unlock()
	s.flagship.assignments = assignments{}
	return nil
}
