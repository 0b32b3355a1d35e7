// Package datasync is the protocol that FeatBit inherited from featureflag.co and that both speak alike: the connection
// token, the frames, the rule by which an item replaces an older one, and reading an item whose members may be anything.
// What an item means is the business of each backend.
package datasync
