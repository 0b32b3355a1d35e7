package transport

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"golang.org/x/net/http/httpguts"
)

func TestHeadersAreCheckedAsInTheStandardLibrary(t *testing.T) {
	for c := range 256 {
		for _, text := range []string{string([]byte{byte(c)}), string([]byte{'a', byte(c), 'b'})} {
			assert.Equal(t, httpguts.ValidHeaderFieldName(text), validHeaderName(text), "name %q", text)
			assert.Equal(t, httpguts.ValidHeaderFieldValue(text), ValidHeaderValue(text), "value %q", text)
		}
	}
	assert.False(t, validHeaderName(""))
	assert.True(t, ValidHeaderValue(""))
}
