package predicate

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const inlineFlags = "aiLmsux"

// globalFlags reads (?...) at the start of the pattern, the only place where it may stand.
func (t *translation) globalFlags() error {
	for strings.HasPrefix(t.rest(), "(?") {
		end := 2
		for end < len(t.rest()) && strings.IndexByte(inlineFlags, t.rest()[end]) >= 0 {
			end++
		}
		if end == 2 || end == len(t.rest()) || t.rest()[end] != ')' {
			return nil
		}
		emitted, err := t.setFlags(&t.groups[0], t.rest()[2:end], true)
		if err != nil {
			return err
		}
		if emitted != "" {
			t.both("(?" + emitted + ")")
		}
		t.at += end + 1
	}
	return nil
}

// setFlags turns the flags on or off in g, and returns those that the other syntaxes have to be told.
func (t *translation) setFlags(g *group, flags string, on bool) (emitted string, err error) {
	for _, flag := range flags {
		switch flag {
		case 'i':
			emitted = "i"
		case 'm':
			g.multiline = on
		case 's':
			g.dotAll = on
		case 'x':
			g.verbose = on
		case 'a':
			g.ascii = on
		case 'u':
			g.ascii = false
		default:
			return "", patternError("has the flag " + string(flag) + ", which text cannot have")
		}
	}
	return emitted, nil
}

// open reads an opening bracket with what follows it.
func (t *translation) open() error {
	if !t.skip("?") {
		t.capture("")
		return nil
	}
	switch {
	case t.skip(":"):
		t.push("(?:", "(?:", false)
	case t.skip("P<"):
		name, err := t.name('>')
		if err != nil {
			return err
		}
		if _, known := t.names[name]; known {
			return patternError("has two groups called " + name)
		}
		t.capture(name)
	case t.skip("P="):
		name, err := t.name(')')
		if err != nil {
			return err
		}
		return t.backReference(t.names[name])
	case t.skip("="):
		t.push("(?:", "(?=", true)
	case t.skip("!"):
		t.push("(?:", "(?!", true)
	case t.skip("<="):
		t.push("(?:", "(?<=", true)
	case t.skip("<!"):
		t.push("(?:", "(?<!", true)
	case t.skip(">"):
		t.push("(?:", "(?>", false)
		t.backtracking = true
	case t.skip("("):
		return t.conditional()
	case t.skip("#"):
		end := strings.IndexByte(t.rest(), ')')
		if end < 0 {
			return patternError("has an unclosed comment")
		}
		t.at += end + 1
	default:
		return t.scopedFlags()
	}
	return nil
}

// push enters a group.
func (t *translation) push(linear, dotnet string, lookaround bool) {
	if lookaround {
		t.backtracking = true
	} else {
		t.consumes()
	}
	inner := *t.top()
	inner.atEnd, inner.anyAtEnd = false, false
	t.groups = append(t.groups, inner)
	t.emit(linear, dotnet)
	t.last = atomNone
}

func (t *translation) capture(name string) {
	t.captures++
	if name != "" {
		t.names[name] = t.captures
	}
	t.push("(?:", "(?<"+strconv.Itoa(t.captures)+">", false)
}

func (t *translation) close() error {
	if len(t.groups) == 1 {
		return patternError("has a closing bracket too many")
	}
	inner := *t.top()
	t.groups = t.groups[:len(t.groups)-1]
	t.both(")")
	if outer := t.top(); inner.atEnd || inner.anyAtEnd {
		outer.atEnd = true
	}
	t.last = atomOther
	return nil
}

// conditional reads (?(group)yes|no).
func (t *translation) conditional() error {
	name, err := t.rawName(')')
	if err != nil {
		return err
	}
	n, numbered := strconv.Atoi(name)
	if numbered != nil {
		n = t.names[name]
	}
	if n < 1 || n > t.captures {
		return patternError("refers to the group " + name + ", which does not exist there")
	}
	t.push("(?:", "(?("+strconv.Itoa(n)+")", false)
	t.backtracking = true
	return nil
}

