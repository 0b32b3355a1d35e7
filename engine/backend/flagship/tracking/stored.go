package tracking

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// AppendStored appends the document that the host's hit cache keeps of a hit. key is what the hit is kept under; now is in
// milliseconds since 1970. In JavaScript the document has the names of the SDK's objects, in Python those of the wire.
func (h *Hit) AppendStored(to []byte, language sdk.Language, key string, now int64) []byte {
	to = append(to, `{"version":1,"data":{`...)
	if language == sdk.Python {
		to = evaljson.AppendText(to, "id", key)
		to = evaljson.AppendText(to, "type", string(h.Type))
		to = appendInt(to, "timestamp", h.Created)
		to = h.appendSubject(to)
		to = h.Append(evaljson.AppendName(to, "content"), language)
		return append(to, "}}"...)
	}
	to = h.appendSubject(to)
	to = evaljson.AppendText(to, "type", string(h.Type))
	to = append(evaljson.AppendName(to, "content"), '{')
	to = evaljson.AppendText(to, "key", key)
	to = evaljson.AppendText(to, "visitorId", h.VisitorID)
	to = evaljson.AppendText(to, "ds", "APP")
	to = evaljson.AppendText(to, "type", string(h.Type))
	to = appendID(to, "anonymousId", h.AnonymousID)
	to = appendInt(to, "createdAt", h.Created)
	if h.QA {
		to = evaljson.AppendBool(to, "qaMode", true)
	}
	for i := range h.fields {
		to = evaljson.AppendValue(evaljson.AppendName(to, h.fields[i].name), h.fields[i].value)
	}
	return append(appendInt(append(to, '}'), "time", now), "}}"...)
}

func (h *Hit) appendSubject(to []byte) []byte {
	return appendID(evaljson.AppendText(to, "visitorId", h.VisitorID), "anonymousId", h.AnonymousID)
}

func appendInt(to []byte, name string, n int64) []byte {
	return strconv.AppendInt(evaljson.AppendName(to, name), n, 10)
}

// ReadStored reads a document of the hit cache in the form of the language. The error says why the hit is to be forgotten;
// among other things it is too old.
func ReadStored(raw []byte, language sdk.Language, now int64) (h Hit, key string, err error) {
	document, ok := members(bytes.Clone(bytes.TrimSpace(raw)))
	if !ok {
		return Hit{}, "", errors.New("the cached hit is not an object")
	}
	if version, ok := number(document["version"]); !ok || version != 1 {
		return Hit{}, "", errors.New("the cached hit has another version than 1")
	}
	data, _ := members([]byte(document["data"].Text))
	content, ok := members([]byte(data["content"].Text))
	if !ok {
		return Hit{}, "", errors.New("the cached hit has no content")
	}
	h = Hit{Type: Type(data["type"].Text)}
	h.VisitorID, h.AnonymousID = data["visitorId"].Text, data["anonymousId"].Text
	stored, created, from := "time", content["createdAt"], content["key"]
	if language == sdk.Python {
		stored, created, from = "timestamp", data["timestamp"], data["id"]
	}
	at, ok := number(data[stored])
	switch {
	case !ok:
		return Hit{}, "", fmt.Errorf("the cached hit has no %s", stored)
	case now-at > MaxAge.Milliseconds():
		return Hit{}, "", fmt.Errorf("the cached hit is older than %s", MaxAge)
	case specific[h.Type] == nil:
		return Hit{}, "", fmt.Errorf("the cached hit has the unknown type %q", h.Type)
	}
	if h.Created, ok = number(created); !ok {
		h.Created = at
	}
	h.QA = content["qaMode"].Bool || content["qa"].Bool
	return h, from.Text, h.fill(content, language)
}

// fill takes the fields from the content of a document.
func (h *Hit) fill(content map[string]eval.Value, language sdk.Language) error {
	for _, list := range [][]field{specific[h.Type], common} {
		for i := range list {
			f := &list[i]
			name := f.name
			if language == sdk.Python {
				name = f.wire
			}
			value, there := content[name]
			if _, ok := f.of(language).accept(value); !ok && f.of(language) <= requiredAddress {
				return fmt.Errorf("the cached hit of the type %s has %s", h.Type, f.problem(f.of(language), there))
			}
			if there {
				h.fields = append(h.fields, filled{f, value})
			}
		}
	}
	return nil
}

// members returns the members of an object by name.
func members(text []byte) (values map[string]eval.Value, ok bool) {
	values = map[string]eval.Value{}
	ok = jsonscan.Members(text, func(name string, raw []byte) { values[strings.Clone(name)] = evaljson.Value(raw) })
	return values, ok
}

// number returns a whole number of milliseconds.
func number(v eval.Value) (int64, bool) {
	f, err := strconv.ParseFloat(v.Text, 64)
	if v.Kind != eval.Number || err != nil || f < 0 || f > 1<<53 {
		return 0, false
	}
	return int64(f), true
}
