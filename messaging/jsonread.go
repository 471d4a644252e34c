package messaging

import (
	"encoding/json"
	"strconv"
	"time"
)

// jsonReader reads an object as jsonWriter writes it, without reflection. It knows no
// more of JSON than that takes: where it meets anything else it fails, and its
// user has encoding/json read the whole object, or say what is wrong with it.
type jsonReader struct {
	data   []byte
	pos    int
	failed bool
	// name and value are the member that next has read; the value is a string with
	// its quotes, an object, an array, or what stands between commas.
	name, value []byte
}

// next reads the next member, and returns false at the end of the object or when the
// reader has failed.
func (r *jsonReader) next() bool {
	if r.failed {
		return false
	}
	before := byte(',')
	if r.pos == 0 {
		before = '{'
	}
	switch {
	case r.at() == before:
		r.pos++
	case r.at() == '}' && r.pos > 0:
		r.failed = r.pos != len(r.data)-1
		return false
	default:
		return r.fail()
	}
	if r.pos == 1 && r.at() == '}' {
		r.failed = len(r.data) != 2
		return false
	}
	name := r.take()
	if len(name) < 2 || name[0] != '"' || r.at() != ':' {
		return r.fail()
	}
	r.pos++
	r.name, r.value = name[1:len(name)-1], r.take()
	return len(r.value) > 0 || r.fail()
}

func (r *jsonReader) fail() bool {
	r.failed = true
	return false
}

// at returns the byte at pos, or 0 at the end.
func (r *jsonReader) at() byte {
	if r.pos < len(r.data) {
		return r.data[r.pos]
	}
	return 0
}

// take returns the value at pos, or nothing where there is none, and goes behind it.
func (r *jsonReader) take() []byte {
	start, depth := r.pos, 0
	for r.pos < len(r.data) {
		switch r.data[r.pos] {
		case '"':
			if !r.skipText() {
				return nil
			}
			if depth == 0 {
				return r.data[start:r.pos]
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return r.data[start:r.pos] // the end of the object around it
			}
			if depth--; depth == 0 {
				r.pos++
				return r.data[start:r.pos]
			}
		case ',':
			if depth == 0 {
				return r.data[start:r.pos]
			}
		}
		r.pos++
	}
	return nil
}

// skipText goes behind the string at pos.
func (r *jsonReader) skipText() bool {
	for r.pos++; r.pos < len(r.data); r.pos++ {
		switch r.data[r.pos] {
		case '\\':
			r.pos++
		case '"':
			r.pos++
			return true
		}
	}
	return false
}

// text returns the value as a string.
func (r *jsonReader) text() string {
	if len(r.value) < 2 || r.value[0] != '"' {
		r.failed = true
		return ""
	}
	inner := string(r.value[1 : len(r.value)-1])
	if isPlain(inner) {
		return inner
	}
	var s string
	r.any(&s)
	return s
}

func (r *jsonReader) code() Code {
	var c Code
	if err := c.UnmarshalText([]byte(r.text())); err != nil {
		r.failed = true
	}
	return c
}

func (r *jsonReader) number() int64 {
	n, err := strconv.ParseInt(string(r.value), 10, 64)
	if err != nil || r.value[0] == '+' || r.value[0] == '0' && len(r.value) > 1 {
		r.failed = true
	}
	return n
}

func (r *jsonReader) truth() bool {
	var is bool
	r.any(&is)
	return is
}

func (r *jsonReader) time() time.Time {
	var t time.Time
	if err := t.UnmarshalJSON(r.value); err != nil {
		r.failed = true
	}
	return t
}

// raw returns the value as it stands, if it is JSON.
func (r *jsonReader) raw() json.RawMessage {
	if !json.Valid(r.value) {
		r.failed = true
	}
	return append(json.RawMessage(nil), r.value...)
}

// any has encoding/json read the value.
func (r *jsonReader) any(into any) {
	if json.Unmarshal(r.value, into) != nil {
		r.failed = true
	}
}
