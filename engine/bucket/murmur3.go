package bucket

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// Murmur3 is a MurmurHash3 (x86, 32 bit, seed 0) that has taken in some bytes; the zero value has taken in none. It is a
// plain value, so that the state behind a beginning that many texts share can be kept and continued with each of them.
// Flagship takes the sum modulo 100.
type Murmur3 struct {
	hash   uint32
	rest   uint32 // of the bytes that do not fill a block yet; the first one is the lowest
	length uint32
}

// With returns the state after the bytes of s.
func (m Murmur3) With(s string) Murmur3 {
	b := unsafe.Slice(unsafe.StringData(s), len(s))
	for len(b) > 0 && m.length&3 != 0 {
		m = m.with(b[0])
		b = b[1:]
	}
	for len(b) >= 4 {
		m.hash = m.hash ^ scramble(binary.LittleEndian.Uint32(b))
		m.hash = bits.RotateLeft32(m.hash, 13)*5 + 0xe6546b64
		m.length += 4
		b = b[4:]
	}
	for _, c := range b {
		m = m.with(c)
	}
	return m
}

func (m Murmur3) with(c byte) Murmur3 {
	m.rest |= uint32(c) << (m.length & 3 * 8)
	m.length++
	if m.length&3 == 0 {
		m.hash = bits.RotateLeft32(m.hash^scramble(m.rest), 13)*5 + 0xe6546b64
		m.rest = 0
	}
	return m
}

// Sum returns the hash of everything taken in.
func (m Murmur3) Sum() uint32 {
	h := m.hash ^ scramble(m.rest) ^ m.length // scramble(0) is 0
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return h ^ h>>16
}

func scramble(block uint32) uint32 {
	return bits.RotateLeft32(block*0xcc9e2d51, 15) * 0x1b873593
}
