package door

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/phonehook/phonehook/messaging"
)

// reader hands out the members of a document by their Go types. The first member
// that has the wrong type, or that a shape refuses, is kept as err, and everything
// goes on with zero values.
type reader struct {
	document
	err *messaging.Error
}

// maxPooledNodes bounds what a reader keeps allocated between two bodies. An event
// with every documented field has fewer than a hundred kept members.
const maxPooledNodes = 1024

var readers = sync.Pool{New: func() any { return new(reader) }}

// release gives r back for the next body. Nothing that r returned refers to it.
func (r *reader) release() {
	if cap(r.nodes) > maxPooledNodes || cap(r.keys) > maxPooledNodes {
		return
	}
	clear(r.nodes)
	clear(r.keys[:cap(r.keys)])
	r.body, r.err = nil, nil
	readers.Put(r)
}

// fail keeps the first refusal.
func (r *reader) fail(field, detail string) {
	if r.err == nil {
		r.err = invalid(field, detail)
	}
}

// root returns the body's top-level object.
func (r *reader) root() object { return object{reader: r} }

// object is one object of a document, or its absence: reading from an object that
// the body does not have returns zero values.
type object struct {
	*reader
	node     int32
	up, name string // the path of the object that holds this one, and this one's key
	absent   bool
}

// path returns the dotted path of one of the object's members.
func (o object) path(member string) string {
	return joined(joined(o.up, o.name), member)
}

func joined(up, name string) string {
	if up == "" {
		return name
	}
	return up + "." + name
}

// find returns the index of the member's node, or 0 where there is none. A member
// that is null counts as there.
func (o object) find(member string) int32 {
	if o.absent {
		return 0
	}
	i := o.nodes[o.node].child
	for i != 0 && string(o.nodes[i].key) != member {
		i = o.nodes[i].next
	}
	return i
}

// has says whether the object has the member, with a value other than null.
func (o object) has(member string) bool {
	i := o.find(member)
	return i != 0 && o.nodes[i].kind != null
}

// any says whether the object has one of the members.
func (o object) any(members ...string) bool {
	return slices.ContainsFunc(members, o.has)
}

// get returns the index of the member if it is of kind k. One that is missing or null
// is 0; one of another kind is a failure, and 0.
func (o object) get(member string, k kind, wanted string) int32 {
	i := o.find(member)
	switch {
	case i == 0 || o.nodes[i].kind == null:
		return 0
	case o.nodes[i].kind != k:
		o.fail(o.path(member), wanted)
		return 0
	}
	return i
}

// source returns the JSON of a node.
func (o object) source(i int32) []byte { return o.body[o.nodes[i].start:o.nodes[i].end] }

// text returns a string, or "" where the member is missing or null.
func (o object) text(member string) string {
	i := o.get(member, text, "must be a string")
	if i == 0 {
		return ""
	}
	value := unquote(o.source(i))
	if strings.IndexByte(value, 0) >= 0 {
		o.fail(o.path(member), "must not contain the character NUL")
		return ""
	}
	return value
}

// required returns a string that must be there.
func (o object) required(member string) string {
	if !o.has(member) {
		o.fail(o.path(member), "is missing")
		return ""
	}
	return o.text(member)
}

// object returns an object, or an absent one where the member is missing or null.
func (o object) object(member string) object {
	i := o.get(member, mapping, "must be an object")
	return object{reader: o.reader, node: i, up: joined(o.up, o.name), name: member, absent: i == 0}
}

// raw returns a copy of an object's JSON, or nil where the member is missing or null.
func (o object) raw(member string) json.RawMessage {
	i := o.get(member, mapping, "must be an object")
	if i == 0 {
		return nil
	}
	return bytes.Clone(o.source(i))
}

// unquote returns the string that a checked JSON string stands for. Half of a
// surrogate pair, which a careless cut of a text leaves behind, becomes U+FFFD: a
// code with a broken character beside it is worth more than none.
func unquote(quoted []byte) string {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var value string
	if err := json.Unmarshal(quoted, &value); err != nil {
		// The scan lets no string pass that encoding/json refuses; a fuzz test
		// compares the two.
		return ""
	}
	return value
}
