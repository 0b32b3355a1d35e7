// Package option reads a client's options from JSON, strictly: every member that is unknown, badly typed or out of range
// is named, all of them at once. No option is ever dropped silently.
package option

import (
	"bytes"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// Reader hands out the members of one JSON object and remembers what was wrong with them. A member that is absent or
// null yields the default. It is not safe for several goroutines.
type Reader struct {
	prefix   string
	members  map[string][]byte
	read     map[string]bool
	ignored  map[string]string // why a member that nobody asked for does nothing here
	problems *[]string
	children []*Reader
}

// New reads the object in text. The error is for text that is not a JSON object.
func New(text []byte) (*Reader, error) {
	r, err := newReader(text, "", new([]string))
	if err != nil {
		return nil, &eval.Error{Code: eval.CodeInvalidConfig, Op: "options", Msg: err.Error(), Err: err}
	}
	return r, nil
}

type notObject struct{ found string }

func (e notObject) Error() string { return "want a JSON object, found " + e.found }

// newReader takes text apart. A name that is there twice is a problem: which of the two was meant cannot be known.
func newReader(text []byte, prefix string, problems *[]string) (*Reader, error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || text[0] != '{' {
		return nil, notObject{found: describe(text)}
	}
	r := &Reader{
		prefix: prefix, members: map[string][]byte{}, read: map[string]bool{}, ignored: map[string]string{}, problems: problems,
	}
	var twice []string
	end, err := jsonscan.Object(text, 0, nil, func(name string, at int) (int, error) {
		end, err := jsonscan.Skip(text, at)
		if err != nil {
			return end, err
		}
		name = strings.Clone(name)
		if _, known := r.members[name]; known {
			twice = append(twice, name)
		}
		r.members[name] = bytes.Clone(text[at:end])
		return end, nil
	})
	if err == nil {
		err = jsonscan.End(text, end)
	}
	if err != nil {
		return nil, notObject{found: "text that is not valid JSON"}
	}
	for _, name := range twice {
		r.Problem(name, "is given twice")
	}
	return r, nil
}

func (r *Reader) take(name string) ([]byte, bool) {
	r.read[name] = true
	raw, ok := r.members[name]
	raw = bytes.TrimSpace(raw)
	return raw, ok && len(raw) > 0 && string(raw) != "null"
}

// Problem records, once, that the member name is not usable.
func (r *Reader) Problem(name, what string) {
	problem := r.prefix + name + " " + what
	if !slices.Contains(*r.problems, problem) {
		*r.problems = append(*r.problems, problem)
	}
}

// Ignored says why members that may be there do nothing. Unknown lists those that are, with the reason, whether they were
// read or not.
func (r *Reader) Ignored(why string, names ...string) {
	for _, name := range names {
		r.ignored[name] = why
	}
}

// Has reports whether the member is there and not null.
func (r *Reader) Has(name string) bool {
	raw, ok := r.members[name]
	return ok && string(bytes.TrimSpace(raw)) != "null"
}

// Raw returns the member's JSON text, or nil.
func (r *Reader) Raw(name string) []byte {
	raw, ok := r.take(name)
	if !ok {
		return nil
	}
	return raw
}

// String returns a text member.
func (r *Reader) String(name, fallback string) string {
	raw, ok := r.take(name)
	if !ok {
		return fallback
	}
	s, ok := text(raw)
	if !ok {
		r.Problem(name, "is "+describe(raw)+", want a string")
		return fallback
	}
	return s
}

// NonEmpty is String for a member that must hold something if it is there: "" would mean that it is absent.
func (r *Reader) NonEmpty(name string) string {
	if raw, ok := r.take(name); ok && string(raw) == `""` {
		r.Problem(name, "is empty")
	}
	return r.String(name, "")
}

// Secret is String for values that must not appear in a message.
func (r *Reader) Secret(name string) string {
	raw, ok := r.take(name)
	if !ok {
		return ""
	}
	s, ok := text(raw)
	if !ok {
		r.Problem(name, "is not a string")
	}
	return s
}

// text decodes a JSON string.
func text(raw []byte) (s string, ok bool) {
	s, _, _, err := jsonscan.String(raw, 0, nil)
	return strings.Clone(s), err == nil
}

// OneOf returns a text member that must be one of choices, in lower case whatever its case.
func (r *Reader) OneOf(name, fallback string, choices ...string) string {
	s := strings.ToLower(r.String(name, fallback))
	for _, choice := range choices {
		if s == choice {
			return s
		}
	}
	r.Problem(name, "is "+strconv.Quote(s)+", want one of "+strings.Join(choices, ", "))
	return fallback
}

// Bool returns a boolean member.
func (r *Reader) Bool(name string, fallback bool) bool {
	raw, ok := r.take(name)
	if !ok {
		return fallback
	}
	switch string(raw) {
	case "true":
		return true
	case "false":
		return false
	}
	r.Problem(name, "is "+describe(raw)+", want true or false")
	return fallback
}

// Whole returns a whole number within [low, high]. It accepts 5.0, which some hosts write for 5.
func (r *Reader) Whole(name string, fallback, low, high int64) int64 {
	raw, ok := r.take(name)
	if !ok {
		return fallback
	}
	n, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || n != math.Trunc(n) {
		r.Problem(name, "is "+describe(raw)+", want a whole number")
		return fallback
	}
	if n < float64(low) || n > float64(high) {
		r.Problem(name, "is "+string(raw)+", want "+strconv.FormatInt(low, 10)+" to "+strconv.FormatInt(high, 10))
		return fallback
	}
	return int64(n)
}

// Seconds returns a duration given in seconds, fractions allowed, from 0 up to a year.
func (r *Reader) Seconds(name string, fallback time.Duration) time.Duration {
	return r.duration(name, fallback, time.Second, "seconds")
}

// Milliseconds returns a duration given in milliseconds, from 0 up to a year.
func (r *Reader) Milliseconds(name string, fallback time.Duration) time.Duration {
	return r.duration(name, fallback, time.Millisecond, "milliseconds")
}

func (r *Reader) duration(name string, fallback, unit time.Duration, words string) time.Duration {
	raw, ok := r.take(name)
	if !ok {
		return fallback
	}
	n, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		r.Problem(name, "is "+describe(raw)+", want "+words)
		return fallback
	}
	const year = 366 * 24 * time.Hour
	if n < 0 || n > float64(year/unit) {
		r.Problem(name, "is "+string(raw)+", want "+words+" from 0 to "+strconv.FormatInt(int64(year/unit), 10))
		return fallback
	}
	return time.Duration(n * float64(unit))
}

