package tracking

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/eval"
)

// field is one member that a hit may have.
type field struct {
	name       string // as the host and the JavaScript hit cache call it
	wire       string // as the vendor's servers do
	javaScript check  // what the JavaScript SDK asks of it
	python     check
}

// check is what is asked of a value.
type check uint8

const (
	// What fails one of these makes the whole hit unusable.
	requiredText check = iota
	requiredCategory
	requiredAddress // scheme and host
	// What fails one of these is left out in JavaScript; in Python, whose builders raise, it makes the hit unusable.
	anything
	anyText
	anyWhole    // True and False included
	anyNumber   // the same
	anyPrice    // the same, and None
	someText    // not empty
	someWhole   // not 0
	someNumber  // not 0; a text that is a number counts
	threeLetter // a text of three UTF-16 code units
	countable   // whole, not negative
)

// specific are the fields of each type of hit, in the order of the JavaScript SDK.
var specific = map[Type][]field{
	Page:   {{"documentLocation", "dl", requiredText, requiredAddress}},
	Screen: {{"documentLocation", "dl", requiredText, requiredText}},
	Event: {
		{"category", "ec", requiredCategory, requiredCategory},
		{"action", "ea", requiredText, requiredText},
		{"label", "el", someText, anyText},
		{"value", "ev", countable, anyWhole},
	},
	Transaction: {
		{"transactionId", "tid", requiredText, requiredText},
		{"affiliation", "ta", requiredText, requiredText},
		{"taxes", "tt", someNumber, anyNumber},
		{"currency", "tc", threeLetter, anyText},
		{"couponCode", "tcc", someText, anyText},
		{"itemCount", "icn", someWhole, anyWhole},
		{"shippingMethod", "sm", someText, anyText},
		{"paymentMethod", "pm", someText, anyText},
		{"totalRevenue", "tr", someNumber, anyNumber},
		{"shippingCosts", "ts", someNumber, anyNumber},
	},
	Item: {
		{"transactionId", "tid", requiredText, requiredText},
		{"productName", "in", requiredText, requiredText},
		{"productSku", "ic", requiredText, requiredText},
		{"itemPrice", "ip", someNumber, anyPrice},
		{"itemQuantity", "iq", someWhole, anyWhole},
		{"itemCategory", "iv", someText, anyText},
	},
	Segment: {{"context", "s", anything, anything}},
	Activation: {
		{"variationId", "vaid", requiredText, requiredText},
		{"variationGroupId", "caid", requiredText, requiredText},
	},
}

// common are the fields that hits of the host may have besides.
var common = []field{
	{"userIp", "uip", someText, anyText},
	{"screenResolution", "sr", someText, anyText},
	{"locale", "ul", someText, anyText},
	{"sessionNumber", "sn", anything, anyWhole},
}

// of returns what the SDK of a language asks of the field.
func (f *field) of(language sdk.Language) check {
	if language == sdk.Python {
		return f.python
	}
	return f.javaScript
}

// ActionTracking is the category of events that report what somebody did.
const ActionTracking = "Action Tracking"

const userEngagement = "User Engagement"

// accept returns the value as it is sent, and whether it passes.
func (c check) accept(v eval.Value) (eval.Value, bool) {
	switch c {
	case requiredText, someText:
		return v, v.Kind == eval.String && v.Text != ""
	case requiredCategory:
		return v, v.Kind == eval.String && (v.Text == ActionTracking || v.Text == userEngagement)
	case requiredAddress:
		return v, v.Kind == eval.String && isAddress(v.Text)
	case anything:
		return v, v.Kind != eval.Null
	case anyText:
		return v, v.Kind == eval.String
	case threeLetter:
		return v, v.Kind == eval.String && len(utf16.Encode([]rune(v.Text))) == 3
	case anyWhole:
		return v, v.Kind == eval.Bool || v.Kind == eval.Number && !sdk.Float(v.Text)
	case anyNumber:
		return v, v.Kind == eval.Bool || v.Kind == eval.Number
	case anyPrice:
		return v, v.Kind == eval.Bool || v.Kind == eval.Number || v.Kind == eval.Null
	default:
		return c.acceptNumber(v)
	}
}

// acceptNumber is accept for what JavaScript asks of numbers.
func (c check) acceptNumber(v eval.Value) (eval.Value, bool) {
	if c == someNumber && v.Kind == eval.String {
		f := sdk.JavaScriptNumber(v)
		if math.IsInf(f, 0) || math.IsNaN(f) {
			return v, false
		}
		v = eval.Value{Kind: eval.Number, Text: strconv.FormatFloat(f, 'g', -1, 64)}
	}
	if v.Kind != eval.Number {
		return v, false
	}
	f, err := strconv.ParseFloat(v.Text, 64)
	switch {
	case err != nil, c != someNumber && f != math.Trunc(f):
		return v, false
	case c == countable:
		return v, f >= 0
	}
	return v, f != 0
}

// isAddress reports whether text has a scheme, whichever, and a host.
func isAddress(text string) bool {
	scheme, rest, found := strings.Cut(text, "://")
	if !found || scheme == "" || strings.ContainsAny(scheme, "/?#: ") {
		return false
	}
	return rest != "" && !strings.ContainsAny(rest[:1], "/?#")
}
