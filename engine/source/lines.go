package source

import (
	"bytes"
	"io"

	"github.com/burgee-flags/burgee/engine/transport"
)

const chunkSize = 32 << 10

// lines splits a stream at line feeds. A line may arrive in any number of pieces.
type lines struct {
	from  io.Reader
	limit int64
	chunk []byte // what was read last
	rest  []byte // the part of it that was not handed out
	line  Buffer // the pieces of a line that is longer than one chunk's part
}

func newLines(from io.Reader, limit int64) *lines {
	return &lines{from: from, limit: limit, chunk: make([]byte, chunkSize)}
}

// next returns the next line without its line feed and a carriage return before that. It is valid until the next call.
// A text without a line feed at the end of the stream is a line too. Errors: io.EOF, those of the stream, and
// *transport.TooLargeError, after which nothing more can be read.
func (l *lines) next() ([]byte, error) {
	l.line.Reset()
	for {
		if end := bytes.IndexByte(l.rest, '\n'); end >= 0 {
			piece := l.rest[:end]
			l.rest = l.rest[end+1:]
			return l.complete(piece)
		}
		if err := l.keep(l.rest); err != nil {
			return nil, err
		}
		expect(l.from, l.line.Len() > 0)
		n, err := l.from.Read(l.chunk)
		l.rest = l.chunk[:n]
		if n > 0 {
			continue // an error comes again with the next read
		}
		if err == io.EOF && l.line.Len() > 0 {
			return l.complete(nil)
		}
		if err != nil {
			return nil, err
		}
	}
}

func (l *lines) keep(piece []byte) error {
	if int64(l.line.Len()+len(piece)) > l.limit {
		return &transport.TooLargeError{What: "the line", Limit: l.limit}
	}
	l.line.add(piece, l.limit)
	return nil
}

func (l *lines) complete(piece []byte) ([]byte, error) {
	if l.line.Len() > 0 {
		if err := l.keep(piece); err != nil {
			return nil, err
		}
		piece = l.line.Bytes()
	} else if int64(len(piece)) > l.limit {
		return nil, &transport.TooLargeError{What: "the line", Limit: l.limit}
	}
	return bytes.TrimSuffix(piece, []byte("\r")), nil
}

// expect tells an answer of a server whether it has to go on, or may be silent for as long as it likes.
func expect(from io.Reader, more bool) {
	if answer, ok := from.(*transport.Response); ok {
		answer.Expect(more)
	}
}

func (l *lines) release() { l.line.Release() }
