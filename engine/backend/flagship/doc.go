// Package flagship decides the flags of AB Tasty Flagship: locally, from the environment file that the vendor's network
// delivers (bucketing.json), for one flag (Resolve) or for a visitor as a whole (Decide). It also reads and writes what the
// vendor's SDKs exchange with the decision API, the host's visitor cache and each other, without doing it: package
// visitor, which keeps visitors, calls it.
//
// Reference: for decisions @flagship.io/js-sdk 5.1.6, whatever the language of the host, with the semver operators as
// flagship-common 0.0.21 has them, which is what the decision API runs. The rules of the Python SDK (flagship 3.0.0) and of
// flagship-common can be chosen by the option targeting. The id of a visitor is hashed as the SDK of the host's language
// does it, so that nobody gets another variation than before. What is sent, stored and read back is that of js-sdk 5.2.0
// and of flagship 3.0.0.
//
// Different on purpose:
//   - A campaign that makes no sense is left out, with a warning; the SDKs lose all flags of every visitor.
//   - An allocation that is no number counts as 0.
//   - What js-sdk 5.2.0 alone does with context keys that a visitor lacks is not reproduced.
//   - An answer of the decision API that cannot be read leaves the flags as they were, and one campaign of it that makes no
//     sense does not take the others along. The type of modifications may be missing.
//   - Serialised flags survive any text: characters above U+007F are escaped before they are written in hexadecimal.
//   - Values that Python takes for false are kept in its visitor records, which hold null instead.
//   - A record of the visitor cache may have the form of the other SDK.
//   - Predefined context keys have the types that both references give them: version codes are numbers or texts, positions
//     may be whole numbers, a device type is a text, in Python too.
//   - A hit's value may be 0, an amount may be a text that is a number, the category of a Python event may be its text.
//   - Activations go to the address that decisions come from; base addresses may end with a slash or not, and ids are
//     escaped in them.
//   - A file without the header Last-Modified is taken; an ETag is sent back as well as the date. Intervals are seconds.
//   - Requests that can never succeed (400, 413, 422) are cut in two until only what is wrong is lost.
//
// Kept, although one would not have written it so: a variation that a visitor had and that is gone is not replaced by
// another one; the later of two campaigns wins a flag even with null; a visitor whom the first matching variation group
// gives nothing is not offered the next one; hidden members such as bucketRanges and enabled1V1T are ignored.
//
// The rules of the decision API are those of its library. What the service does around it is not among them: ranges of
// buckets of a campaign, one test for each visitor, and attributes of other vendors, which no visitor has here.
package flagship
