package predicate

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// translation writes a Python pattern in the two syntaxes that can run it here: Go's, which has no look-around, and
// .NET's, in which capturing groups get their numbers explicitly, because there named groups are counted last.
type translation struct {
	in           string
	at           int
	linear       strings.Builder
	dotnet       strings.Builder
	backtracking bool
	groups       []group // open ones; the first is the whole pattern
	captures     int
	names        map[string]int
	last         atom
}

// group is what ends with its closing bracket.
type group struct {
	verbose, ascii, multiline, dotAll bool
	atEnd                             bool // the current alternative has passed a $
	anyAtEnd                          bool // one of the alternatives has
}

// atom is what the last token was, which decides whether it can be repeated.
type atom uint8

const (
	atomNone atom = iota
	atomAnchor
	atomRepeat
	atomOther
)

func translate(pattern string, ignoreCase bool) (*translation, error) {
	if !utf8.ValidString(pattern) {
		return nil, patternError("is not valid UTF-8")
	}
	t := &translation{in: pattern, groups: make([]group, 1, 8), names: map[string]int{}}
	if ignoreCase {
		t.both("(?i)")
	}
	if err := t.globalFlags(); err != nil {
		return nil, err
	}
	for t.at < len(t.in) {
		if err := t.token(); err != nil {
			return nil, err
		}
	}
	if len(t.groups) > 1 {
		return nil, patternError("has an unclosed bracket")
	}
	return t, nil
}

func (t *translation) both(s string) { t.emit(s, s) }

func (t *translation) emit(linear, dotnet string) {
	t.linear.WriteString(linear)
	t.dotnet.WriteString(dotnet)
}

func (t *translation) top() *group { return &t.groups[len(t.groups)-1] }

func (t *translation) rest() string { return t.in[t.at:] }

func (t *translation) next() rune {
	r, size := utf8.DecodeRuneInString(t.rest())
	t.at += size
	return r
}

// skip steps over prefix, if it is there.
func (t *translation) skip(prefix string) bool {
	if !strings.HasPrefix(t.rest(), prefix) {
		return false
	}
	t.at += len(prefix)
	return true
}

// consumes notes that something follows that may have to match text. After a $ that cannot be told without look-ahead.
func (t *translation) consumes() {
	if t.top().atEnd {
		t.backtracking = true
	}
	t.last = atomOther
}

func (t *translation) token() error {
	g := t.top()
	r := t.next()
	if g.verbose && t.skipVerbose(r) {
		return nil
	}
	switch r {
	case '\\':
		return t.escape()
	case '[':
		t.consumes()
		return t.class()
	case '(':
		return t.open()
	case ')':
		return t.close()
	case '|':
		g.anyAtEnd, g.atEnd = g.anyAtEnd || g.atEnd, false
		t.last = atomNone
		t.both("|")
	case '^':
		t.anchor()
		if g.multiline {
			t.both("(?m:^)")
		} else {
			t.both(`\A`)
		}
	case '$':
		t.anchor()
		if g.multiline {
			t.both("(?m:$)")
			break
		}
		// Python's $ also stands before a final line break.
		t.emit(`(?:\n?\z)`, `(?=\n?\z)`)
		g.atEnd = true
	case '.':
		t.consumes()
		if g.dotAll {
			t.both("(?s:.)")
		} else {
			t.both(`[^\n]`)
		}
	case '*', '+', '?':
		return t.repeat(string(r))
	case '{':
		if bounds, ok := t.bounds(); ok {
			return t.repeat(bounds)
		}
		t.literal(r)
	default:
		t.literal(r)
	}
	return nil
}

// skipVerbose reports whether r is white space or begins a comment, and steps over it.
func (t *translation) skipVerbose(r rune) bool {
	switch r {
	case ' ', '\t', '\n', '\r', '\v', '\f':
		return true
	case '#':
		end := strings.IndexByte(t.rest(), '\n')
		if end < 0 {
			end = len(t.rest())
		}
		t.at += end
		return true
	}
	return false
}

func (t *translation) literal(r rune) {
	t.consumes()
	t.both(regexp.QuoteMeta(string(r)))
}

func (t *translation) anchor() {
	if t.top().atEnd {
		t.backtracking = true
	}
	t.last = atomAnchor
}

// bounds reads {m}, {m,}, {,n} or {m,n} after the brace; anything else is no repetition but a brace.
func (t *translation) bounds() (string, bool) {
	end := strings.IndexByte(t.rest(), '}')
	if end < 1 {
		return "", false
	}
	low, high, ranged := strings.Cut(t.rest()[:end], ",")
	if digits(low, 0) != len(low) || digits(high, 0) != len(high) {
		return "", false
	}
	t.at += end + 1
	if !ranged {
		return "{" + low + "}", true
	}
	if low == "" {
		low = "0"
	}
	return "{" + low + "," + high + "}", true
}

