// Package featbit evaluates the flags of a FeatBit server as FeatBit's own server-side SDK for Python does, and tells the
// server what was evaluated. How it reaches the server is in datasync/connect.
//
// Reference: fb-python-sdk 1.1.7 on CPython 3.11, compared with @featbit/node-server-sdk 1.3.0; platform 5.4.2.
//
// Different on purpose, in evaluation:
//   - A flag that serves nothing answers "error in evaluation"; the SDK raises AttributeError at the caller.
//   - The one user in 4.3 billion whose hash is exactly 1 is served by a range that ends at 1 or later.
//   - A user needs a key but no name, as in FeatBit's other SDKs; the Python package asks for the name.
//   - A regular expression that needs backtracking is given up after 50 ms, which is an error in evaluation. Look-behind
//     may have any width. \N{...} and possessive repetition are not understood.
//   - Segments that test each other in a circle do not match, and neither do chains of more than 32.
//
// In data:
//   - Whether an item of a patch is newer is judged by its own copy, not by the newest item of all: the SDK loses the
//     second of two items with one time, and segments that arrive with a newer flag.
//   - An item of the server that lacks its identity is left out and reported; the SDK silently drops the whole message.
//   - Archived flags, and those that are gone, are announced, and what follows an archived one in a message too. Items that
//     are not taken are not announced.
//   - The server is asked from the time of the newest item cut to milliseconds, as it compares itself; the SDK rounds, and
//     may then miss an item that changed in the same millisecond.
//
// In the connection:
//   - A token that is refused (close code 4003) ends it as in the SDK, but the client is not ready then, and the error says
//     whether the clock is to blame.
//   - A connection on which three pings in a row bring no byte is replaced; the SDK never notices.
//   - http and https addresses of the websocket stand for ws and wss; addresses that can lead nowhere are refused at once.
//
// In events:
//   - They are sent again until the server has them or refuses them, and what it refuses is found in its batch; the SDK
//     tries twice and drops the batch without a word. Other statuses of success than 200 are success.
//   - Metrics whose value is no number are refused; they would destroy the batch they travel in.
//
// Kept, although one would not have written it so: booleans are the texts True and False; a rule without conditions holds
// for everybody; a matched rule that serves nothing leads to the fallthrough; an invalid regular expression is an error in a
// flag but only false in a segment; text that is not JSON ends the connection for good; a full message that is not newer
// than what is held changes nothing.
package featbit
