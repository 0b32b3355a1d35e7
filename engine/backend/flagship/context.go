package flagship

import (
	"strconv"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/eval"
)

// kinds is a set of kinds of values.
type kinds uint8

const (
	aText kinds = 1 << iota
	aNumber
	reserved // the SDK sets it itself
)

// predefined are the attributes whose type the vendor has fixed. Other names, sdk_ ones included, are free.
var predefined = map[string]kinds{
	"sdk_deviceLanguage": aText, "sdk_deviceType": aText, "sdk_deviceModel": aText, "sdk_city": aText, "sdk_region": aText,
	"sdk_country": aText, "sdk_lat": aNumber, "sdk_long": aNumber, "sdk_ip": aText, "sdk_osName": aText,
	"sdk_osVersionName": aText, "sdk_osVersionCode": aText | aNumber, "sdk_carrierName": aText,
	"sdk_internetConnection": aText, "sdk_versionName": aText, "sdk_versionCode": aText | aNumber, "sdk_interfaceName": aText,
	sdk.ClientKey: reserved, sdk.VersionKey: reserved, sdk.UsersKey: reserved,
}

// CheckAttribute says why an attribute cannot become part of a visitor's context; empty when it can. Attributes that the
// SDK sets itself are refused.
func CheckAttribute(name string, v eval.Value) (problem string) {
	fixed, known := predefined[name]
	switch {
	case name == "":
		return "a context key is empty"
	case !usable(v):
		return "the context value of " + name + " is neither a text nor a number nor true or false"
	case v.Kind == eval.Number && !finite(v.Text):
		return "the context value of " + name + " is beyond the range of numbers"
	case known && fixed == reserved:
		return "the context key " + name + " is reserved"
	case !known, fixed&aText != 0 && v.Kind == eval.String, fixed&aNumber != 0 && v.Kind == eval.Number:
		return ""
	case fixed == aText:
		return "the context value of " + name + " is not a text"
	case fixed == aNumber:
		return "the context value of " + name + " is not a number"
	}
	return "the context value of " + name + " is neither a text nor a number"
}

func finite(number string) bool {
	_, err := strconv.ParseFloat(number, 64)
	return err == nil
}
