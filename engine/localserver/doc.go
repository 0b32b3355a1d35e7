// Package localserver is a flag vendor's server on 127.0.0.1, for tests and for trying things out. It answers from a flag
// file or from documents set by the test, records every request, and misbehaves when told to.
//
// It speaks Flipt as the servers v2 (2026) and v1.61 do, FeatBit as the evaluation server 5.4 does, and featureflag.co as
// its clients expect: that vendor's server is gone, so what its clients do not show is taken from FeatBit, its successor.
// AB Tasty Flagship is its four services on one address, and decides by our own engine with the rules of its decision API.
// Another vendor is another implementation of the interface vendor, one more line in chooseVendor, and no change elsewhere.
//
// A test in Go calls StartTest with Options and steers the Server by its methods. A test in another language runs
// burgee-local-server and steers it over the endpoints of Control.
//
// The package is no part of the library: it logs, listens and writes certificates, and nothing in the library imports it.
package localserver
