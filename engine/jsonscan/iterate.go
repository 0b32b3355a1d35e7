package jsonscan

// FirstMember enters the object at i (at its brace). If it has members, more is true and at is the index of the first
// one's name; otherwise at is the index after the object. With Name and NextMember it iterates without a closure:
//
//	at, more, err := jsonscan.FirstMember(b, i)
//	for more && err == nil {
//		name, valueAt, scratch, err = jsonscan.Name(b, at, scratch)
//		... read the value, find its end ...
//		at, more, err = jsonscan.NextMember(b, end)
//	}
func FirstMember(b []byte, i int) (at int, more bool, err error) {
	return first(b, i, '{', '}', "an object")
}

// NextMember steps from the end of one member's value to the next member's name, or to the index after the object.
func NextMember(b []byte, i int) (at int, more bool, err error) {
	return next(b, i, '}', "',' or '}'")
}

// FirstElement enters the array at i (at its bracket). If it has elements, more is true and at is the index of the first
// one; otherwise at is the index after the array.
func FirstElement(b []byte, i int) (at int, more bool, err error) {
	return first(b, i, '[', ']', "an array")
}

// NextElement steps from the end of one element to the next one, or to the index after the array.
func NextElement(b []byte, i int) (at int, more bool, err error) {
	return next(b, i, ']', "',' or ']'")
}

// Name reads a member's name and colon, and returns the index of its value. The name is as from String.
func Name(b []byte, i int, scratch []byte) (name string, valueAt int, scratch2 []byte, err error) {
	name, i, scratch, err = String(b, i, scratch)
	if err != nil {
		return "", i, scratch, err
	}
	i, err = skipColon(b, i)
	return name, i, scratch, err
}

// Object calls member for each member of the object at i (at its brace), in order, and returns the index after it.
// member gets the name, which is good during the call, and the index of the value, and returns the index after the
// value; its error ends the iteration.
func Object(b []byte, i int, scratch []byte, member func(name string, valueAt int) (end int, err error)) (end int, err error) {
	keep := len(scratch)
	at, more, err := FirstMember(b, i)
	for more && err == nil {
		var name string
		if name, at, scratch, err = Name(b, at, scratch[:keep]); err != nil {
			return at, err
		}
		if at, err = member(name, at); err != nil {
			return at, err
		}
		at, more, err = NextMember(b, at)
	}
	return at, err
}

// Array calls element for each element of the array at i (at its bracket), in order, and returns the index after it.
// element gets the index of the element and returns the index after it; its error ends the iteration.
func Array(b []byte, i int, element func(at int) (int, error)) (int, error) {
	at, more, err := FirstElement(b, i)
	for more && err == nil {
		if at, err = element(at); err != nil {
			return at, err
		}
		at, more, err = NextElement(b, at)
	}
	return at, err
}

// End reports an error if anything but white space follows from i on.
func End(b []byte, i int) error {
	if i = SkipSpace(b, i); i < len(b) {
		return unexpected(b, i, "nothing after the value")
	}
	return nil
}

func first(b []byte, i int, opening, closing byte, want string) (int, bool, error) {
	if uint(i) >= uint(len(b)) || b[i] != opening {
		return i, false, unexpected(b, i, want)
	}
	i = SkipSpace(b, i+1)
	if uint(i) >= uint(len(b)) {
		return i, false, unexpected(b, i, "the end of "+want)
	}
	if b[i] == closing {
		return i + 1, false, nil
	}
	return i, true, nil
}

func next(b []byte, i int, closing byte, want string) (int, bool, error) {
	i = SkipSpace(b, i)
	if uint(i) < uint(len(b)) {
		switch b[i] {
		case ',':
			if i = SkipSpace(b, i+1); i < len(b) {
				return i, true, nil
			}
		case closing:
			return i + 1, false, nil
		}
	}
	return i, false, unexpected(b, i, want)
}

// Members calls member for each member of the object that is all of text, in order. The name is good during the call; the
// value has no white space around it. It reports false if text is no object, or not valid behind some member.
func Members(text []byte, member func(name string, value []byte)) bool {
	end, err := Object(text, 0, nil, func(name string, at int) (int, error) {
		end, err := Skip(text, at)
		if err == nil {
			member(name, text[at:end])
		}
		return end, err
	})
	return err == nil && End(text, end) == nil
}

// Elements is Members for the elements of an array.
func Elements(text []byte, element func(value []byte)) bool {
	end, err := Array(text, 0, func(at int) (int, error) {
		end, err := Skip(text, at)
		if err == nil {
			element(text[at:end])
		}
		return end, err
	})
	return err == nil && End(text, end) == nil
}
