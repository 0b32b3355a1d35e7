package eval

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Text writes the trace for a person at a terminal: what was decided first, then every step that led there.
func (t *Trace) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s = %s", t.FlagKey, t.result())
	fmt.Fprintf(&b, "   (%s)\n", t.Reason)
	if t.Error != "" {
		fmt.Fprintf(&b, "  error      %s: %s\n", t.ErrorCode, t.Error)
	}
	fmt.Fprintf(&b, "  flag       %s, %s\n", t.FlagType, onOff(t.Enabled))
	fmt.Fprintf(&b, "  for        %s\n", strconv.Quote(t.TargetingKey))
	fmt.Fprintf(&b, "  flags      version %d from %s, %s, confirmed %s ago\n",
		t.Ruleset.Version, orNone(t.Ruleset.Origin), t.Ruleset.State, age(t.Ruleset.AgeMs))
	for i := range t.Steps {
		t.Steps[i].text(&b)
	}
	if len(t.Steps) == 0 && t.Error == "" {
		b.WriteString("  no rule was looked at\n")
	}
	return b.String()
}

func (t *Trace) result() string {
	switch v := t.Value.(type) {
	case nil:
		return "the caller's default"
	case string:
		return strconv.Quote(v)
	default:
		return fmt.Sprint(v)
	}
}

func (s *TraceStep) text(b *strings.Builder) {
	combined := ""
	if len(s.Segments) > 1 {
		combined = " (" + s.Operator + ")"
	}
	fmt.Fprintf(b, "  %s %d%s %s\n", s.Kind, s.Index, combined, verdict(s.Matched))
	for i := range s.Segments {
		segment := &s.Segments[i]
		fmt.Fprintf(b, "    segment %s, %s of its constraints: %s\n",
			segment.Key, strings.ToLower(segment.MatchType), verdict(segment.Matched))
		for j := range segment.Constraints {
			segment.Constraints[j].text(b)
		}
	}
	if s.Hash != nil {
		s.Hash.text(b)
	}
	if s.Note != "" {
		fmt.Fprintf(b, "    %s\n", s.Note)
	}
}

func (c *TraceConstraint) text(b *strings.Builder) {
	mark, seen := "no ", "absent"
	switch {
	case c.Skipped:
		mark, seen = "-  ", "not looked at"
	case c.Matched:
		mark = "yes"
	}
	if c.Present {
		seen = strconv.Quote(c.Seen)
	}
	fmt.Fprintf(b, "      %s %s %s %s: %s\n", mark, c.Property, c.Operator, operand(c.Operand), seen)
}

// operand quotes a text, but for a list, which has quotes of its own.
func operand(text string) string {
	if strings.HasPrefix(text, "[") && !strings.ContainsFunc(text, unicode.IsControl) {
		return text
	}
	return strconv.Quote(text)
}

func (h *TraceHash) text(b *strings.Builder) {
	fmt.Fprintf(b, "    %s(%s) gives bucket %d of %d:", h.Algorithm, strconv.Quote(h.Input), h.Bucket, h.Of)
	for i, r := range h.Ranges {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, " %s [%s, %s)", r.Variant, decimal(r.From), decimal(r.To))
	}
	if h.Chosen != "" {
		fmt.Fprintf(b, "; that is %s", h.Chosen)
	}
	b.WriteByte('\n')
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 32) }

func verdict(matched bool) string {
	if matched {
		return "matches"
	}
	return "does not match"
}

func onOff(enabled bool) string {
	if enabled {
		return "enabled"
	}
	return "disabled"
}

func orNone(origin string) string {
	if origin == "" {
		return "nowhere"
	}
	return origin
}

// age writes milliseconds in the largest unit that leaves a number above one.
func age(ms int64) string {
	switch {
	case ms < 0:
		return "never"
	case ms < 1000:
		return strconv.FormatInt(ms, 10) + " ms"
	case ms < 120_000:
		return strconv.FormatInt(ms/1000, 10) + " s"
	case ms < 7_200_000:
		return strconv.FormatInt(ms/60_000, 10) + " min"
	}
	return strconv.FormatInt(ms/3_600_000, 10) + " h"
}
