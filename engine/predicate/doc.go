// Package predicate holds tests on text that several vendors share bit for bit, because their clients are written in
// Python: what its float() reads, what its re.search() finds, what it takes for white space.
package predicate
