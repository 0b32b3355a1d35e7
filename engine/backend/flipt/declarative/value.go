package declarative

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

type kind uint8

const (
	nullKind kind = iota
	boolKind
	numberKind
	textKind
	listKind
	mappingKind
)

func (k kind) String() string {
	return [...]string{"null", "a boolean", "a number", "text", "a list", "a mapping"}[k]
}

// value is one YAML value. Values are shared by aliases and never changed after they are built.
type value struct {
	kind     kind
	plain    bool   // written without quotes
	text     string // of a scalar, as written
	items    []*value
	entries  []entry
	index    map[string]int
	repeated string // a key that stands twice in the mapping
	line     int
	height   int // levels below, aliases included
}

type entry struct {
	key   string
	value *value
}

func (v *value) add(key string, member *value) {
	v.index[key] = len(v.entries)
	v.entries = append(v.entries, entry{key, member})
	v.height = max(v.height, member.height+1)
}

// written are the styles in which a scalar is text whatever it looks like.
const written = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

// scalar heeds YAML's own tags; the vendor's files use no others.
func scalar(node *yaml.Node) *value {
	v := &value{text: node.Value, line: node.Line, plain: node.Style&written == 0}
	tag := node.Tag
	if node.Style&yaml.TaggedStyle != 0 {
		switch tag {
		case "!!str":
			v.plain = false
		case "!!bool":
			v.plain = true
		case "!!int", "!!float", "!!null":
		default:
			tag = (&yaml.Node{Kind: yaml.ScalarNode, Style: node.Style & written, Value: node.Value}).ShortTag()
		}
	}
	switch tag {
	case "!!null":
		v.kind = nullKind
	case "!!bool":
		v.kind = boolKind
	case "!!int", "!!float":
		v.kind = numberKind
	default:
		v.kind = textKind
		if v.plain && isJSONNumber(v.text) {
			v.kind = numberKind // the library takes what does not fit a float for text
		}
	}
	return v
}

func (v *value) asText(where string) (string, error) {
	switch v.kind {
	case nullKind:
		return "", nil
	case listKind, mappingKind:
		return "", fmt.Errorf("%s must be text, found %s", where, v.kind)
	}
	return v.text, nil
}

// asBool also takes yes and no, on and off without quotes, as Flipt's reader does where a boolean is wanted.
func (v *value) asBool(where string) (bool, error) {
	if v.kind == nullKind {
		return false, nil
	}
	if v.plain && (v.kind == boolKind || v.kind == textKind) {
		switch strings.ToLower(v.text) {
		case "true", "yes", "on", "y":
			return true, nil
		case "false", "no", "off", "n":
			return false, nil
		}
	}
	return false, fmt.Errorf("%s must be true or false, found %s", where, v.described())
}

// asNumber returns the text of a finite number in JSON's notation.
func (v *value) asNumber(where string) (string, error) {
	if v.kind == nullKind {
		return "0", nil
	}
	if v.kind != numberKind {
		return "", fmt.Errorf("%s must be a number, found %s", where, v.described())
	}
	number, ok := jsonNumber(v.text)
	if !ok {
		return "", fmt.Errorf("%s must be a finite number, found %s", where, v.described())
	}
	return number, nil
}

func (v *value) described() string {
	const longest = 40
	if v.text == "" || len(v.text) > longest {
		return v.kind.String()
	}
	return v.kind.String() + " " + strconv.Quote(v.text)
}

// jsonNumber keeps the digits of a number that is JSON already, and converts YAML's other notations (0x1F, 0o17, 1_000,
// +5, .5). There is no JSON for infinity and not-a-number.
func jsonNumber(text string) (string, bool) {
	if isJSONNumber(text) {
		return text, true
	}
	digits := strings.ReplaceAll(text, "_", "")
	if whole, ok := new(big.Int).SetString(digits, 0); ok {
		return whole.String(), true
	}
	float, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return "", false
	}
	number := strconv.FormatFloat(float, 'g', -1, 64)
	return number, isJSONNumber(number)
}

func isJSONNumber(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	whole := countDigits(digits)
	if whole == 0 || (whole > 1 && digits[0] == '0') {
		return false
	}
	digits = digits[whole:]
	if rest, ok := strings.CutPrefix(digits, "."); ok {
		fraction := countDigits(rest)
		if fraction == 0 {
			return false
		}
		digits = rest[fraction:]
	}
	if digits == "" {
		return true
	}
	if digits[0] != 'e' && digits[0] != 'E' {
		return false
	}
	digits = digits[1:]
	if digits != "" && (digits[0] == '+' || digits[0] == '-') {
		digits = digits[1:]
	}
	return digits != "" && countDigits(digits) == len(digits)
}

func countDigits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}
