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
	for i := len(c.Attributes) - 1; i >= 0; i-- {
		if c.Attributes[i].Name == name {
			return c.Attributes[i].Value, true
		}
	}
	return Value{}, false
}
