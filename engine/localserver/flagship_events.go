package localserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	flagshiprules "github.com/burgee-flags/burgee/engine/backend/flagship"
)

// The kinds of events of Flagship.
const (
	KindActivation = "activation"
	KindHit        = "hit"     // also what is none of the others
	KindSegment    = "segment" // the visitor's context
	KindConsent    = "consent"
)

// wireActivation is one element of a request with activations, or all of it. The service refuses other members.
type wireActivation struct {
	Cid, Vid, Caid, Vaid string
	Aid                  *string
	Qt                   *integer
	Qa                   *boolean
}

// problem names the first member that the service would miss.
func (a *wireActivation) problem(environment string) error {
	switch {
	case a.Cid != environment:
		return errors.New("cid: invalid")
	case a.Vid == "" || a.Caid == "" || a.Vaid == "":
		return errors.New("vid, caid, vaid: each is mandatory")
	}
	return nil
}

// activate takes activations, one as it is or several in a batch. A request is taken or refused as a whole.
func (f *flagship) activate(w http.ResponseWriter, r *http.Request) {
	f.take(w, r, func(body []byte) (batch, []string, error) {
		var b batch
		var ids []string
		elements, around, err := f.activations(body)
		if err != nil {
			return b, nil, err
		}
		for _, text := range elements {
			activation := wireActivation{Cid: around.Cid}
			if err := strictly(text, &activation); err != nil {
				return b, nil, err
			}
			if err := activation.problem(f.access.Load().Environment); err != nil {
				return b, nil, err
			}
			ids = append(ids, activation.Vid, textOr(activation.Aid, ""))
			b.events = append(b.events, Event{
				Kind: KindActivation, User: activation.Vid, Flags: []string{activation.Vaid}, Body: text, Batch: around.text,
			})
		}
		return b, ids, nil
	}, f.sawAll)
}

// around is what a batch has besides its list.
type around struct {
	Cid  string
	text json.RawMessage // nil: there is no batch
}

// activations takes a request apart. One that is no batch is an activation itself.
func (f *flagship) activations(body []byte) (elements []json.RawMessage, outside around, err error) {
	if strictly(body, &wireActivation{}) == nil {
		return []json.RawMessage{body}, outside, nil
	}
	var several struct {
		Cid   string
		Batch list[json.RawMessage]
	}
	if err := strictly(body, &several); err != nil {
		return nil, outside, err
	}
	outside.Cid, outside.text = several.Cid, without(body, "batch")
	return several.Batch, outside, nil
}

// sawAll remembers that visitors have seen variations.
func (f *flagship) sawAll(events []Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.served.content.AccountSettings.OneTest {
		return
	}
	for _, event := range events {
		var activation wireActivation
		if json.Unmarshal(event.Body, &activation) == nil {
			f.assignments.set(activation.Vid, activation.Caid, assignment{activation.Vaid, true})
		}
	}
}

// wireHit is what the collector needs to know of a hit.
type wireHit struct {
	T, Ds, Cid string
	Vid, Cuid  *string
	Ec, Ea     string
	H          list[json.RawMessage]
}

// collect takes hits, one as it is or several in a batch.
func (f *flagship) collect(w http.ResponseWriter, r *http.Request) {
	f.take(w, r, func(body []byte) (batch, []string, error) {
		var b batch
		var ids []string
		var outer wireHit
		if err := json.Unmarshal(body, &outer); err != nil {
			return b, nil, err
		}
		elements, text := []json.RawMessage{body}, json.RawMessage(nil)
		if outer.T == "BATCH" {
			elements, text = outer.H, without(body, "h")
		}
		if outer.Cid != f.access.Load().Environment || outer.Ds != "APP" {
			return b, nil, fmt.Errorf("cid %q is unknown, or ds %q is not APP", outer.Cid, outer.Ds)
		}
		for i, element := range elements {
			var hit wireHit
			if err := json.Unmarshal(element, &hit); err != nil {
				return b, nil, err
			}
			event, seen := hit.event()
			if event.User == "" || hit.T == "" || hit.T == "BATCH" {
				return b, nil, fmt.Errorf("hit %d has no type of a hit (t %q) or no visitor (vid, cuid)", i, hit.T)
			}
			event.Body, event.Batch = element, text
			ids = append(ids, seen...)
			b.events = append(b.events, event)
		}
		return b, ids, nil
	}, func([]Event) {})
}

// event says what a hit is about, and the ids in it. Somebody who has logged in goes by cuid, and by the anonymous id as vid.
func (h *wireHit) event() (Event, []string) {
	ids := []string{textOr(h.Cuid, ""), textOr(h.Vid, "")}
	event := Event{Kind: KindHit, User: ids[0], Metrics: []string{h.T}}
	if event.User == "" {
		event.User = ids[1]
	}
	if h.T == "EVENT" {
		event.Metrics[0] = h.Ea
	}
	switch {
	case h.T == "SEGMENT":
		event.Kind = KindSegment
	case h.T == "EVENT" && h.Ea == "fs_consent":
		event.Kind = KindConsent
	}
	return event, ids
}

// refusal is what the collector and the decision API do not take although nothing is wrong with it.
type refusal struct {
	Visitors []string `json:"visitors"`
	Status   int      `json:"status"`
}

// take accepts what read finds in the request, unless it holds somebody of whom nothing is taken. read also returns the ids of
// all visitors.
func (f *flagship) take(
	w http.ResponseWriter, r *http.Request, read func(body []byte) (batch, []string, error), accepted func([]Event),
) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, longestBody))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, err.Error())
		return
	}
	received, ids, err := read(body)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	f.mu.Lock()
	unwanted := f.refused
	f.mu.Unlock()
	if slices.ContainsFunc(ids, func(id string) bool { return slices.Contains(unwanted.Visitors, id) }) {
		refuse(w, unwanted.Status, "a visitor is refused")
		return
	}
	f.record(r, received)
	accepted(received.events)
	w.WriteHeader(http.StatusNoContent)
}

func (f *flagship) record(r *http.Request, received batch) {
	for i := range received.events {
		received.events[i].Path, received.events[i].Headers = r.RequestURI, r.Header
	}
	f.events.add(received, f.countOnly)
}

// activated records the activations that the service makes itself when a client lets it.
func (f *flagship) activated(r *http.Request, id, anonymous string, chosen []*flagshiprules.Allocation) {
	if len(chosen) == 0 {
		return
	}
	var received batch
	for _, a := range chosen {
		body, _ := json.Marshal(map[string]any{ // texts always succeed
			"cid": f.access.Load().Environment, "vid": id, "aid": nilIfEmpty(anonymous), "caid": a.VariationGroupID, "vaid": a.VariationID,
		})
		received.events = append(received.events, Event{
			Kind: KindActivation, User: id, Flags: []string{a.VariationID}, Body: body,
		})
	}
	f.record(r, received)
}

func nilIfEmpty(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// strictly decodes JSON whose members are all known.
func strictly(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if decoder.More() {
		return errors.New("there is more than one JSON text")
	}
	return nil
}

// without returns an object without one member, whatever the case of its name.
func without(object []byte, name string) json.RawMessage {
	var members map[string]json.RawMessage
	_ = json.Unmarshal(object, &members) // the caller has parsed it
	for member := range members {
		if strings.EqualFold(member, name) {
			delete(members, member)
		}
	}
	text, _ := json.Marshal(members) // likewise
	return text
}
