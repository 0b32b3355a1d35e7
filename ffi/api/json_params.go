package api

import (
	"errors"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// params is what the methods that are answered here take.
type params struct {
	key      string
	hasKey   bool
	want     want
	fallback []byte // JSON text of the caller's default
	context  error  // a contextError
}

var null = []byte("null")

// Which members a method takes.
const (
	takesKey = 1 << iota
	takesContext
	takesType // with default
)

// readParams reads the object b into c. A member that the method does not take is an error: an option
// that is misspelt must not be dropped silently.
func (c *call) readParams(b []byte, takes int) error {
	c.params = params{fallback: null}
	at, more, err := jsonscan.FirstMember(b, jsonscan.SkipSpace(b, 0))
	for more && err == nil {
		var name string
		if name, at, c.text, err = jsonscan.Name(b, at, c.text); err != nil {
			break
		}
		if at, err = c.readParam(b, at, name, takes); err != nil {
			return invalidParams(name + ": " + err.Error())
		}
		at, more, err = jsonscan.NextMember(b, at)
	}
	if err == nil {
		err = jsonscan.End(b, at)
	}
	if err != nil {
		return invalidParams(err.Error())
	}
	if takes&takesKey != 0 && !c.params.hasKey {
		return invalidParams("key is missing")
	}
	return nil
}

func (c *call) readParam(b []byte, at int, name string, takes int) (end int, err error) {
	p := &c.params
	switch {
	case name == "key" && takes&takesKey != 0:
		p.hasKey = true
		p.key, end, c.text, err = jsonscan.String(b, at, c.text)
	case name == "context" && takes&takesContext != 0:
		c.context.Attributes = c.context.Attributes[:0]
		end, err = c.readContext(b, at)
		if bad, ok := err.(contextError); ok { //nolint:errorlint // readContext does not wrap it
			p.context, err = bad, nil
		}
	case name == "default" && takes&takesType != 0:
		end, err = jsonscan.Skip(b, at)
		p.fallback = b[at:end]
	case name == "type" && takes&takesType != 0:
		var text string
		var ok bool
		if text, end, c.text, err = jsonscan.String(b, at, c.text); err != nil {
			return end, err
		}
		if p.want, ok = wantByName(text); !ok {
			return end, errors.New("want boolean, string, number, object or any")
		}
	default:
		return at, errors.New("no such member")
	}
	return end, err
}

func invalidParams(message string) error {
	return &eval.Error{Code: eval.CodeInvalidRequest, Op: "params", Msg: message}
}
