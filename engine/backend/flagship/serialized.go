package flagship

import (
	"bytes"
	"errors"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// AppendSerialized appends the flag as the JavaScript SDK serialises it, for another visitor object to begin with. Its
// member hex holds {"v":value}, each character as two hexadecimal digits. The SDK writes characters above U+00FF with more
// digits and cannot read them back; here they are escaped in the JSON text first, which it reads.
func (f *Flag) AppendSerialized(to []byte) []byte {
	to = evaljson.AppendText(append(to, '{'), "key", f.Key)
	to = f.From.appendNames(to)
	if f.From.Given&GivenType != 0 {
		to = evaljson.AppendText(to, "campaignType", f.From.CampaignType)
	}
	if f.From.Given&(GivenSlug|NullSlug|NoSlug) != 0 {
		to = f.From.appendSlug(to, "null")
	}
	to = append(evaljson.AppendName(to, "hex"), '"')
	return append(f.AppendHex(to), `"}`...)
}

// AppendHex appends what the member hex of a serialised flag holds.
func (f *Flag) AppendHex(to []byte) []byte {
	return appendHex(to, append(compact(evaljson.AppendValue([]byte(`{"v":`), f.Value)), '}'))
}

// compact removes the white space between the tokens of JSON text, in place.
func compact(text []byte) []byte {
	kept, quoted := text[:0], false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			kept = append(kept, c)
			i++
			c = text[i]
		case !quoted && (c == ' ' || c == '\n' || c == '\t' || c == '\r'):
			continue
		}
		kept = append(kept, c)
	}
	return kept
}

const digits = "0123456789abcdef"

func appendHex(to, text []byte) []byte {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		text = text[size:]
		if r < utf8.RuneSelf {
			to = append(to, digits[r>>4], digits[r&15])
			continue
		}
		units := []rune{r}
		if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
			units = []rune{high, low}
		}
		for _, unit := range units {
			to = append(to, '5', 'c', '7', '5') // \u
			for shift := 12; shift >= 0; shift -= 4 {
				digit := digits[unit>>shift&15]
				to = append(to, digits[digit>>4], digits[digit&15])
			}
		}
	}
	return to
}

var errNotSerialized = errors.New("a serialised flag is not an object with a key")

// ReadSerialized reads a serialised flag. A flag whose value cannot be read has none.
func ReadSerialized(raw []byte) (Flag, error) {
	members, ok := membersOf(bytes.Clone(bytes.TrimSpace(raw)))
	if !ok || !isText(members["key"]) {
		return Flag{}, errNotSerialized
	}
	a := &Allocation{
		CampaignID: textOf(members["campaignId"]), CampaignName: textOf(members["campaignName"]),
		CampaignType: textOf(members["campaignType"]), Slug: textOf(members["slug"]),
		VariationGroupID: textOf(members["variationGroupId"]), VariationGroupName: textOf(members["variationGroupName"]),
		VariationID: textOf(members["variationId"]), VariationName: textOf(members["variationName"]),
		Reference: truthy(members["isReference"]),
		Given:     given(members["campaignType"], members["isReference"], members["slug"]),
	}
	a.Modifications = []Modification{{Key: textOf(members["key"]), Value: readHex(textOf(members["hex"]))}}
	return Flag{Modification: &a.Modifications[0], From: a}, nil
}

// readHex reads two digits for each character, which are those from U+0000 to U+00FF.
func readHex(hex string) eval.Value {
	var text []byte
	for ; len(hex) >= 2; hex = hex[2:] {
		character, err := strconv.ParseUint(hex[:2], 16, 8)
		if err != nil {
			return eval.Value{}
		}
		text = utf8.AppendRune(text, rune(character))
	}
	var value eval.Value
	jsonscan.Members(text, func(name string, raw []byte) {
		if name == "v" {
			value = evaljson.Value(bytes.Clone(raw))
		}
	})
	return value
}

// Begin makes flags of earlier visitors a decision.
func (d *Decision) Begin(flags []Flag) {
	d.reset()
	for i := range flags {
		d.Allocations = append(d.Allocations, flags[i].From)
	}
	d.collect()
}
