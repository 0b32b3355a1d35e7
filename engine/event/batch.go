package event

import "fmt"

// batch is what one request carries. The goroutine that delivers it owns it until it returns it.
type batch struct {
	records []Record
	data    []byte   // that the records point into, or did before it grew
	segment *segment // nil: from memory
	upTo    uint64   // position in the ring behind its last record; 0 for the records of an ended process
	settled int      // records from the front on that are sent or dropped
	// returned says that its goroutine has ended. It belongs to the dispatcher.
	returned bool
}

func (b *batch) reset() {
	clear(b.records)
	*b = batch{records: b.records[:0], data: b.data[:0]}
}

func (b *batch) add(time int64, data []byte, end uint64) {
	start := len(b.data)
	b.data = append(b.data, data...)
	b.records = append(b.records, Record{Time: time, Data: b.data[start:len(b.data):len(b.data)], end: end})
}

// limits bounds a batch.
type limits struct{ records, bytes int }

// room says whether n more bytes fit. One record always does.
func (l limits) room(b *batch, n int) bool {
	return len(b.records) == 0 || len(b.records) < l.records && len(b.data)+n <= l.bytes
}

// fromRing fills a batch from memory.
func (b *batch) fromRing(r *ring, most limits) {
	for n, ok := r.next(); ok && most.room(b, n); n, ok = r.next() {
		start := len(b.data)
		var time int64
		time, b.data = r.take(b.data, n)
		b.upTo = r.head.Load()
		b.records = append(b.records, Record{Time: time, Data: b.data[start:len(b.data):len(b.data)], end: b.upTo})
	}
}

// next fills a batch with the oldest records that were not handed out. From memory it takes only when the files are read
// to their end and new ones cannot be written.
func (s *spool) next(b *batch, most limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.tidy()
	for _, g := range s.segments {
		if s.read(g, b, most); len(b.records) > 0 {
			b.segment = g
			g.inFlight++
			if !g.own {
				return
			}
			b.upTo = b.records[len(b.records)-1].end + g.shift
			size := uint64(0)
			for _, record := range b.records {
				size += ringSize(len(record.Data))
			}
			s.unread.records -= min(s.unread.records, uint64(len(b.records)))
			s.unread.bytes -= min(s.unread.bytes, size)
			return
		}
	}
	s.unread.records, s.unread.bytes = 0, 0
	if s.err != nil {
		s.spare(b, most)
	}
}

func (s *spool) read(g *segment, b *batch, most limits) {
	if g.gone {
		return
	}
	if g.file == nil {
		if err := g.open(); err != nil {
			s.abandon(g, err)
			return
		}
	}
	for {
		frame, skipped, err := g.read()
		if skipped > 0 {
			s.report(Notice{
				Kind: Damaged, Count: skipped,
				Message: fmt.Sprintf("%d bytes of %s are damaged and were left out", skipped, g.path),
			})
		}
		if err != nil {
			s.abandon(g, err)
			return
		}
		if frame == nil {
			return
		}
		length, _ := frameLength(frame)
		if !most.room(b, length) {
			g.next -= int64(len(frame))
			return
		}
		b.add(frameTime(frame), frame[frameHeader:frameHeader+length], uint64(g.next))
		b.records[len(b.records)-1].Adopted = !g.own
	}
}

// abandon leaves a file that cannot be read for the next process.
func (s *spool) abandon(g *segment, err error) {
	s.report(Notice{Kind: Damaged, Message: "a file of the spool cannot be read: " + err.Error()})
	if s.active == g {
		s.active = nil
	}
	g.sealed, g.gone = true, true
	g.next = g.end
	g.close()
}

// spare takes records from memory. The file written last is ended, because positions in it must follow each other.
func (s *spool) spare(b *batch, most limits) {
	s.seal()
	from := s.ring.head.Load()
	if len(s.chunk) > 0 {
		from = s.position
		for len(s.chunk) > 0 {
			length, _ := frameLength(s.chunk)
			if !most.room(b, length) {
				break
			}
			size := ringSize(length)
			b.add(frameTime(s.chunk), s.chunk[frameHeader:frameHeader+length], s.position+size)
			s.chunk = s.chunk[size:]
			s.position += size
			s.records--
		}
		b.upTo = s.position
	} else {
		b.fromRing(s.ring, most)
	}
	if len(b.records) == 0 {
		return
	}
	if s.spared.to != from {
		s.spared.from = from
	}
	s.spared.to = b.upTo
}

// durable returns when the record that ends at a position is in a file.
func (s *spool) durable(end uint64) (bool, error) {
	if s.written.Load() < end {
		if err := s.drain(); err != nil {
			return false, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.spared.from < end && end <= s.spared.to {
		return false, fmt.Errorf("%w: the event is sent from memory", ErrNotStored)
	}
	return s.written.Load() >= end, nil
}

// settle notes that a batch, the oldest one under way, is done.
func (s *spool) settle(b *batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := b.segment; g != nil {
		g.inFlight--
		if !g.finished() {
			g.settle(int64(b.records[len(b.records)-1].end))
		}
		s.tidy()
	}
}

// waiting returns what is to be sent: own records in files, or in memory as long as files cannot be written. backlog says
// that there are records of ended processes.
func (s *spool) waiting() (records, bytes uint64, backlog bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	records, bytes = s.unread.records, s.unread.bytes
	if s.err != nil {
		n, size := s.ring.waiting()
		records += n + uint64(s.records)
		bytes += size + uint64(len(s.chunk))
	}
	for _, g := range s.segments {
		if !g.own && !g.gone && (g.file == nil || g.next < g.end) {
			return records, bytes, true
		}
	}
	return records, bytes, false
}

// failing says that there is something that could not be written.
func (s *spool) failing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err != nil
}

// close notes what is done, in whatever order, forces everything to the disk, and leaves the files to whoever comes next.
// It returns how many records were only in memory and are lost.
func (s *spool) close(window []*batch) (lost uint64) {
	_ = s.drainNow()
	s.mu.Lock()
	lost = uint64(s.records)
	waiting, _ := s.ring.waiting()
	lost += waiting
	first := map[*segment]bool{}
	for _, b := range window {
		g := b.segment
		if g == nil {
			lost += uint64(len(b.records) - b.settled)
			continue
		}
		if b.settled == len(b.records) {
			g.inFlight--
		}
		if !first[g] && b.settled > 0 {
			g.settle(int64(b.records[b.settled-1].end))
		} else {
			for _, record := range b.records[:b.settled] {
				g.settleOne(int64(record.end), len(record.Data))
			}
		}
		first[g] = first[g] || b.settled < len(b.records)
	}
	s.seal()
	s.tidy()
	s.closed = true
	s.mu.Unlock()
	s.sync()
	left := len(s.segments) > 0
	for _, g := range s.segments {
		g.close()
	}
	s.folder.close(left)
	return lost
}

// drainNow drains although the last failure was a moment ago.
func (s *spool) drainNow() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retryAt = s.retryAt.AddDate(-1, 0, 0)
	return s.drainLocked()
}

// stored returns the bytes in files that are not settled.
func (s *spool) stored() (bytes int64, problem string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.segments {
		if !g.gone {
			bytes += g.end - max(g.settled, min(fileHeader, g.end))
		}
	}
	if s.err != nil {
		problem = s.err.Error()
	}
	return bytes, problem
}
