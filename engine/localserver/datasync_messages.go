package localserver

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

const pong = `{"messageType":"pong","data":{}}`

// received answers a message of a client; nil is one that was too long. What makes no sense is overlooked, as on the real
// server.
func (d *dataSync) received(s *socket, text []byte) {
	d.recordMessage(s, text)
	var message map[string]json.RawMessage // whose names are compared to the letter
	var kind string
	if json.Unmarshal(text, &message) != nil || json.Unmarshal(message["messageType"], &kind) != nil {
		return
	}
	data, ok := message["data"]
	if !ok {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch strings.ToLower(kind) {
	case "ping":
		s.put(outgoing{text: []byte(pong)})
	case "echo":
		s.put(outgoing{text: append(append([]byte(`{"messageType":"echo","data":`), data...), '}')})
	case "data-sync":
		if since, ok := readRequest(data); ok {
			answer, _ := d.environment.since(since)
			s.put(outgoing{text: answer, data: true})
		}
	}
}

// readRequest returns the time from which on changes are asked for; 0 asks for everything, as does a time that is null,
// absent, or a number that is no integer.
func readRequest(data json.RawMessage) (since int64, ok bool) {
	var request map[string]json.RawMessage
	if json.Unmarshal(data, &request) != nil || request == nil {
		return 0, false
	}
	since, err := strconv.ParseInt(string(request["timestamp"]), 10, 64)
	if err == nil {
		return since, true
	}
	var number *float64
	return 0, request["timestamp"] == nil || json.Unmarshal(request["timestamp"], &number) == nil
}

// everything is the message with all items.
func (d *dataSync) everything() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	text, _ := d.environment.since(0)
	return bytes.Clone(text)
}
