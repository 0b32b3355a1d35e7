package localserver

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	maxSockets          = 10_000
	maxMessagesRecorded = 1_000

	byClient = "client"
	byServer = "server"
)

// Socket is one recorded connection of FeatBit or featureflag.co.
type Socket struct {
	ID       int                 `json:"id"`   // counts from 1
	Path     string              `json:"path"` // of the handshake, with the query
	Headers  map[string][]string `json:"headers"`
	Remote   string              `json:"remote"`
	Opened   time.Time           `json:"opened"`
	Refused  string              `json:"refused,omitempty"` // why the token was not good
	Received []string            `json:"received"`          // the last messages; one that was too long is empty
	Sent     int                 `json:"sent"`              // data-sync messages
	Open     bool                `json:"open"`
	EndedBy  string              `json:"endedBy,omitempty"` // "client" or "server": who ended it first
	Code     int                 `json:"code,omitempty"`    // of the close frame; 1005: it had none, 1006: there was none
	Reason   string              `json:"reason,omitempty"`
}

func newSocketRecord(r *http.Request, refused string) *Socket {
	return &Socket{
		Path: r.RequestURI, Headers: r.Header.Clone(), Remote: r.RemoteAddr, Opened: time.Now(), Refused: refused,
		Received: []string{}, Open: true,
	}
}

// sockets knows who is connected and who was. The lock of dataSync guards it, except for running.
type sockets struct {
	open    map[*socket]bool // with a good token
	all     map[*socket]bool // and those that are being closed
	history []*Socket
	total   int
	ended   bool
	running sync.WaitGroup
}

// join reports false when the server has ended.
func (d *dataSync) join(s *socket) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sockets.ended {
		return false
	}
	d.sockets.running.Add(1)
	d.sockets.all[s] = true
	if s.record.Refused == "" {
		d.sockets.open[s] = true
	}
	d.sockets.total++
	s.record.ID = d.sockets.total
	if len(d.sockets.history) == maxSockets {
		d.sockets.history = slices.Delete(d.sockets.history, 0, maxSockets/10)
	}
	d.sockets.history = append(d.sockets.history, s.record)
	return true
}

func (d *dataSync) leave(s *socket) {
	d.mu.Lock()
	delete(d.sockets.all, s)
	delete(d.sockets.open, s)
	d.mu.Unlock()
	d.sockets.running.Done()
}

// ended notes how a socket ended; what comes after that is a consequence.
func (d *dataSync) ended(s *socket, by string, code int, reason string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.sockets.open, s)
	if s.record.Open {
		s.record.Open, s.record.EndedBy, s.record.Code, s.record.Reason = false, by, code, reason
	}
}

func (d *dataSync) counted(s *socket) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s.record.Sent++
}

func (d *dataSync) recordMessage(s *socket, text []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(s.record.Received) == maxMessagesRecorded {
		s.record.Received = slices.Delete(s.record.Received, 0, maxMessagesRecorded/10)
	}
	s.record.Received = append(s.record.Received, string(text))
}

// openStreams implements vendor.
func (d *dataSync) openStreams() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.sockets.open)
}

// cutSockets implements vendor.
func (d *dataSync) cutSockets(end bool) {
	d.mu.Lock()
	d.sockets.ended = d.sockets.ended || end
	for s := range d.sockets.all {
		if s.record.Open {
			s.record.Open, s.record.EndedBy, s.record.Code = false, byServer, 1006
		}
		delete(d.sockets.open, s)
		closeWithReset(s.wire.Conn)
	}
	d.mu.Unlock()
	if end {
		d.sockets.running.Wait()
	}
}

func (d *dataSync) socketRecords() []Socket {
	d.mu.Lock()
	defer d.mu.Unlock()
	records := make([]Socket, len(d.sockets.history))
	for i, record := range d.sockets.history {
		records[i] = *record
		records[i].Received = slices.Clone(record.Received)
	}
	return records
}
