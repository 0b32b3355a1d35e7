// Package sdk holds what differs between the vendor's SDKs only because of the languages they are written in: what they
// call themselves, how they write a value as text, and which bytes of a text they hash.
package sdk

import "github.com/burgee-flags/burgee/engine/eval"

// Language says which of the vendor's SDKs a client stands in for.
type Language uint8

// The languages. The JavaScript SDK is @flagship.io/js-sdk, the Python one flagship.
const (
	JavaScript Language = iota
	Python
)

// Client is what the SDK calls itself in headers, in the visitor's context and in consent hits.
func (l Language) Client() string {
	if l == Python {
		return "python"
	}
	return "TypeScript"
}

// Version is the release of the SDK whose requests are reproduced.
func (l Language) Version() string {
	if l == Python {
		return "3.0.0"
	}
	return "5.2.0"
}

// The context attributes that the SDKs set by themselves.
const (
	ClientKey  = "fs_client"
	VersionKey = "fs_version"
	UsersKey   = "fs_users"
)

// Automatic returns the context attributes that the SDK sets by itself for a visitor, in their order.
func (l Language) Automatic(visitorID string) []eval.Attribute {
	attributes := []eval.Attribute{
		{Name: ClientKey, Value: eval.StringValue(l.Client())}, {Name: VersionKey, Value: eval.StringValue(l.Version())},
	}
	if l == JavaScript {
		attributes = append(attributes, eval.Attribute{Name: UsersKey, Value: eval.StringValue(visitorID)})
	}
	return attributes
}
