// Package engine wires sources, compilers and evaluation into a client. It is the only package that knows all the
// others; DESIGN.md beside this file shows how they fit together.
package engine
