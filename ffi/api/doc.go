// Package api is the C ABI of include/burgee.h without C: text in, text out, and the table of handles. Package main
// beside it adds the conversion of addresses to slices, and nothing else.
//
// Its callers own the memory: requests are read in place, replies are appended to a buffer that the caller brings.
// Every method recovers panics, because a panic that reaches C ends the host process.
package api
