// Package localserver is a flag vendor's server on 127.0.0.1, for tests and for trying things out. It answers from a flag
// file or from documents set by the test, records every request, and misbehaves when told to.
//
// It speaks Flipt as the servers v2 (2026) and v1.61 do. Another vendor is another file with its endpoints, one more line
// in Start, and no change elsewhere.
//
// The package is no part of the library: it logs, listens and writes certificates, and nothing in the library imports it.
package localserver
