// Package transport fetches over HTTP for every backend: TLS, proxies, retries, limits and back-off. It knows no vendor;
// addresses, headers and policies are handed in.
//
// Dependencies: hashicorp/go-retryablehttp runs the retry loop; golang.org/x/net/http/httpproxy decides which proxy a
// host gets, from values that were handed in, because a Go library inside another process does not see environment
// variables that were set after it was loaded; golang.org/x/net/http/httpguts says what may stand in a header.
package transport
