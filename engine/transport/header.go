package transport

import "strings"

// ValidHeaderValue says whether the text can be the value of a header: no control characters but the tab (RFC 9110,
// section 5.5; bytes above 127 pass).
func ValidHeaderValue(text string) bool {
	for i := range len(text) {
		if c := text[i]; c == 0x7f || c < ' ' && c != '\t' {
			return false
		}
	}
	return true
}

// validHeaderName says whether the text is a token (RFC 9110, section 5.6.2).
func validHeaderName(text string) bool {
	for i := range len(text) {
		c := text[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		digit := '0' <= c && c <= '9'
		if !letter && !digit && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return text != ""
}
