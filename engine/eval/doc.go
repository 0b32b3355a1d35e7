// Package eval is the vocabulary that every other package shares: evaluation context, value, outcome, reason, error
// code, rule set, trace. It imports nothing of ours. The words are OpenFeature's.
package eval
