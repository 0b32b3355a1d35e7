//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package source

// advise has nothing to ask for: these systems choose the size of pages themselves.
func advise([]byte) {}
