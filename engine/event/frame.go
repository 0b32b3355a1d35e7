package event

import (
	"encoding/binary"
	"hash/crc32"
)

// A file of the spool is a header and frames. The header is 32 bytes: the magic, the offset up to which everything is
// settled, and the CRC-32C of that offset. A frame is a record: its length with the settled bit, a CRC-32C, its time, and
// its bytes, filled up with zeros to a multiple of 8. All numbers are little-endian. Frames begin at multiples of 8, so that
// a reader finds the next one behind damage. A frame takes as much as the record takes in the ring, so that positions there
// and offsets here differ by a constant for all frames of a file.
const (
	fileMagic   = "BURGEEV1"
	fileHeader  = 32
	frameHeader = ringHeader

	settledBit = 1 << 31 // set when a later record was settled before an earlier one; not covered by the CRC
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// startFrame appends the place for a frame's header.
func startFrame(to []byte) []byte { return append(to, make([]byte, frameHeader)...) }

// endFrame completes the frame that begins at start, whose record was appended, and fills it up.
func endFrame(frames []byte, start int, time int64) []byte {
	frame := frames[start:]
	length := len(frame) - frameHeader
	binary.LittleEndian.PutUint32(frame, uint32(length))
	binary.LittleEndian.PutUint64(frame[8:], uint64(time))
	binary.LittleEndian.PutUint32(frame[4:], checksum(frame, length))
	return append(frames, make([]byte, ringSize(length)-uint64(len(frame)))...)
}

func checksum(frame []byte, length int) uint32 {
	var prefix [4]byte
	binary.LittleEndian.PutUint32(prefix[:], uint32(length))
	return crc32.Update(crc32.Update(0, castagnoli, prefix[:]), castagnoli, frame[8:frameHeader+length])
}

// frameLength returns the length of the record whose frame begins with header, without having checked it.
func frameLength(header []byte) (length int, settled bool) {
	word := binary.LittleEndian.Uint32(header)
	return int(word &^ settledBit), word&settledBit != 0
}

// validFrame says whether data begins with a whole frame. A frame of zeros is not valid: its CRC would not be 0.
func validFrame(data []byte) bool {
	if len(data) < frameHeader {
		return false
	}
	length, _ := frameLength(data)
	if uint64(len(data)) < ringSize(length) {
		return false
	}
	return checksum(data, length) == binary.LittleEndian.Uint32(data[4:])
}

// frameTime returns the time of the record.
func frameTime(frame []byte) int64 { return int64(binary.LittleEndian.Uint64(frame[8:])) }

// encodeHeader returns a file's header, or what of it changes, from ackOffset on.
func encodeHeader(settled int64) []byte {
	header := make([]byte, fileHeader)
	copy(header, fileMagic)
	binary.LittleEndian.PutUint64(header[ackOffset:], uint64(settled))
	sum := crc32.Checksum(header[ackOffset:ackOffset+8], castagnoli)
	binary.LittleEndian.PutUint32(header[ackOffset+8:], sum)
	return header
}

const (
	ackOffset = int64(len(fileMagic))
	ackBytes  = 12
)

// settledIn returns the offset in a header, or that of the first frame when the header is damaged: better twice than never.
func settledIn(header []byte, size int64) int64 {
	if len(header) < fileHeader {
		return fileHeader
	}
	number := header[ackOffset : ackOffset+8]
	settled := int64(binary.LittleEndian.Uint64(number))
	sum := binary.LittleEndian.Uint32(header[ackOffset+8:])
	if crc32.Checksum(number, castagnoli) != sum || settled < fileHeader || settled > size || settled%8 != 0 {
		return fileHeader
	}
	return settled
}
