package webhook

import (
	"bytes"
	"errors"
	"strings"
)

// maxNodes bounds a body's tree. Aliases can make a short file into a long one.
const maxNodes = 500

// node is a part of a body of JSON.
type node interface {
	// write appends the part to out. Where the part is empty, nothing is written.
	write(out *bytes.Buffer, v *values) (empty bool, err error)
}

// literal is JSON as it is.
type literal string

func (l literal) write(out *bytes.Buffer, _ *values) (bool, error) {
	out.WriteString(string(l))
	return false, nil
}

// leaf is a string, or a number or a boolean, that a template makes.
type leaf struct{ text *text }

func (l leaf) write(out *bytes.Buffer, v *values) (bool, error) {
	value, err := l.text.render(v)
	switch {
	case err != nil:
		return false, err
	case l.text.typed:
		return l.writeTyped(out, strings.TrimSpace(value))
	case value == "":
		return true, nil
	}
	if value, err = quoted(value); err != nil {
		return false, err
	}
	out.WriteString(value)
	return false, nil
}

// writeTyped writes what the template makes as it is, if it is one number or boolean.
func (l leaf) writeTyped(out *bytes.Buffer, value string) (bool, error) {
	if value != "true" && value != "false" {
		var err error
		if value, err = number(value); err != nil {
			return false, err
		}
	}
	out.WriteString(value)
	return value == "", nil
}

// field is an entry of an object.
type field struct {
	// path is the place in the file, and name the name as JSON, with its colon.
	path, name string
	// optional fields are left out where they are empty.
	optional bool
	value    node
}

type object []field

func (o object) write(out *bytes.Buffer, v *values) (bool, error) {
	begin := out.Len()
	separator := byte('{')
	for _, f := range o {
		before := out.Len()
		out.WriteByte(separator)
		out.WriteString(f.name)
		empty, err := f.value.write(out, v)
		switch {
		case err != nil:
			return false, at(f.path, err)
		case empty && f.optional:
			out.Truncate(before)
			continue
		case empty:
			if err := writeEmpty(out, f.value); err != nil {
				return false, at(f.path, err)
			}
		}
		separator = ','
	}
	if separator == '{' {
		out.Truncate(begin)
		return true, nil
	}
	out.WriteByte('}')
	return false, nil
}

// writeEmpty writes what an empty value is.
func writeEmpty(out *bytes.Buffer, value node) error {
	switch n := value.(type) {
	case object:
		out.WriteString("{}")
	case leaf:
		if n.text.typed {
			return errors.New("there is no number; end the name with ? to leave it out")
		}
		out.WriteString(`""`)
	default:
		out.WriteString("[]")
	}
	return nil
}

type array []node

func (a array) write(out *bytes.Buffer, v *values) (bool, error) {
	if len(a) == 0 {
		return true, nil
	}
	for i, element := range a {
		if i == 0 {
			out.WriteByte('[')
		} else {
			out.WriteByte(',')
		}
		empty, err := element.write(out, v)
		if err == nil && empty {
			err = writeEmpty(out, element)
		}
		if err != nil {
			return false, err
		}
	}
	out.WriteByte(']')
	return false, nil
}

// placed is an error at a place of the file.
type placed struct {
	path string
	err  error
}

func (p *placed) Error() string { return p.path + ": " + p.err.Error() }

func at(path string, err error) error {
	if _, ok := errors.AsType[*placed](err); ok {
		return err
	}
	return &placed{path, err}
}
