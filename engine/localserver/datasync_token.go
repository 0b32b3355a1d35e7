package localserver

import (
	"net/url"
	"slices"
	"strings"

	"github.com/burgee-flags/burgee/engine/backend/datasync"
)

// tokenTolerance is how old a token may be by the server's clock, or how far in the future, in milliseconds.
const tokenTolerance = 30_000

// tokenProblem says why a handshake with the query is refused; empty: it is not. Clients are only told 4003.
func (d *dataSync) tokenProblem(query url.Values) string {
	if kind := query.Get("type"); kind != "server" {
		return "the type is " + jsonText(kind) + ", not \"server\""
	}
	if version := query.Get("version"); !slices.Contains([]string{"", "1", "2"}, version) {
		return "the version " + jsonText(version) + " is none of 1 and 2"
	}
	// No client escapes the token: a plus sign of Base64 arrives as a space.
	token := strings.ReplaceAll(query.Get("token"), " ", "+")
	read := datasync.DecodeToken(token)
	if read.Timestamp == 0 || (d.dialect.strictToken && !read.Valid) {
		return "the token " + jsonText(token) + " cannot be read"
	}
	if age := d.now() - read.Timestamp; age > tokenTolerance || age < -tokenTolerance {
		return "the token is more than 30 s older or newer than the server's clock"
	}
	const header = 5
	secret := token[header:][:read.Position] + token[header:][read.Position+read.ContentLength:]
	if strings.TrimRight(secret, "=") != strings.TrimRight(*d.secret.Load(), "=") {
		return "the token has another secret"
	}
	return ""
}
