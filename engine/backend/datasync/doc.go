// Package datasync is what FeatBit inherited from featureflag.co and both do alike: the connection token, the frames, how
// items replace each other, and of evaluation what is the same to the last bit: operators, ranges of rollouts, who is in a
// segment, how a decision is shown. What items mean, and what becomes of empty or absent texts, is the business of each
// backend.
package datasync
