package datasync

import "fmt"

// Problems collects what in an item does not work as written.
type Problems []string

// Add records a problem, and returns it.
func (p *Problems) Add(format string, args ...any) string {
	text := fmt.Sprintf(format, args...)
	*p = append(*p, text)
	return text
}

// Place is where in an item something stands. Its text is only needed when something is wrong there.
type Place struct {
	List  string // a single member when Index is -1
	Index int
	Inner string // the same within; empty for the whole
	At    int
}

// Member is the place of a member that is no list.
func Member(name string) Place { return Place{List: name, Index: -1} }

func (p Place) String() string {
	text := p.List
	if p.Index >= 0 {
		text += fmt.Sprintf("[%d]", p.Index)
	}
	if p.Inner == "" {
		return text
	}
	return fmt.Sprintf("%s.%s[%d]", text, p.Inner, p.At)
}
