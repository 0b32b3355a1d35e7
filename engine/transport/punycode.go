package transport

import (
	"strings"
	"unicode/utf8"
)

// longestName is more bytes than the letters of any name in DNS take.
const longestName = 1024

// asciiHost returns a name in lower case as it stands in DNS: labels with other letters than ASCII in Punycode (RFC 3492)
// behind "xn--". Names are taken as they are, without the mappings of IDNA but the ideographic full stop: what is compared
// here was typed by the same people, and the connection is made by net/http with its own, complete tables.
func asciiHost(name string) string {
	if isASCII(name) || len(name) > longestName || !utf8.ValidString(name) {
		return name
	}
	labels := strings.Split(strings.ReplaceAll(name, "。", "."), ".")
	for i, label := range labels {
		if !isASCII(label) {
			labels[i] = "xn--" + punycode(label)
		}
	}
	return strings.Join(labels, ".")
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Parameters of RFC 3492, section 5.
const (
	punyBase        = 36
	punyMin         = 1
	punyMax         = 26
	punySkew        = 38
	punyDamp        = 700
	punyFirstBias   = 72
	punyFirstLetter = 128
)

// punycode lists the ASCII letters, and then for every other letter, in the order of the alphabet, how many positions lie
// between it and the one before.
func punycode(label string) string {
	letters := []rune(label)
	var out []byte
	for _, letter := range letters {
		if letter < utf8.RuneSelf {
			out = append(out, byte(letter))
		}
	}
	ascii := len(out)
	if ascii > 0 {
		out = append(out, '-')
	}
	distance, bias := 0, punyFirstBias
	for current, done := rune(punyFirstLetter), ascii; done < len(letters); current++ {
		next := rune(utf8.MaxRune)
		for _, letter := range letters {
			if letter >= current {
				next = min(next, letter)
			}
		}
		distance += int(next-current) * (done + 1)
		current = next
		for _, letter := range letters {
			if letter < current {
				distance++
			}
			if letter == current {
				out = appendPunyNumber(out, distance, bias)
				bias = punyAdapt(distance, done+1, done == ascii)
				distance = 0
				done++
			}
		}
		distance++
	}
	return string(out)
}

// appendPunyNumber writes a number with the least digit first; how large a digit may be depends on its place and on bias.
func appendPunyNumber(out []byte, number, bias int) []byte {
	const digits = "abcdefghijklmnopqrstuvwxyz0123456789"
	for place := punyBase; ; place += punyBase {
		least := min(max(place-bias, punyMin), punyMax)
		if number < least {
			return append(out, digits[number])
		}
		number -= least
		out = append(out, digits[least+number%(punyBase-least)])
		number /= punyBase - least
	}
}

func punyAdapt(distance, count int, first bool) int {
	if first {
		distance /= punyDamp
	} else {
		distance /= 2
	}
	distance += distance / count
	bias := 0
	for ; distance > (punyBase-punyMin)*punyMax/2; bias += punyBase {
		distance /= punyBase - punyMin
	}
	return bias + (punyBase-punyMin+1)*distance/(distance+punySkew)
}
