package datasync

import (
	"errors"
	"runtime"
	"strconv"

	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// Ping is the frame that a client sends at intervals.
const Ping = `{"messageType":"ping","data":null}`

// Request is the frame that asks for everything newer than version, the Version of the items held; 0 asks for all.
func Request(version int64) []byte {
	return append(strconv.AppendInt([]byte(`{"messageType":"data-sync","data":{"timestamp":`), version, 10), "}}"...)
}

// ErrIgnored is a frame that carries no flags: a pong, or something that a client has to overlook.
var ErrIgnored = errors.New("not a data-sync message with eventType, featureFlags and segments")

// Message is one data-sync message. Its items are JSON texts that alias the frame.
type Message struct {
	Full     bool // replaces everything; otherwise a patch
	Flags    [][]byte
	Segments [][]byte
}

// Parse reads one text frame, or the same document from a file, in one pass. Text that is not JSON is a
// *jsonscan.SyntaxError, which ends a connection for good; JSON that is no data-sync message is ErrIgnored.
func Parse(frame []byte) (Message, error) {
	var p parser
	start := jsonscan.SkipSpace(frame, 0)
	end, err := p.frame(frame, start)
	if err == nil {
		err = jsonscan.End(frame, end)
	}
	if err != nil {
		return Message{}, err
	}
	if !is(p.kind, "data-sync") || !p.hasFlags || !p.hasSegments {
		return Message{}, ErrIgnored
	}
	switch {
	case is(p.event, "full"):
		p.message.Full = true
	case !is(p.event, "patch"):
		return Message{}, ErrIgnored
	}
	return p.message, nil
}

// parser holds the members of a message that count. Of repeated ones the last does.
type parser struct {
	kind, event           []byte
	message               Message
	hasFlags, hasSegments bool
}

func (p *parser) frame(text []byte, at int) (int, error) {
	if at == len(text) || text[at] != '{' {
		return jsonscan.Skip(text, at)
	}
	return jsonscan.Object(text, at, nil, func(name string, at int) (int, error) {
		switch name {
		case "messageType":
			end, err := jsonscan.Skip(text, at)
			p.kind = text[at:end]
			return end, err
		case "data":
			*p = parser{kind: p.kind}
			return p.data(text, at)
		}
		return jsonscan.Skip(text, at)
	})
}

func (p *parser) data(text []byte, at int) (int, error) {
	if text[at] != '{' {
		return jsonscan.Skip(text, at)
	}
	return jsonscan.Object(text, at, nil, func(name string, at int) (end int, err error) {
		switch name {
		case "eventType":
			end, err = jsonscan.Skip(text, at)
			p.event = text[at:end]
			return end, err
		case "featureFlags":
			p.message.Flags, p.hasFlags, end, err = items(text, at)
			return end, err
		case "segments":
			p.message.Segments, p.hasSegments, end, err = items(text, at)
			return end, err
		}
		return jsonscan.Skip(text, at)
	})
}

// items lists the elements of the array at text[at].
func items(text []byte, at int) (list [][]byte, isArray bool, end int, err error) {
	if text[at] != '[' {
		end, err = jsonscan.Skip(text, at)
		return nil, false, end, err
	}
	end, err = jsonscan.Array(text, at, func(at int) (int, error) {
		if len(list)%yieldEvery == yieldEvery-1 {
			runtime.Gosched()
		}
		end, err := jsonscan.Skip(text, at)
		if err == nil {
			list = append(list, text[at:end])
		}
		return end, err
	})
	return list, true, end, err
}

func is(value []byte, want string) bool {
	text, ok := Text(value)
	return ok && text == want
}

// Document joins items into one full message, which Parse reads.
func Document(flags, segments [][]byte) []byte {
	size := 96
	for _, items := range [][][]byte{flags, segments} {
		for _, item := range items {
			size += len(item) + 1
		}
	}
	b := make([]byte, 0, size)
	b = append(b, `{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[`...)
	b = join(b, flags)
	b = append(b, `],"segments":[`...)
	b = join(b, segments)
	return append(b, "]}}"...)
}

func join(b []byte, items [][]byte) []byte {
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, item...)
	}
	return b
}
