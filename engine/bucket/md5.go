package bucket

import (
	"encoding/base64"
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// MD5Fraction hashes the bytes of the three texts, one after the other, without joining them. It returns the first four
// bytes of the MD5 digest, read as a signed little-endian integer n, as |n / 2^31|: a number in [0, 1]. FeatBit and
// featureflag.co compare it with the ends of a rollout.
//
// It is not crypto/md5: that one has to be given one slice, which costs an allocation for long keys, and refuses to work
// in a program that is restricted to FIPS 140 algorithms, although nothing here is a secret.
func MD5Fraction(first, second, third string) float64 {
	h := md5{state: initial}
	if length := len(first) + len(second) + len(third); length < lengthAt { // one block, nearly always
		n := copy(h.block[:], first)
		n += copy(h.block[n:], second)
		n += copy(h.block[n:], third)
		h.block[n] = 0x80
		binary.LittleEndian.PutUint64(h.block[lengthAt:], uint64(length)*8)
		h.compress()
		return fraction(h.state[0])
	}
	h.write(first)
	h.write(second)
	h.write(third)
	return fraction(h.finish())
}

// MD5FractionBase64 is MD5Fraction of the standard Base64 text of the bytes of text, which it does not build as a whole.
func MD5FractionBase64(text string) float64 {
	h := md5{state: initial}
	var encoded [64]byte
	const chunk = len(encoded) / 4 * 3
	for b := unsafe.Slice(unsafe.StringData(text), len(text)); len(b) > 0; {
		n := min(len(b), chunk)
		base64.StdEncoding.Encode(encoded[:], b[:n])
		h.write(unsafe.String(&encoded[0], base64.StdEncoding.EncodedLen(n)))
		b = b[n:]
	}
	return fraction(h.finish())
}

// initial is the state before the first block.
var initial = [4]uint32{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}

// lengthAt is where the last block holds the length.
const lengthAt = 56

func fraction(word uint32) float64 {
	n := int32(word) //nolint:gosec // the sign bit is meant
	if n < 0 {
		return -float64(n) / (1 << 31)
	}
	return float64(n) / (1 << 31)
}

type md5 struct {
	state  [4]uint32
	block  [64]byte
	filled int
	length uint64 // of the message, in bytes
}

func (h *md5) write(s string) {
	h.length += uint64(len(s))
	for s != "" {
		n := copy(h.block[h.filled:], s)
		h.filled += n
		s = s[n:]
		if h.filled == len(h.block) {
			h.compress()
			h.filled = 0
		}
	}
}

// finish pads the message and returns the first word of the digest, as a little-endian integer.
func (h *md5) finish() uint32 {
	h.block[h.filled] = 0x80
	clear(h.block[h.filled+1:])
	if h.filled >= lengthAt {
		h.compress()
		clear(h.block[:])
	}
	binary.LittleEndian.PutUint64(h.block[lengthAt:], h.length*8)
	h.compress()
	return h.state[0]
}

// compress takes in one block: the 64 steps of RFC 1321, unrolled, and summed so that what
// the step before yields comes last.
func (h *md5) compress() {
	var x [16]uint32
	for i := range x {
		x[i] = binary.LittleEndian.Uint32(h.block[4*i:])
	}
	a, b, c, d := h.state[0], h.state[1], h.state[2], h.state[3]
	a = b + bits.RotateLeft32(a+x[0]+0xd76aa478+(((c^d)&b)^d), 7)
	d = a + bits.RotateLeft32(d+x[1]+0xe8c7b756+(((b^c)&a)^c), 12)
	c = d + bits.RotateLeft32(c+x[2]+0x242070db+(((a^b)&d)^b), 17)
	b = c + bits.RotateLeft32(b+x[3]+0xc1bdceee+(((d^a)&c)^a), 22)
	a = b + bits.RotateLeft32(a+x[4]+0xf57c0faf+(((c^d)&b)^d), 7)
	d = a + bits.RotateLeft32(d+x[5]+0x4787c62a+(((b^c)&a)^c), 12)
	c = d + bits.RotateLeft32(c+x[6]+0xa8304613+(((a^b)&d)^b), 17)
	b = c + bits.RotateLeft32(b+x[7]+0xfd469501+(((d^a)&c)^a), 22)
	a = b + bits.RotateLeft32(a+x[8]+0x698098d8+(((c^d)&b)^d), 7)
	d = a + bits.RotateLeft32(d+x[9]+0x8b44f7af+(((b^c)&a)^c), 12)
	c = d + bits.RotateLeft32(c+x[10]+0xffff5bb1+(((a^b)&d)^b), 17)
	b = c + bits.RotateLeft32(b+x[11]+0x895cd7be+(((d^a)&c)^a), 22)
	a = b + bits.RotateLeft32(a+x[12]+0x6b901122+(((c^d)&b)^d), 7)
	d = a + bits.RotateLeft32(d+x[13]+0xfd987193+(((b^c)&a)^c), 12)
	c = d + bits.RotateLeft32(c+x[14]+0xa679438e+(((a^b)&d)^b), 17)
	b = c + bits.RotateLeft32(b+x[15]+0x49b40821+(((d^a)&c)^a), 22)
	a = b + bits.RotateLeft32(a+x[1]+0xf61e2562+(^d&c)+(d&b), 5)
	d = a + bits.RotateLeft32(d+x[6]+0xc040b340+(^c&b)+(c&a), 9)
	c = d + bits.RotateLeft32(c+x[11]+0x265e5a51+(^b&a)+(b&d), 14)
	b = c + bits.RotateLeft32(b+x[0]+0xe9b6c7aa+(^a&d)+(a&c), 20)
	a = b + bits.RotateLeft32(a+x[5]+0xd62f105d+(^d&c)+(d&b), 5)
	d = a + bits.RotateLeft32(d+x[10]+0x02441453+(^c&b)+(c&a), 9)
	c = d + bits.RotateLeft32(c+x[15]+0xd8a1e681+(^b&a)+(b&d), 14)
	b = c + bits.RotateLeft32(b+x[4]+0xe7d3fbc8+(^a&d)+(a&c), 20)
	a = b + bits.RotateLeft32(a+x[9]+0x21e1cde6+(^d&c)+(d&b), 5)
	d = a + bits.RotateLeft32(d+x[14]+0xc33707d6+(^c&b)+(c&a), 9)
	c = d + bits.RotateLeft32(c+x[3]+0xf4d50d87+(^b&a)+(b&d), 14)
	b = c + bits.RotateLeft32(b+x[8]+0x455a14ed+(^a&d)+(a&c), 20)
	a = b + bits.RotateLeft32(a+x[13]+0xa9e3e905+(^d&c)+(d&b), 5)
	d = a + bits.RotateLeft32(d+x[2]+0xfcefa3f8+(^c&b)+(c&a), 9)
	c = d + bits.RotateLeft32(c+x[7]+0x676f02d9+(^b&a)+(b&d), 14)
	b = c + bits.RotateLeft32(b+x[12]+0x8d2a4c8a+(^a&d)+(a&c), 20)
	a = b + bits.RotateLeft32(a+x[5]+0xfffa3942+(b^(c^d)), 4)
	d = a + bits.RotateLeft32(d+x[8]+0x8771f681+(a^(b^c)), 11)
	c = d + bits.RotateLeft32(c+x[11]+0x6d9d6122+(d^(a^b)), 16)
	b = c + bits.RotateLeft32(b+x[14]+0xfde5380c+(c^(d^a)), 23)
	a = b + bits.RotateLeft32(a+x[1]+0xa4beea44+(b^(c^d)), 4)
	d = a + bits.RotateLeft32(d+x[4]+0x4bdecfa9+(a^(b^c)), 11)
	c = d + bits.RotateLeft32(c+x[7]+0xf6bb4b60+(d^(a^b)), 16)
	b = c + bits.RotateLeft32(b+x[10]+0xbebfbc70+(c^(d^a)), 23)
	a = b + bits.RotateLeft32(a+x[13]+0x289b7ec6+(b^(c^d)), 4)
	d = a + bits.RotateLeft32(d+x[0]+0xeaa127fa+(a^(b^c)), 11)
	c = d + bits.RotateLeft32(c+x[3]+0xd4ef3085+(d^(a^b)), 16)
	b = c + bits.RotateLeft32(b+x[6]+0x04881d05+(c^(d^a)), 23)
	a = b + bits.RotateLeft32(a+x[9]+0xd9d4d039+(b^(c^d)), 4)
	d = a + bits.RotateLeft32(d+x[12]+0xe6db99e5+(a^(b^c)), 11)
	c = d + bits.RotateLeft32(c+x[15]+0x1fa27cf8+(d^(a^b)), 16)
	b = c + bits.RotateLeft32(b+x[2]+0xc4ac5665+(c^(d^a)), 23)
	a = b + bits.RotateLeft32(a+x[0]+0xf4292244+(c^(b|^d)), 6)
	d = a + bits.RotateLeft32(d+x[7]+0x432aff97+(b^(a|^c)), 10)
	c = d + bits.RotateLeft32(c+x[14]+0xab9423a7+(a^(d|^b)), 15)
	b = c + bits.RotateLeft32(b+x[5]+0xfc93a039+(d^(c|^a)), 21)
	a = b + bits.RotateLeft32(a+x[12]+0x655b59c3+(c^(b|^d)), 6)
	d = a + bits.RotateLeft32(d+x[3]+0x8f0ccc92+(b^(a|^c)), 10)
	c = d + bits.RotateLeft32(c+x[10]+0xffeff47d+(a^(d|^b)), 15)
	b = c + bits.RotateLeft32(b+x[1]+0x85845dd1+(d^(c|^a)), 21)
	a = b + bits.RotateLeft32(a+x[8]+0x6fa87e4f+(c^(b|^d)), 6)
	d = a + bits.RotateLeft32(d+x[15]+0xfe2ce6e0+(b^(a|^c)), 10)
	c = d + bits.RotateLeft32(c+x[6]+0xa3014314+(a^(d|^b)), 15)
	b = c + bits.RotateLeft32(b+x[13]+0x4e0811a1+(d^(c|^a)), 21)
	a = b + bits.RotateLeft32(a+x[4]+0xf7537e82+(c^(b|^d)), 6)
	d = a + bits.RotateLeft32(d+x[11]+0xbd3af235+(b^(a|^c)), 10)
	c = d + bits.RotateLeft32(c+x[2]+0x2ad7d2bb+(a^(d|^b)), 15)
	b = c + bits.RotateLeft32(b+x[9]+0xeb86d391+(d^(c|^a)), 21)
	h.state[0] += a
	h.state[1] += b
	h.state[2] += c
	h.state[3] += d
}