func (t *translation) repeat(bounds string) error {
	switch t.last {
	case atomNone, atomAnchor:
		return patternError("has nothing to repeat at offset " + strconv.Itoa(t.at))
	case atomRepeat:
		return patternError("repeats a repetition at offset " + strconv.Itoa(t.at))
	case atomOther:
	}
	if t.top().atEnd { // the group before holds a $ and may match again
		t.backtracking = true
	}
	t.both(bounds)
	if t.skip("?") {
		t.both("?")
	}
	t.last = atomRepeat
	return nil
}

const (
	wordClass     = `\p{L}\p{N}_`
	spaceClass    = `\t-\r\x1c-\x20\x85\p{Z}`
	wordASCII     = `0-9A-Za-z_`
	spaceASCII    = `\t-\r\x20`
	decimalASCII  = `0-9`
	decimalDigits = `\p{Nd}`
)

// named returns what \d, \s and \w stand for inside a class.
func (t *translation) named(lower rune) string {
	ascii := t.top().ascii
	switch {
	case lower == 'd' && ascii:
		return decimalASCII
	case lower == 'd':
		return decimalDigits
	case lower == 's' && ascii:
		return spaceASCII
	case lower == 's':
		return spaceClass
	case ascii:
		return wordASCII
	}
	return wordClass
}

// escape reads an escape outside a class, after its backslash.
func (t *translation) escape() error {
	if t.at == len(t.in) {
		return patternError("ends in a backslash")
	}
	switch r, _ := utf8.DecodeRuneInString(t.rest()); r {
	case 'd', 's', 'w':
		t.next()
		t.consumes()
		t.both("[" + t.named(r) + "]")
	case 'D', 'S', 'W':
		t.next()
		t.consumes()
		t.both("[^" + t.named(unicode.ToLower(r)) + "]")
	case 'A':
		t.next()
		t.anchor()
		t.both(`\A`)
	case 'Z':
		t.next()
		t.anchor()
		t.both(`\z`)
	case 'b', 'B':
		t.next()
		t.anchor()
		t.backtracking = true // Go's word boundaries know only ASCII
		t.both(`\` + string(r))
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return t.reference()
	default:
		char, err := t.character()
		if err != nil {
			return err
		}
		t.literal(char)
	}
	return nil
}

// reference reads a back-reference by number, or three octal digits.
func (t *translation) reference() error {
	rest := t.rest()
	if len(rest) >= 3 && rest[0] < '4' && octal(rest[:3]) {
		n, _ := strconv.ParseUint(rest[:3], 8, 16)
		t.at += 3
		t.literal(rune(n)) //nolint:gosec // three octal digits
		return nil
	}
	length := min(2, digits(rest, 0))
	n, _ := strconv.Atoi(rest[:length])
	t.at += length
	return t.backReference(n)
}

func (t *translation) backReference(n int) error {
	if n < 1 || n > t.captures {
		return patternError("refers to group " + strconv.Itoa(n) + ", which does not exist there")
	}
	t.consumes()
	t.backtracking = true
	t.dotnet.WriteString(`\k<` + strconv.Itoa(n) + `>`)
	return nil
}

func octal(s string) bool { return strings.Trim(s, "01234567") == "" }

// character reads an escape that stands for one character, after its backslash.
func (t *translation) character() (rune, error) {
	r := t.next()
	switch r {
	case 'a':
		return '\a', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'v':
		return '\v', nil
	case 'x':
		return t.hexadecimal(2)
	case 'u':
		return t.hexadecimal(4)
	case 'U':
		return t.hexadecimal(8)
	case '0':
		length := 0
		for length < 2 && length < len(t.rest()) && octal(t.rest()[length:length+1]) {
			length++
		}
		n, _ := strconv.ParseUint("0"+t.rest()[:length], 8, 16)
		t.at += length
		return rune(n), nil //nolint:gosec // two octal digits
	}
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
		return 0, patternError(`has the unknown escape \` + string(r))
	}
	return r, nil
}

func (t *translation) hexadecimal(length int) (rune, error) {
	if len(t.rest()) < length {
		return 0, patternError("has an incomplete escape")
	}
	n, err := strconv.ParseUint(t.rest()[:length], 16, 32)
	if err != nil || n > unicode.MaxRune || n >= 0xd800 && n < 0xe000 {
		return 0, patternError("has an escape that is no character")
	}
	t.at += length
	return rune(n), nil //nolint:gosec // checked above
}
