// Package transport fetches over HTTP and opens websockets for every backend: TLS, proxies, retries, limits and back-off.
// It knows no vendor; addresses, headers and policies are handed in.
//
// It speaks HTTP/1.1 only, on purpose. A client has at most one request and one stream open, so that there is nothing to
// multiplex; load balancers are known to hold streams back over HTTP/2; and the code would be 5 % of the library.
//
// Which proxy a host gets is decided from values that were handed in, because a Go library inside another process does not
// see environment variables that were set after it was loaded. That decision and the check of headers are written here
// instead of taken from golang.org/x/net, which would bring a second copy of the tables for international names that
// net/http has already (0.2 MB); the tests compare the answers.
//
// Dependencies: hashicorp/go-retryablehttp runs the retry loop, coder/websocket reads and writes frames (the library with
// websockets is 0.17 MB larger).
package transport
