package door

import "bytes"

// maxDepth bounds how deep a body may nest, so that no body can exhaust the stack.
// The deepest documented event has five levels; free-form metadata adds a few.
const maxDepth = 32

// keptLevels is how deep the members of objects are kept for reading. The deepest
// member that any shape has is context.client.client_metadata.
const keptLevels = 3

// manyKeys is where looking for a key among its object's earlier ones stops being
// faster than a map. Documented objects have at most twenty keys.
const manyKeys = 24

// kind is the type of a JSON value.
type kind uint8

const (
	null kind = iota + 1
	boolean
	number
	text
	list
	mapping
)

// node is one kept value: the top-level one, or a member of a kept object.
type node struct {
	key         []byte
	start, end  int32 // where the value stands in the body
	child, next int32 // the first member and the next sibling; 0 is none
	kind        kind
}

// document is a body, checked and indexed in one pass.
//
// A hand-written pass, because the gateway does this for every call and the three
// things it must refuse (a key given twice, bad UTF-8, deep nesting) are those that
// encoding/json lets through: its token reader, which could tell, is several times
// slower than this.
type document struct {
	body  []byte
	pos   int
	nodes []node   // nodes[0] is the top-level value
	keys  [][]byte // the keys of all objects that are open at pos
}

// scan checks body and indexes it. It accepts exactly what encoding/json accepts,
// less bodies that are not UTF-8, name a key twice in one object or nest deeper
// than maxDepth. The document refers to body and must not outlive it.
func (d *document) scan(body []byte) *fault {
	d.body, d.pos = body, 0
	d.nodes = append(d.nodes[:0], node{})
	d.keys = d.keys[:0]
	d.space()
	if d.pos == len(body) {
		return &fault{detail: "the body is empty; it must be a JSON object"}
	}
	if f := d.value(0, 0); f != nil {
		return f
	}
	d.space()
	if d.pos < len(body) {
		return d.at("the body goes on after the end of its JSON value, at byte %d")
	}
	return nil
}

// value reads the value at pos, which lies within level open brackets, and fills in
// nodes[keep] unless keep is negative.
func (d *document) value(keep int32, level int) *fault {
	if d.pos == len(d.body) {
		return d.unexpected()
	}
	var k kind
	var f *fault
	start := d.pos
	switch c := d.body[d.pos]; {
	case c == '"':
		k, f = text, d.text()
	case c == '{':
		k, f = mapping, d.mapping(keep, level+1)
	case c == '[':
		k, f = list, d.list(level+1)
	case c == '-' || '0' <= c && c <= '9':
		k, f = number, d.number()
	case c == 't':
		k, f = boolean, d.literal("true")
	case c == 'f':
		k, f = boolean, d.literal("false")
	case c == 'n':
		k, f = null, d.literal("null")
	default:
		f = d.unexpected()
	}
	if f == nil && keep >= 0 {
		n := &d.nodes[keep]
		n.kind, n.start, n.end = k, int32(start), int32(d.pos) //nolint:gosec // a body is at most 256 KiB
	}
	return f
}

// mapping reads the object at pos. Its members become children of nodes[parent],
// as far as they are kept.
func (d *document) mapping(parent int32, level int) *fault {
	if level > maxDepth {
		return &fault{detail: tooDeep, placed: true}
	}
	siblings := keySet{base: len(d.keys)}
	previous := int32(-1)
	for first := true; ; first = false {
		d.pos++ // the opening brace or a comma
		d.space()
		if first && d.peek() == '}' {
			break
		}
		key, f := d.key(&siblings)
		if f != nil {
			return f
		}
		member := int32(-1)
		if parent >= 0 && level <= keptLevels {
			member = d.keepMember(parent, previous, key)
			previous = member
		}
		if f := d.value(member, level); f != nil {
			return f.within(key)
		}
		d.space()
		if d.peek() == '}' {
			break
		}
		if d.peek() != ',' {
			return d.unexpected()
		}
	}
	d.pos++
	d.keys = d.keys[:siblings.base]
	return nil
}

// keepMember appends a node for the member key of nodes[parent].
func (d *document) keepMember(parent, previous int32, key []byte) int32 {
	member := int32(len(d.nodes)) //nolint:gosec // a body of 256 KiB has fewer members
	d.nodes = append(d.nodes, node{key: key})
	if previous < 0 {
		d.nodes[parent].child = member
	} else {
		d.nodes[previous].next = member
	}
	return member
}

// list reads the array at pos. Nothing within it is kept.
func (d *document) list(level int) *fault {
	if level > maxDepth {
		return &fault{detail: tooDeep, placed: true}
	}
	for index := 0; ; index++ {
		d.pos++ // the opening bracket or a comma
		d.space()
		if index == 0 && d.peek() == ']' {
			break
		}
		if f := d.value(-1, level); f != nil {
			return f.withinItem(index)
		}
		d.space()
		if d.peek() == ']' {
			break
		}
		if d.peek() != ',' {
			return d.unexpected()
		}
	}
	d.pos++
	return nil
}

// key reads a key and the colon after it, up to the value.
func (d *document) key(siblings *keySet) ([]byte, *fault) {
	if d.peek() != '"' {
		return nil, d.unexpected()
	}
	start := d.pos
	if f := d.text(); f != nil {
		return nil, f
	}
	key := d.body[start+1 : d.pos-1]
	if bytes.IndexByte(key, '\\') >= 0 {
		key = []byte(unquote(d.body[start:d.pos]))
	}
	if siblings.has(d.keys, key) {
		return nil, (&fault{detail: "is given twice", placed: true}).within(key)
	}
	d.keys = append(d.keys, key)
	d.space()
	if d.peek() != ':' {
		return nil, d.unexpected()
	}
	d.pos++
	d.space()
	return key, nil
}

// keySet tells whether a key is already among one object's, which are those from
// base on in the document's keys.
type keySet struct {
	base int
	many map[string]struct{}
}

func (s *keySet) has(keys [][]byte, key []byte) bool {
	own := keys[s.base:]
	if len(own) < manyKeys {
		for _, earlier := range own {
			if bytes.Equal(earlier, key) {
				return true
			}
		}
		return false
	}
	if s.many == nil {
		s.many = make(map[string]struct{}, 2*manyKeys)
		for _, earlier := range own {
			s.many[string(earlier)] = struct{}{}
		}
	}
	if _, found := s.many[string(key)]; found {
		return true
	}
	s.many[string(key)] = struct{}{}
	return false
}
