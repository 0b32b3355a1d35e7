package source

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/burgee-flags/burgee/engine/transport"
)

// Event is one server-sent event (text/event-stream, WHATWG HTML section 9.2).
type Event struct {
	ID   string // the last one that the stream gave, also by an earlier event
	Type string // "message" unless the stream says otherwise
	Data string // its lines joined by line feeds
}

// events parses a stream of server-sent events.
type events struct {
	from    io.Reader
	limit   int64
	chunk   []byte
	rest    []byte
	afterCR bool // a line feed that comes now belongs to the carriage return before it
	started bool // the first line is past, which may begin with a byte order mark
	line    []byte

	data    []byte
	hasData bool
	kind    string
	lastID  string
	retry   time.Duration // what the server asked for last; 0: nothing
}

func newEvents(from io.Reader, limit int64) *events {
	return &events{from: from, limit: limit, chunk: make([]byte, chunkSize)}
}

// next returns the next event. What the stream ends in the middle of is no event. Errors: io.EOF, those of the stream,
// and *transport.TooLargeError, after which nothing more can be read.
func (e *events) next() (Event, error) {
	for {
		line, err := e.nextLine()
		if err != nil {
			return Event{}, err
		}
		if len(line) > 0 {
			e.field(line)
			if int64(len(e.data)) > e.limit {
				return Event{}, &transport.TooLargeError{What: "the event", Limit: e.limit}
			}
			continue
		}
		event := Event{ID: e.lastID, Type: e.kind, Data: strings.TrimSuffix(string(e.data), "\n")}
		complete := e.hasData
		e.data, e.hasData, e.kind = e.data[:0], false, ""
		if !complete {
			continue
		}
		if event.Type == "" {
			event.Type = "message"
		}
		return event, nil
	}
}

// field takes one line that is not blank.
func (e *events) field(line []byte) {
	name, value, _ := bytes.Cut(line, []byte(":")) // a comment has an empty name
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "data":
		e.data = append(append(e.data, value...), '\n')
		e.hasData = true
	case "event":
		e.kind = string(value)
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			e.lastID = string(value)
		}
	case "retry":
		if ms, err := strconv.ParseUint(string(value), 10, 31); err == nil {
			e.retry = time.Duration(ms) * time.Millisecond
		}
	}
}

// nextLine splits at CR, LF and CRLF. A carriage return ends its line at once, so that an event is not held back until
// the server sends more; a line feed after it is skipped when it comes.
func (e *events) nextLine() ([]byte, error) {
	e.line = e.line[:0]
	for {
		if e.afterCR && len(e.rest) > 0 {
			e.afterCR = false
			e.rest = bytes.TrimPrefix(e.rest, []byte("\n"))
		}
		end := bytes.IndexAny(e.rest, "\r\n")
		piece := e.rest
		if end >= 0 {
			piece = e.rest[:end]
		}
		if int64(len(e.line)+len(piece)) > e.limit {
			return nil, &transport.TooLargeError{What: "the line", Limit: e.limit}
		}
		e.line = append(e.line, piece...)
		if end >= 0 {
			e.afterCR = e.rest[end] == '\r'
			e.rest = e.rest[end+1:]
			return e.first(e.line), nil
		}
		expect(e.from, len(e.line) > 0)
		n, err := e.from.Read(e.chunk)
		e.rest = e.chunk[:n]
		if n == 0 && err != nil {
			return nil, err
		}
	}
}

// first takes the byte order mark off the first line.
func (e *events) first(line []byte) []byte {
	if e.started {
		return line
	}
	e.started = true
	return bytes.TrimPrefix(line, []byte("\uFEFF"))
}
