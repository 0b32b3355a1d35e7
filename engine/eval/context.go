package eval

// Attribute is one named value of an evaluation context.
type Attribute struct {
	Name  string
	Value Value
}

// Context is the evaluation context of one call: whom to decide for, and what is known about them.
// Its strings may alias the caller's memory: an evaluator must not keep them after it returns.
type Context struct {
	TargetingKey string
	Attributes   []Attribute
}

// Lookup returns the attribute called name. Of repeated names the last one counts, as in a JSON object.
func (c *Context) Lookup(name string) (Value, bool) {
	if name == "" {
		return c.lookupEmpty()
	}
	// Names of one length mostly differ in their last letter, and looking at that is faster than comparing texts.
	last := len(name) - 1
	for i := len(c.Attributes) - 1; i >= 0; i-- {
		a := &c.Attributes[i]
		if len(a.Name) == len(name) && a.Name[last] == name[last] && a.Name == name {
			return a.Value, true
		}
	}
	return Value{}, false
}

func (c *Context) lookupEmpty() (Value, bool) {
	for i := len(c.Attributes) - 1; i >= 0; i-- {
		if c.Attributes[i].Name == "" {
			return c.Attributes[i].Value, true
		}
	}
	return Value{}, false
}
