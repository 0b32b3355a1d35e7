// Package flipt evaluates the flags of a Flipt server (v1.38 and later, v2) as Flipt's own client-side engine does.
//
// Reference: flipt-engine-ffi 0.21.2 with flipt-evaluation 0.4.0, which the Python wrapper flipt-client 1.4.3 loads.
//
// Different on purpose:
//   - A flag that makes no sense hurts only itself; that engine refuses the whole document.
//   - A flag without a name is accepted, as the server accepts it; nothing reads the name.
//   - The lists of isoneof and isnotoneof may hold escapes.
//   - Segment keys are reported in ascending order.
//   - The ETag counts only after the document was understood, streams back off before they reconnect, blank lines of a
//     stream are skipped, and one request is made at the start instead of two.
//   - Rules that a v1 server repeats once for each segment are taken once.
//   - Options that cannot be understood are errors; that engine silently connects to localhost instead.
//   - An empty client knows its own namespace, not always "default".
//   - In a batch a broken flag is one error entry, and does not fail the others.
//   - Namespace, environment and reference are escaped in URLs; answers may be gzipped; Retry-After is respected; the
//     certificates that are trusted are those of the operating system; a server that never answers is given up after a
//     while even without request_timeout.
//   - A PEM text without a certificate and half of a client certificate are errors; intervals may be fractions of seconds.
//   - The user agent is burgee.
package flipt
