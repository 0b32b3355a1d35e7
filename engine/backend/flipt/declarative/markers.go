package declarative

import "bytes"

// separated returns the text with its document markers as the YAML library takes them, and every character where it was:
// the library refuses the directive %YAML 1.2, which becomes a comment, and a document that follows "..." without a "---"
// of its own, which becomes one that follows "---".
func separated(text []byte) []byte {
	if !bytes.Contains(text, []byte("%YAML")) && !bytes.Contains(text, []byte("...")) {
		return text
	}
	text = bytes.Clone(text)
	between, end := true, -1 // whether no document has begun, and where the last one ended with "..."
	for at := 0; at < len(text); {
		line, _, _ := bytes.Cut(text[at:], []byte("\n"))
		trimmed := bytes.TrimSpace(line)
		switch {
		case startsWith(line, "..."):
			between, end = true, at
		case len(trimmed) == 0 || trimmed[0] == '#':
		case between && line[0] == '%':
			if bytes.HasPrefix(trimmed, []byte("%YAML 1.")) {
				text[at] = '#'
			}
		default:
			if end >= 0 && !startsWith(line, "---") {
				copy(text[end:], "---")
			}
			between, end = false, -1
		}
		at += len(line) + 1
	}
	return text
}

// startsWith says whether the line is a document marker, which white space or content after white space may follow.
func startsWith(line []byte, marker string) bool {
	rest, ok := bytes.CutPrefix(line, []byte(marker))
	return ok && (len(rest) == 0 || rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r')
}
