package bucket_test

import (
	stdmd5 "crypto/md5" //nolint:gosec // what we must agree with
	"encoding/base64"
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/bucket"
)

func TestMD5FractionAgreesWithTheStandardLibrary(t *testing.T) {
	text := strings.Repeat("überraschung-0123456789", 12)
	for n := range len(text) {
		sum := stdmd5.Sum([]byte(text[:n])) //nolint:gosec // see above
		want := math.Abs(float64(int32(binary.LittleEndian.Uint32(sum[:4]))) / -2147483648)
		for _, cut := range []int{0, n / 3, n / 2, n} {
			require.Equal(t, want, bucket.MD5Fraction(text[:cut], text[cut:n], ""), "%d bytes", n)
			require.Equal(t, want, bucket.MD5Fraction(text[:cut/2], text[cut/2:cut], text[cut:n]), "%d bytes", n)
		}
	}
}

func TestMD5FractionBase64HashesTheEncodedText(t *testing.T) {
	text := strings.Repeat("überraschung-0123456789", 12)
	for n := range len(text) {
		encoded := base64.StdEncoding.EncodeToString([]byte(text[:n]))
		require.Equal(t, bucket.MD5Fraction(encoded, "", ""), bucket.MD5FractionBase64(text[:n]), "%d bytes", n)
	}
	require.Zero(t, testing.AllocsPerRun(10, func() { bucket.MD5FractionBase64(text) }))
}

func BenchmarkMD5FractionNoAlloc(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		bucket.MD5Fraction("", "checkout-layout", "user-0123456789")
	}
}
