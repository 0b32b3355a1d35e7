package featureflagco

import (
	"strings"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/predicate"
)

// User is a user as featureflag.co sees one. Name, Email and Country are empty when the context has none.
type User struct {
	Key, Name, Email, Country string
	Properties                []Property
}

// Property is one custom attribute, as text.
type Property struct{ Name, Value string }

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

// NewUser builds the user of an event. The error is an *eval.Error.
func NewUser(ec *eval.Context) (User, error) {
	user, code, problem := checkUser(ec)
	if code != "" {
		return User{}, &eval.Error{Code: code, Msg: problem}
	}
	u := User{Key: ec.TargetingKey, Name: user.name, Email: user.email, Country: user.country}
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

// attributeText returns the text of an attribute. Other than text and numbers nothing counts as one, booleans included.
func attributeText(v eval.Value) (string, bool) {
	return v.Text, v.Kind == eval.String || v.Kind == eval.Number
}
