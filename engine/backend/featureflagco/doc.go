// Package featureflagco evaluates the flags of featureflag.co, the forerunner of FeatBit, as its server-side SDK for Python
// does, and tells the server what was evaluated. How it reaches the server is in datasync/connect.
//
// Reference: ffc-server-python-sdk 1.1.0 on CPython 3.11. The service itself is no longer there.
//
// Different on purpose:
//   - Every item of a patch is stored if it is newer than its own copy; the SDK stores only the first one.
//   - A prerequisite is read under the name that the platform sends (valueOptionsVariationValue) as well as under the one
//     that the SDK reads (ValueOptionsVariationValue), on which flags with prerequisites fail there.
//   - A flag that serves nothing answers "error in evaluation"; the SDK raises AttributeError at the caller.
//   - User keys may hold any characters: their UTF-8 bytes are hashed, which for ASCII is the same.
//   - The one user in 4.3 billion whose hash is exactly 1 is served by a range that ends at 1 or later.
//   - A default comes back as it was given; the SDK replaces every falsy one by a text.
//   - Metrics whose value is no number are refused.
//   - A regular expression that needs backtracking is given up after 50 ms, which is an error in evaluation.
//   - Segments and prerequisites that lead in a circle, or through more than 32, end: a segment does not match, a
//     prerequisite is an error in evaluation, as the SDK's endless recursion is.
//   - Without env_secret, which a local file does not need, or with one that names no environment, a flag is found by what
//     follows the environment in its id.
//   - A server that refuses the websocket's handshake, or whose name is not found, is asked again; the SDK gives up.
//   - A connection that ends for good leaves the flags that are held in use, and an empty environment is ready.
//   - Events are sent again until the server has them or refuses them, and before the client is closed. The SDK makes up to
//     10,001 attempts, and loses what is waiting when it stops.
//   - What is said of data, connection and events in the package featbit.
//
// Kept, although one would not have written it so: all flags put a user in the same place of a rollout; a rule without
// clauses never matches; empty texts never match, so that the negated operators do; booleans are no attributes.
package featureflagco
