package api

import (
	"errors"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// params is what the methods that are answered here take.
type params struct {
	key      string
	want     want
	fallback []byte // JSON text of the caller's default
	silent   bool   // the vendor does not hear of the evaluation
	context  error  // an evaljson.ContextError
}

var null = []byte("null")

// Which members a method takes.
const (
	takesKey = 1 << iota
	takesContext
	takesType // with default
	takesDefault
	takesExposure
)

// readParams reads the object b into c. A member that the method does not take is an error: an option
// that is misspelt must not be dropped silently.
func (c *call) readParams(b []byte, takes int) error {
	c.params = params{fallback: null}
	seen := 0
	at, more, err := jsonscan.FirstMember(b, jsonscan.SkipSpace(b, 0))
	for more && err == nil {
		var name string
		if name, at, c.text, err = jsonscan.Name(b, at, c.text); err != nil {
			break
		}
		var member int
		if member, at, err = c.readParam(b, at, name, takes); err != nil {
			return invalidParams(name + ": " + err.Error())
		}
		if seen&member != 0 {
			return invalidParams(name + " is given twice")
		}
		seen |= member
		at, more, err = jsonscan.NextMember(b, at)
	}
	if err == nil {
		err = jsonscan.End(b, at)
	}
	if err != nil {
		return invalidParams(err.Error())
	}
	if takes&takesKey != 0 && seen&takesKey == 0 {
		return invalidParams("key is missing")
	}
	return nil
}

// readParam reads the value at at, and returns which member it is.
func (c *call) readParam(b []byte, at int, name string, takes int) (member, end int, err error) {
	p := &c.params
	switch {
	case name == "key" && takes&takesKey != 0:
		member = takesKey
		p.key, end, c.text, err = jsonscan.String(b, at, c.text)
	case name == "context" && takes&takesContext != 0:
		member = takesContext
		end, c.text, err = evaljson.ReadContext(b, at, &c.context, c.text)
		if bad, ok := err.(evaljson.ContextError); ok { //nolint:errorlint // ReadContext does not wrap it
			p.context, err = bad, nil
		}
	case name == "default" && takes&takesType != 0:
		member = takesDefault
		end, err = jsonscan.Skip(b, at)
		p.fallback = b[at:end]
	case name == "type" && takes&takesType != 0:
		member = takesType
		var text string
		var ok bool
		if text, end, c.text, err = jsonscan.String(b, at, c.text); err != nil {
			return member, end, err
		}
		if p.want, ok = wantByName(text); !ok {
			return member, end, errors.New("want boolean, string, number, object or any")
		}
	case name == "exposure" && takes&takesExposure != 0:
		member = takesExposure
		if end, err = jsonscan.Skip(b, at); err == nil && b[at] != 't' && b[at] != 'f' {
			err = errors.New("want true or false")
		}
		p.silent = b[at] == 'f'
	default:
		return 0, at, errors.New("no such member")
	}
	return member, end, err
}

func invalidParams(message string) error {
	return &eval.Error{Code: eval.CodeInvalidRequest, Op: "params", Msg: message}
}
