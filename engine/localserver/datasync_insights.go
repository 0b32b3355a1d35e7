package localserver

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// wireEvent is an element of a request with events. Decoding fails where the real server's does: names of members are
// compared without regard to case, values must be of their type, and texts but not numbers may be null. A number in a text
// is refused here, although the real server would read it.
type wireEvent interface {
	event() (Event, bool) // false: the user has no key
}

// readBatch reads the body of a request. Without bodies the events have none.
func readBatch[T wireEvent](body []byte, bodies bool) (batch, error) {
	var b batch
	var elements []*T
	if err := json.Unmarshal(body, &elements); err != nil {
		return b, err
	}
	if elements == nil {
		return b, errKind([]byte("null"), "a list")
	}
	texts := make([]json.RawMessage, len(elements))
	if bodies {
		if err := json.Unmarshal(body, &texts); err != nil {
			return b, err
		}
	}
	for i, element := range elements {
		if element == nil {
			return b, fmt.Errorf("element %d is null", i)
		}
		event, ok := (*element).event()
		if !ok {
			b.skipped++
			continue
		}
		event.Body = texts[i]
		b.events = append(b.events, event)
	}
	return b, nil
}

// list, number, integer and boolean are what JSON offers, except null.
type (
	list[T any] []T
	number      float64
	integer     int64
	boolean     bool
)

func (l *list[T]) UnmarshalJSON(text []byte) error {
	if text[0] != '[' {
		return errKind(text, "a list")
	}
	return json.Unmarshal(text, (*[]T)(l))
}

func (n *number) UnmarshalJSON(text []byte) error {
	if text[0] != '-' && (text[0] < '0' || text[0] > '9') {
		return errKind(text, "a number")
	}
	parsed, err := strconv.ParseFloat(string(text), 64)
	*n = number(parsed)
	return err
}

func (i *integer) UnmarshalJSON(text []byte) error {
	parsed, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return errKind(text, "an integer of 64 bits")
	}
	*i = integer(parsed)
	return nil
}

func (b *boolean) UnmarshalJSON(text []byte) error {
	if text[0] != 't' && text[0] != 'f' {
		return errKind(text, "true or false")
	}
	*b = text[0] == 't'
	return nil
}

func errKind(text []byte, want string) error { return fmt.Errorf("%s is not %s", text, want) }

type wireUser struct {
	KeyID                string
	Name                 string
	CustomizedProperties []struct{ Name, Value string }
}

func (u *wireUser) key() (string, bool) {
	if u == nil || strings.TrimSpace(u.KeyID) == "" {
		return "", false
	}
	return u.KeyID, true
}

// wireMetric is the same for both vendors, but featureflag.co's clients send no time.
type wireMetric struct {
	EventName, Route, Type, AppType string
	NumericValue                    number
	Timestamp                       integer
}

func names(metrics []wireMetric) []string {
	var found []string
	for _, metric := range metrics {
		found = append(found, metric.EventName)
	}
	return found
}

type featBitEvent struct {
	User       *wireUser
	Variations list[struct {
		FeatureFlagKey   string
		SendToExperiment boolean
		Timestamp        integer
		Variation        *struct{ ID, Value string }
	}]
	Metrics list[wireMetric]
}

func (e featBitEvent) event() (Event, bool) {
	user, ok := e.User.key()
	event := Event{User: user, Metrics: names(e.Metrics)}
	for _, variation := range e.Variations {
		event.Flags = append(event.Flags, variation.FeatureFlagKey)
	}
	return event, ok
}

type featureFlagCoEvent struct {
	User *struct {
		wireUser
		UserName, Email, Country string
	}
	UserVariations list[struct {
		FeatureFlagKeyName string
		SendToExperiment   boolean
		Timestamp          integer
		Variation          *struct {
			LocalID        integer
			VariationValue string
			Reason         string
		}
	}]
	Metrics list[wireMetric]
}

func (e featureFlagCoEvent) event() (Event, bool) {
	if e.User == nil {
		return Event{}, false
	}
	user, ok := e.User.key()
	event := Event{User: user, Metrics: names(e.Metrics)}
	for _, variation := range e.UserVariations {
		event.Flags = append(event.Flags, variation.FeatureFlagKeyName)
	}
	return event, ok
}
