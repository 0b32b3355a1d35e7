package featbit

import (
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/predicate"
)

const userInvalid = "user not specified"

// checkUser returns what is wrong with the context as a FeatBit user, and the user's name. The key is the targeting key;
// the attribute name, if it is there and not empty, must be a text that is not blank.
func checkUser(ec *eval.Context) (name string, code eval.Code, problem string) {
	if predicate.Blank(ec.TargetingKey) {
		return "", eval.CodeTargetingKeyMissing, "key is not valid"
	}
	v, ok := ec.Lookup("name")
	if !ok || v.Kind == eval.Null {
		return "", "", ""
	}
	if v.Kind != eval.String || v.Text != "" && predicate.Blank(v.Text) {
		return "", eval.CodeInvalidContext, "name is not valid"
	}
	return v.Text, "", ""
}

// customAttribute returns the text of an attribute that is not one of the built-in ones.
func customAttribute(a *eval.Attribute) (string, bool) {
	if originOf(a.Name) != fromCustom {
		return "", false
	}
	return attributeText(a.Value)
}

// attributeText returns the text of an attribute. Booleans are spelt as in Python, and events and rules depend on that.
// Other than text, numbers and booleans nothing counts as an attribute.
func attributeText(v eval.Value) (string, bool) {
	switch v.Kind {
	case eval.String, eval.Number:
		return v.Text, true
	case eval.Bool:
		if v.Bool {
			return "True", true
		}
		return "False", true
	default:
		return "", false
	}
}
