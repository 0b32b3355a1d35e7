package featbit

import (
	"strings"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/predicate"
)

// User is a user as FeatBit sees one.
type User struct {
	Key        string
	Name       string // empty when the context has none
	Properties []Property
}

// Property is one custom attribute, as text.
type Property struct{ Name, Value string }

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

// NewUser builds the user of an event. Its strings are those of the context. The error is an *eval.Error.
func NewUser(ec *eval.Context) (User, error) {
	name, code, problem := checkUser(ec)
	if code != "" {
		return User{}, &eval.Error{Code: code, Msg: problem}
	}
	u := User{Key: ec.TargetingKey, Name: name}
	for i := range ec.Attributes {
		a := &ec.Attributes[i]
		text, ok := attributeText(a.Value)
		if !ok || originOf(a.Name) != fromCustom {
			continue
		}
		u.Properties = append(u.Properties, Property{Name: strings.Clone(a.Name), Value: strings.Clone(text)})
	}
	return u, nil
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
