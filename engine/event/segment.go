package event

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
)

// windowBytes is how much of a file is read at once.
const windowBytes = 256 << 10

// resyncBytes bounds what is read again and again in search of the next frame behind damage.
const resyncBytes = 64 << 20

// segment is one file of the spool. The spool's lock guards it.
type segment struct {
	path     string
	file     *os.File // nil until it is needed
	end      int64    // of the frames, or of the file if it was taken over
	next     int64    // offset of the first frame that was not handed out
	settled  int64    // offset up to which everything is sent or dropped
	inFlight int      // batches
	own      bool     // written by this spool, so that a position in the ring is offset + shift
	shift    uint64
	sealed   bool // nothing will be added
	dirty    bool // not forced to the disk since it was written to
	gone     bool // removed, or left for the next process

	window   []byte // a part of the file, from windowAt
	windowAt int64
	searched int // bytes of resyncBytes used
}

// open makes a file readable that was taken over, or closed in the meantime.
func (g *segment) open() error {
	file, err := os.OpenFile(g.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if g.own {
		g.file = file
		return nil
	}
	info, err := file.Stat()
	if err == nil {
		header := make([]byte, fileHeader)
		var n int
		if n, err = file.ReadAt(header, 0); errors.Is(err, io.EOF) {
			err = nil
		}
		g.end = info.Size()
		g.settled = settledIn(header[:n], g.end)
		g.next = g.settled
	}
	if err != nil {
		_ = file.Close()
		return err
	}
	g.file = file
	return nil
}

// view returns up to n bytes at offset; fewer only at the end of the file.
func (g *segment) view(offset int64, n int) ([]byte, error) {
	n = int(min(int64(n), max(g.end-offset, 0)))
	if offset >= g.windowAt && offset+int64(n) <= g.windowAt+int64(len(g.window)) {
		return g.window[offset-g.windowAt:], nil
	}
	size := int(min(int64(max(n, windowBytes)), g.end-offset))
	if cap(g.window) < size {
		g.window = make([]byte, size)
	}
	g.window, g.windowAt = g.window[:size], offset
	got, err := g.file.ReadAt(g.window, offset)
	g.window = g.window[:got]
	if errors.Is(err, io.EOF) {
		g.end, err = offset+int64(got), nil // somebody has cut it off
	}
	return g.window, err
}

// frame returns the frame at offset, or nil when there is none.
func (g *segment) frame(offset int64) ([]byte, error) {
	data, err := g.view(offset, frameHeader)
	if err != nil || len(data) < frameHeader {
		return nil, err
	}
	length, _ := frameLength(data)
	size := ringSize(length)
	if int64(size) > g.end-offset {
		return nil, nil
	}
	if data, err = g.view(offset, int(size)); err != nil {
		return nil, err
	}
	if !validFrame(data) {
		g.searched += int(size)
		return nil, nil
	}
	return data[:size], nil
}

// read hands out the next record, if there is one, as a part of the returned frame, which is valid until the next read.
// skipped is how many bytes before it were neither a frame nor zero.
func (g *segment) read() (frame []byte, skipped uint64, err error) {
	for g.next < g.end {
		frame, err := g.frame(g.next)
		if err != nil {
			return nil, skipped, err
		}
		if frame != nil {
			g.next += int64(len(frame))
			if _, settled := frameLength(frame); settled {
				continue
			}
			return frame, skipped, nil
		}
		if g.searched > resyncBytes {
			skipped += uint64(g.end - g.next)
			g.next = g.end
			break
		}
		rest, err := g.view(g.next, 8)
		if err != nil {
			return nil, skipped, err
		}
		if len(rest) < 8 || binary.LittleEndian.Uint64(rest) != 0 {
			skipped += 8
			g.next += 8
			continue
		}
		for len(rest) >= 8 && binary.LittleEndian.Uint64(rest) == 0 { // the unused end of a file
			rest = rest[8:]
			g.next += 8
		}
	}
	g.next = max(g.next, g.end)
	return nil, skipped, nil
}

// settle notes that everything before offset is done. What cannot be noted is sent again after a kill.
func (g *segment) settle(offset int64) {
	g.settled = offset
	if g.file != nil {
		_, _ = g.file.WriteAt(encodeHeader(offset)[ackOffset:ackOffset+ackBytes], ackOffset)
	}
}

// settleOne notes that the record whose frame ends at end is done, although an earlier one is not.
func (g *segment) settleOne(end int64, length int) {
	var word [4]byte
	binary.LittleEndian.PutUint32(word[:], uint32(length)|settledBit)
	_, _ = g.file.WriteAt(word[:], end-int64(ringSize(length)))
}

// finished says that nothing in it is needed any more.
func (g *segment) finished() bool {
	return g.sealed && !g.gone && g.inFlight == 0 && g.next >= g.end
}

func (g *segment) close() {
	if g.file != nil {
		_ = g.file.Close()
		g.file = nil
	}
	g.window = nil
}

// remove deletes it.
func (g *segment) remove() {
	g.close()
	g.gone = true
	_ = os.Remove(g.path)
}
