// Package featbit evaluates the flags of a FeatBit server as FeatBit's own server-side SDK for Python does.
//
// Reference: fb-python-sdk 1.1.7 on CPython 3.11, compared with @featbit/node-server-sdk 1.3.0; platform 5.4.2.
//
// Different on purpose:
//   - Whether an item of a patch is newer is judged by its own copy, not by the newest item of all: the SDK loses the
//     second of two items with one time, and segments that arrive with a newer flag.
//   - A flag that serves nothing answers "error in evaluation"; the SDK raises AttributeError at the caller.
//   - The one user in 4.3 billion whose hash is exactly 1 is served by a range that ends at 1 or later.
//   - Metrics whose value is no number are refused; they would destroy the batch they travel in.
//   - A user needs a key but no name, as in FeatBit's other SDKs; the Python package asks for the name.
//   - A regular expression that needs backtracking is given up after 50 ms, which is an error in evaluation. Look-behind
//     may have any width. \N{...} and possessive repetition are not understood.
//   - Segments that test each other in a circle do not match, and neither do chains of more than 32.
//
// Kept, although one would not have written it so: booleans are the texts True and False; a rule without conditions holds
// for everybody; a matched rule that serves nothing leads to the fallthrough; an invalid regular expression is an error in a
// flag but only false in a segment; a message in which one item lacks its identity is refused as a whole.
package featbit
