//go:build !unix

package regular

// doNotWait is nothing here: opening does not wait.
const doNotWait = 0
