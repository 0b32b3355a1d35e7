package featureflagco

import (
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/predicate"
)

const userInvalid = "user not specified"

// builtIn are the built-in attributes of a user but the key.
type builtIn struct{ name, email, country string }

// checkUser returns the built-in attributes, or what is wrong with them. The key is the targeting key; the attributes
// name, email and country must be texts that are not blank, if they are there and not empty.
func checkUser(ec *eval.Context) (user builtIn, code eval.Code, problem string) {
	if predicate.Blank(ec.TargetingKey) {
		return user, eval.CodeTargetingKeyMissing, "key is not valid"
	}
	var ok bool
	if user.name, ok = optionalText(ec, "name"); !ok {
		return user, eval.CodeInvalidContext, "name is not valid"
	}
	if user.email, ok = optionalText(ec, "email"); !ok {
		return user, eval.CodeInvalidContext, "email is not valid"
	}
	if user.country, ok = optionalText(ec, "country"); !ok {
		return user, eval.CodeInvalidContext, "country is not valid"
	}
	return user, "", ""
}

// optionalText returns a built-in attribute. What Python takes for false counts as absent.
func optionalText(ec *eval.Context, name string) (string, bool) {
	v, ok := ec.Lookup(name)
	switch {
	case !ok, v.Kind == eval.Null, v.Kind == eval.Bool && !v.Bool, v.Kind == eval.String && v.Text == "":
		return "", true
	case v.Kind == eval.Number:
		f, isNumber := predicate.Float(v.Text)
		return "", isNumber && f == 0
	case v.Kind == eval.JSON:
		return "", v.Text == "[]" || v.Text == "{}"
	case v.Kind == eval.Bool:
		return "", false
	}
	return v.Text, !predicate.Blank(v.Text)
}

// customAttribute returns the text of an attribute that is not one of the built-in ones.
func customAttribute(a *eval.Attribute) (string, bool) {
	if originOf(a.Name) != fromCustom {
		return "", false
	}
	return attributeText(a.Value)
}

// attributeText returns the text of an attribute. Other than text and numbers nothing counts as one, booleans included.
func attributeText(v eval.Value) (string, bool) {
	return v.Text, v.Kind == eval.String || v.Kind == eval.Number
}