// scopedFlags reads (?flags-flags: ...).
func (t *translation) scopedFlags() error {
	end := strings.IndexByte(t.rest(), ':')
	if end < 0 {
		return patternError("has an unknown kind of group")
	}
	on, off, _ := strings.Cut(t.rest()[:end], "-")
	if strings.Trim(on, inlineFlags) != "" || strings.Trim(off, "imsx") != "" || on+off == "" {
		return patternError("has an unknown kind of group")
	}
	scoped := *t.top()
	enabled, err := t.setFlags(&scoped, on, true)
	if err != nil {
		return err
	}
	disabled, err := t.setFlags(&scoped, off, false)
	if err != nil {
		return err
	}
	t.at += end + 1
	opening := "(?" + enabled
	if disabled != "" {
		opening += "-" + disabled
	}
	t.push(opening+":", opening+":", false)
	g := t.top()
	g.verbose, g.ascii, g.multiline, g.dotAll = scoped.verbose, scoped.ascii, scoped.multiline, scoped.dotAll
	return nil
}

// name reads an identifier up to end.
func (t *translation) name(end byte) (string, error) {
	name, err := t.rawName(end)
	if err != nil {
		return "", err
	}
	for i, r := range name {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return "", patternError("has the bad group name " + strconv.Quote(name))
		}
	}
	return name, nil
}

func (t *translation) rawName(end byte) (string, error) {
	length := strings.IndexByte(t.rest(), end)
	if length < 1 {
		return "", patternError("has a group without a name")
	}
	name := t.rest()[:length]
	t.at += length + 1
	return name, nil
}

// class reads a class of characters, after its opening bracket.
func (t *translation) class() error {
	opening := "["
	if t.skip("^") {
		opening = "[^"
	}
	t.both(opening)
	for first := true; ; first = false {
		if t.at == len(t.in) {
			return patternError("has an unclosed class of characters")
		}
		if !first && t.skip("]") {
			t.both("]")
			return nil
		}
		low, isSet, err := t.classItem()
		if err != nil {
			return err
		}
		if !strings.HasPrefix(t.rest(), "-") || strings.HasPrefix(t.rest(), "-]") || len(t.rest()) < 2 {
			if !isSet {
				t.both(quoteInClass(low))
			}
			continue
		}
		t.at++
		high, highIsSet, err := t.classItem()
		if err != nil {
			return err
		}
		if isSet || highIsSet || high < low {
			return patternError("has a bad range of characters")
		}
		t.both(quoteInClass(low) + "-" + quoteInClass(high))
	}
}

// classItem reads one character of a class, or writes a set such as \d.
func (t *translation) classItem() (char rune, isSet bool, err error) {
	r := t.next()
	if r != '\\' {
		return r, false, nil
	}
	if t.at == len(t.in) {
		return 0, false, patternError("ends in a backslash")
	}
	switch r, size := utf8.DecodeRuneInString(t.rest()); {
	case r == 'd' || r == 's' || r == 'w':
		t.at += size
		t.both(t.named(r))
		return 0, true, nil
	case r == 'D':
		t.at += size
		if t.top().ascii {
			t.both("\x00-/:-\U0010FFFF")
		} else {
			t.both(`\P{Nd}`)
		}
		return 0, true, nil
	case r == 'S' || r == 'W':
		t.at += size
		t.backtracking = true // Go has no complement within a class
		t.dotnet.WriteString(`\` + string(r))
		return 0, true, nil
	case r == 'b':
		t.at += size
		return '\b', false, nil
	case r >= '1' && r <= '7':
		length := 1
		for length < 3 && length < len(t.rest()) && octal(t.rest()[length:length+1]) {
			length++
		}
		n, _ := strconv.ParseUint(t.rest()[:length], 8, 16)
		t.at += length
		return rune(n), false, nil //nolint:gosec // three octal digits
	}
	char, err = t.character()
	return char, false, err
}

func quoteInClass(r rune) string {
	switch r {
	case '\\', ']', '[', '^', '-', '&', '~':
		return `\` + string(r)
	}
	return string(r)
}
