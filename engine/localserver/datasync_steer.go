package localserver

import (
	"fmt"
	"time"
)

// The methods here steer a server of FeatBit or featureflag.co. With another vendor those that return an error return one,
// the others do nothing.

// SetSecret replaces Options.Secret; the empty text stands for the default. Sockets that are open stay open.
func (s *Server) SetSecret(secret string) error {
	if err := s.ofDataSync(); err != nil {
		return err
	}
	return s.vendor.authorize(credentials{Secret: secret})
}

// SetClockOffset replaces Options.ClockOffset.
func (s *Server) SetClockOffset(offset time.Duration) error {
	if err := s.ofDataSync(); err != nil {
		return err
	}
	s.dataSync.clockOffset.Store(int64(offset))
	return nil
}

// ChangeFlag gives members, a JSON object, to the flag with the key (FeatBit) or id (featureflag.co), and pushes it. The
// flag need not exist. Its time is now, or just after the time that it had, unless members holds a later one.
func (s *Server) ChangeFlag(key string, members []byte) error {
	return s.change(flagItem, key, members)
}

// ChangeSegment is ChangeFlag for the segment with the id. As on the platform, flags that use it get a later time, too,
// and are not pushed.
func (s *Server) ChangeSegment(id string, members []byte) error {
	return s.change(segmentItem, id, members)
}

func (s *Server) change(kind itemKind, id string, members []byte) error {
	if err := s.ofDataSync(); err != nil {
		return err
	}
	return s.dataSync.change(kind, id, members)
}

// Push sends a text as it is to every open socket, whatever the environment holds.
func (s *Server) Push(text []byte) error { return s.line(outgoing{text: text, data: true}) }

// CloseStreams closes every open socket with a code and a reason. Code 1005 is a close frame without either.
func (s *Server) CloseStreams(code int, reason string) error {
	if err := checkClosing(code, reason); err != nil {
		return fmt.Errorf("localserver: %w", err)
	}
	return s.line(outgoing{end: true, code: code, why: reason})
}

// line puts something in line for every open socket.
func (s *Server) line(what outgoing) error {
	if err := s.ofDataSync(); err != nil {
		return err
	}
	s.dataSync.mu.Lock()
	defer s.dataSync.mu.Unlock()
	for open := range s.dataSync.sockets.open {
		open.put(what)
	}
	return nil
}

// Sockets returns the connections that there were, oldest first; the last 10,000 are kept.
func (s *Server) Sockets() []Socket {
	if s.dataSync == nil {
		return nil
	}
	return s.dataSync.socketRecords()
}
