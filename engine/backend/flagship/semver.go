package flagship

import (
	"cmp"
	"strings"
)

// version is a semantic version, taken apart. Its parts may have any number of digits.
type version struct {
	major, minor, patch string
	prerelease          string // without its hyphen
}

// parseVersion reads a version as the decision API does: a leading v may be there, minor and patch may be missing if
// nothing follows, build metadata is not compared.
func parseVersion(text string) (v version, ok bool) {
	text = strings.TrimPrefix(text, "v")
	v = version{minor: "0", patch: "0"}
	if v.major, text, ok = versionNumber(text); !ok {
		return version{}, false
	}
	for _, part := range []*string{&v.minor, &v.patch} {
		if text == "" {
			return v, true
		}
		if text[0] != '.' {
			return version{}, false
		}
		if *part, text, ok = versionNumber(text[1:]); !ok {
			return version{}, false
		}
	}
	text, build, built := strings.Cut(text, "+")
	if built && !identifiers(build, false) {
		return version{}, false
	}
	if text == "" {
		return v, true
	}
	v.prerelease = text[1:]
	return v, text[0] == '-' && identifiers(v.prerelease, true)
}

// versionNumber cuts digits without leading zeros from the front of text.
func versionNumber(text string) (number, rest string, ok bool) {
	n := 0
	for n < len(text) && text[n]-'0' <= 9 {
		n++
	}
	return text[:n], text[n:], n == 1 || n > 1 && text[0] != '0'
}

// identifiers reports whether text is a list of identifiers; strictly: numbers among them have no leading zeros.
func identifiers(text string, strictly bool) bool {
	for {
		first, rest, more := strings.Cut(text, ".")
		if first == "" || strictly && len(first) > 1 && first[0] == '0' && numeric(first) {
			return false
		}
		for i := range len(first) {
			if c := first[i]; c-'0' > 9 && c|0x20-'a' > 'z'-'a' && c != '-' {
				return false
			}
		}
		if !more {
			return true
		}
		text = rest
	}
}

func numeric(text string) bool {
	for i := range len(text) {
		if text[i]-'0' > 9 {
			return false
		}
	}
	return true
}

// compare orders two versions by precedence.
func (v *version) compare(other *version) int {
	return cmp.Or(
		compareDigits(v.major, other.major), compareDigits(v.minor, other.minor), compareDigits(v.patch, other.patch),
		comparePrerelease(v.prerelease, other.prerelease),
	)
}

// compareDigits orders whole numbers without leading zeros.
func compareDigits(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }

func comparePrerelease(a, b string) int {
	switch {
	case a == b:
		return 0
	case a == "":
		return 1
	case b == "":
		return -1
	}
	for {
		x, restA, moreA := strings.Cut(a, ".")
		y, restB, moreB := strings.Cut(b, ".")
		order := 0
		switch numericX, numericY := numeric(x), numeric(y); {
		case numericX && numericY:
			order = compareDigits(x, y)
		case numericX:
			order = -1
		case numericY:
			order = 1
		default:
			order = cmp.Compare(x, y)
		}
		switch {
		case order != 0:
			return order
		case !moreA && !moreB:
			return 0
		case !moreA:
			return -1
		case !moreB:
			return 1
		}
		a, b = restA, restB
	}
}

// compareVersions applies one of the semver operators.
func (op operation) compareVersions(order int) bool {
	switch op {
	case opVersionEquals:
		return order == 0
	case opVersionNotEquals:
		return order != 0
	case opVersionGreater:
		return order > 0
	case opVersionLower:
		return order < 0
	case opVersionGreaterOrEqual:
		return order >= 0
	default:
		return order <= 0
	}
}
