// Package tracking holds what Flagship is told of visitors, in the forms of its SDKs: hits and activations, the requests
// that carry them, and the documents that the host's hit cache keeps of them.
package tracking

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// Type is what a hit reports.
type Type string

// The types. An Activation says that the visitor saw a variation; it goes another way than the others.
const (
	Page        Type = "PAGEVIEW"
	Screen      Type = "SCREENVIEW"
	Event       Type = "EVENT"
	Transaction Type = "TRANSACTION"
	Item        Type = "ITEM"
	Segment     Type = "SEGMENT"
	Activation  Type = "ACTIVATE"
)

// Subject is whom a hit is about, by the ids at the time of the call.
type Subject struct {
	VisitorID   string
	AnonymousID string // the id before the visitor logged in; empty: not logged in
}

// Hit is one hit or activation.
type Hit struct {
	Type Type
	Subject
	Created int64 // in milliseconds since 1970
	QA      bool  // made by somebody who tests the environment
	fields  []filled
}

// filled is a field with its value.
type filled struct {
	*field
	value eval.Value
}

// Read reads a hit of the host: an object with its type, whose case does not count, and the members that the JavaScript SDK
// documents. The error says why the hit cannot be sent. dropped are the members that the SDK of the language leaves out
// because of their values; other members are ignored.
func Read(raw []byte, language sdk.Language) (h Hit, dropped []string, err error) {
	given := map[string]eval.Value{}
	if !jsonscan.Members(bytes.Clone(bytes.TrimSpace(raw)), func(name string, value []byte) {
		given[strings.Clone(name)] = evaljson.Value(value)
	}) {
		return Hit{}, nil, errors.New("a hit is not an object")
	}
	h.Type = Type(strings.ToUpper(given["type"].Text))
	switch h.Type {
	case Page, Screen, Event, Transaction, Item:
	default:
		return Hit{}, nil, fmt.Errorf("the type of a hit is %q, want %s, %s, %s, %s or %s",
			given["type"].String(), Page, Screen, Event, Transaction, Item)
	}
	for _, list := range [][]field{specific[h.Type], common} {
		for i := range list {
			f := &list[i]
			value, there := given[f.name]
			there = there && (value.Kind != eval.Null || language == sdk.Python) // JavaScript: as if it were not there
			check := f.of(language)
			accepted, ok := check.accept(value)
			switch {
			case check <= requiredAddress && !ok:
				return Hit{}, nil, fmt.Errorf("a hit of the type %s has %s", h.Type, f.problem(check, there))
			case ok && there:
				h.fields = append(h.fields, filled{f, accepted})
			case there && language == sdk.Python:
				return Hit{}, nil, fmt.Errorf("a hit of the type %s has a %s of the wrong type", h.Type, f.name)
			case there:
				dropped = append(dropped, f.name)
			}
		}
	}
	return h, dropped, nil
}

// problem words what is wrong with a required field.
func (f *field) problem(check check, there bool) string {
	switch {
	case !there:
		return "no " + f.name
	case check == requiredCategory:
		return fmt.Sprintf("a category that is neither %q nor %q", ActionTracking, userEngagement)
	case check == requiredAddress:
		return "a " + f.name + " that is not an address with a scheme and a host"
	}
	return "a " + f.name + " that is not a text, or empty"
}

// NewConsent returns the event that says whether the visitor agrees to be tracked. client is what the SDK calls itself.
func NewConsent(client string, consent bool) Hit {
	label := client + ":false"
	if consent {
		label = client + ":true"
	}
	list := specific[Event]
	return Hit{Type: Event, fields: []filled{
		{&list[0], eval.StringValue(userEngagement)}, {&list[1], eval.StringValue(ConsentAction)},
		{&list[2], eval.StringValue(label)},
	}}
}

// ConsentAction is the action of the events that NewConsent makes.
const ConsentAction = "fs_consent"

// IsConsent reports whether the hit is one of NewConsent: such hits are sent whatever the visitor has agreed to.
func (h *Hit) IsConsent() bool { return h.Type == Event && h.text("action") == ConsentAction }

// NewSegment returns the hit that reports a visitor's context. JavaScript sends all values as texts.
func NewSegment(language sdk.Language, context []eval.Attribute) Hit {
	text := []byte{'{'}
	for _, a := range context {
		text = evaljson.AppendName(text, a.Name)
		if language == sdk.JavaScript {
			text = jsonscan.AppendString(text, string(language.AppendText(nil, a.Value)))
		} else {
			text = evaljson.AppendValue(text, a.Value)
		}
	}
	value := eval.Value{Kind: eval.JSON, Text: string(append(text, '}'))}
	return Hit{Type: Segment, fields: []filled{{&specific[Segment][0], value}}}
}

// NewActivation returns the report that a visitor saw a variation.
func NewActivation(variationGroupID, variationID string) Hit {
	list := specific[Activation]
	return Hit{Type: Activation, fields: []filled{
		{&list[0], eval.StringValue(variationID)}, {&list[1], eval.StringValue(variationGroupID)},
	}}
}

// text returns a field by its name; empty if the hit has none.
func (h *Hit) text(name string) string {
	for i := range h.fields {
		if h.fields[i].name == name {
			return h.fields[i].value.Text
		}
	}
	return ""
}
