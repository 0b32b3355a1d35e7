package datasync

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// letters stand for the digits 0 to 9 in a token.
const letters = "QBWSPHDXZU"

// Token makes the connection token of the moment nowMs (Unix milliseconds) from the environment's secret. random is a
// number in [0, 1) that is drawn for each token: it says where in the secret the time is put.
func Token(secret string, nowMs int64, random float64) string {
	text := []rune(strings.TrimRight(secret, "="))
	start := max(int(random*float64(len(text))), 2)
	head := min(start, len(text))
	stamp := strconv.FormatInt(nowMs, 10)

	var b strings.Builder
	encode(&b, strconv.Itoa(start), 3)
	encode(&b, strconv.Itoa(len(stamp)), 2)
	b.WriteString(string(text[:head]))
	encode(&b, stamp, len(stamp))
	b.WriteString(string(text[head:]))
	return b.String()
}

// encode writes digits in letters, as exactly width of them: the last ones, or with zeros before.
func encode(b *strings.Builder, digits string, width int) {
	for range width - len(digits) {
		b.WriteByte(letters[0])
	}
	for _, d := range []byte(digits[max(0, len(digits)-width):]) {
		b.WriteByte(letters[d-'0'])
	}
}

// Decoded is a token as a server reads it.
type Decoded struct {
	Position      int // where in the secret the time stood
	ContentLength int // of the time, in digits
	Timestamp     int64
	Secret        string // padded to a multiple of four; empty unless it has the length of a platform's secret
	Valid         bool
}

// secretLength is the length of every secret that the platform hands out, with its padding.
const secretLength = 44

// DecodeToken reads a token by the server's rules. It checks neither the time nor who the secret belongs to.
func DecodeToken(token string) Decoded {
	const header = 5
	if len(token) < header {
		return Decoded{}
	}
	position, ok1 := decode(token[:3])
	length, ok2 := decode(token[3:header])
	content := token[header:]
	if !ok1 || !ok2 || position > 255 || int(position+length) > len(content) {
		return Decoded{}
	}
	stamp, ok := decode(content[position : position+length])
	if !ok {
		return Decoded{}
	}
	d := Decoded{Position: int(position), ContentLength: int(length), Timestamp: stamp}
	secret := content[:position] + content[position+length:]
	if missing := len(secret) % 4; missing != 0 {
		secret += strings.Repeat("=", 4-missing)
	}
	if len(secret) == secretLength && utf8.ValidString(secret) {
		d.Secret, d.Valid = secret, true
	}
	return d
}

// decode reads a number in letters of at most 18 digits; no letters are 0.
func decode(text string) (int64, bool) {
	var n int64
	for i := range len(text) {
		digit := strings.IndexByte(letters, text[i])
		if digit < 0 || i >= 18 {
			return 0, false
		}
		n = n*10 + int64(digit)
	}
	return n, true
}
