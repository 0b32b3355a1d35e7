package datasync

import (
	"errors"
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

// Parse reads one text frame, or the same document from a file. Text that is not JSON is a *jsonscan.SyntaxError, which
// ends a connection for good; JSON that is no data-sync message is ErrIgnored.
func Parse(frame []byte) (Message, error) {
	start := jsonscan.SkipSpace(frame, 0)
	end, err := jsonscan.Skip(frame, start)
	if err == nil {
		err = jsonscan.End(frame, end)
	}
	if err != nil {
		return Message{}, err
	}
	var kind, event, flags, segments []byte
	var data []byte
	Object(frame[start:end], func(name string, value []byte) {
		switch name {
		case "messageType":
			kind = value
		case "data":
			data = value
		}
	})
	Object(data, func(name string, value []byte) {
		switch name {
		case "eventType":
			event = value
		case "featureFlags":
			flags = value
		case "segments":
			segments = value
		}
	})
	var m Message
	if !is(kind, "data-sync") || !IsArray(flags) || !IsArray(segments) {
		return m, ErrIgnored
	}
	switch {
	case is(event, "full"):
		m.Full = true
	case !is(event, "patch"):
		return m, ErrIgnored
	}
	Array(flags, func(item []byte) { m.Flags = append(m.Flags, item) })
	Array(segments, func(item []byte) { m.Segments = append(m.Segments, item) })
	return m, nil
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
