// Package bucket holds the hash primitives behind percentage rollouts. It knows no salts, no percentages and no policy.
package bucket

import (
	"math/bits"
	"unsafe"
)

// CRC32 returns the CRC-32 (IEEE 802.3, as in zlib) of the bytes of first followed by those of second, without joining
// them. Flipt takes it modulo 1000 and 100.
//
// It is not hash/crc32: on two strings as short as a flag key and an entity id that takes two and a half times as long,
// most of it in choosing among its implementations.
func CRC32(first, second string) uint32 {
	return ^update(update(^uint32(0), first), second)
}

// tables are the slicing-by-8 tables of the reflected polynomial.
var tables = makeTables(bits.Reverse32(0x04C11DB7))

func makeTables(polynomial uint32) *[8][256]uint32 {
	t := new([8][256]uint32)
	for i := range 256 {
		crc := uint32(i) //nolint:gosec // below 256
		for range 8 {
			crc = crc>>1 ^ polynomial&-(crc&1)
		}
		t[0][i] = crc
	}
	for i := range 256 {
		for n := 1; n < 8; n++ {
			t[n][i] = t[n-1][i]>>8 ^ t[0][byte(t[n-1][i])]
		}
	}
	return t
}

func update(crc uint32, s string) uint32 {
	b := unsafe.Slice(unsafe.StringData(s), len(s))
	t := tables
	for len(b) >= 8 {
		crc ^= uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
		crc = t[0][b[7]] ^ t[1][b[6]] ^ t[2][b[5]] ^ t[3][b[4]] ^
			t[4][crc>>24] ^ t[5][crc>>16&0xFF] ^ t[6][crc>>8&0xFF] ^ t[7][crc&0xFF]
		b = b[8:]
	}
	for _, c := range b {
		crc = t[0][byte(crc)^c] ^ crc>>8
	}
	return crc
}
