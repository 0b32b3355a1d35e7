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
package flipt