// Object returns a Reader for a member that is an object; nil when it is absent. Its problems count as r's.
func (r *Reader) Object(name string) *Reader {
	raw, ok := r.take(name)
	if !ok {
		return nil
	}
	child, err := newReader(raw, r.prefix+name+".", r.problems)
	if err != nil {
		// What stands in place of an object may be a secret that belongs inside it.
		r.Problem(name, "is not an object")
		return nil
	}
	r.children = append(r.children, child)
	return child
}

// Unknown is a member that has no effect.
type Unknown struct {
	Name   string // after the names of the objects around it, as in "proxy.url"
	Reason string // what Ignored said of it; empty for a member that nobody asked for
}

func (u Unknown) String() string {
	if u.Reason == "" {
		return u.Name
	}
	return u.Name + " (" + u.Reason + ")"
}

// Unknown lists the members that nobody asked for and those that do nothing, with those of the objects inside, by name.
func (r *Reader) Unknown() []Unknown {
	var unknown []Unknown
	for name := range r.members {
		why := r.ignored[name]
		if !r.Has(name) {
			why = ""
		}
		if why != "" || !r.read[name] {
			unknown = append(unknown, Unknown{Name: r.prefix + name, Reason: why})
		}
	}
	for _, child := range r.children {
		unknown = append(unknown, child.Unknown()...)
	}
	sort.Slice(unknown, func(i, j int) bool { return unknown[i].Name < unknown[j].Name })
	return unknown
}

// Err returns nil, or one error that names every problem found so far.
func (r *Reader) Err(op string) error {
	if len(*r.problems) == 0 {
		return nil
	}
	return &eval.Error{Code: eval.CodeInvalidConfig, Op: op, Msg: strings.Join(*r.problems, "; ")}
}

// describe names a JSON value in few words, for a message.
func describe(raw []byte) string {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return "nothing"
	}
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"', 't', 'f', 'n', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		if len(raw) > 40 {
			return string(bytes.ToValidUTF8(raw[:40], nil)) + "..."
		}
		return string(bytes.ToValidUTF8(raw, nil))
	}
	return "text that is not valid JSON"
}
