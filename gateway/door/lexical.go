package door

import "unicode/utf8"

// plain marks the bytes that stand for themselves within a string: printable ASCII
// but the quote and the backslash.
var plain = func() (table [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		table[c] = c != '"' && c != '\\'
	}
	return table
}()

// text reads the string at pos.
func (d *document) text() *fault {
	d.pos++
	start, ascii := d.pos, true
	for d.pos < len(d.body) {
		switch c := d.body[d.pos]; {
		case plain[c]:
			d.pos++
		case c == '"':
			if !ascii && !utf8.Valid(d.body[start:d.pos]) {
				return d.at("the body is not UTF-8, in the string that ends at byte %d")
			}
			d.pos++
			return nil
		case c == '\\':
			if f := d.escape(); f != nil {
				return f
			}
		case c < ' ':
			return d.at("the body is not JSON: a control character at byte %d is not escaped")
		default:
			ascii = false
			d.pos++
		}
	}
	return d.unexpected()
}

// escape reads the escape sequence at pos.
func (d *document) escape() *fault {
	d.pos++
	switch d.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		d.pos++
		return nil
	case 'u':
		d.pos++
		for range 4 {
			if !hex(d.peek()) {
				return d.unexpected()
			}
			d.pos++
		}
		return nil
	}
	return d.unexpected()
}

func hex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// number reads the number at pos.
func (d *document) number() *fault {
	if d.peek() == '-' {
		d.pos++
	}
	if d.peek() == '0' {
		d.pos++
	} else if !d.digits() {
		return d.unexpected()
	}
	if d.peek() == '.' {
		d.pos++
		if !d.digits() {
			return d.unexpected()
		}
	}
	if c := d.peek(); c == 'e' || c == 'E' {
		d.pos++
		if c := d.peek(); c == '+' || c == '-' {
			d.pos++
		}
		if !d.digits() {
			return d.unexpected()
		}
	}
	return nil
}

// digits reads one digit or more, and says whether there were any.
func (d *document) digits() bool {
	start := d.pos
	for c := d.peek(); '0' <= c && c <= '9'; c = d.peek() {
		d.pos++
	}
	return d.pos > start
}

func (d *document) literal(word string) *fault {
	for i := range len(word) {
		if d.peek() != word[i] {
			return d.unexpected()
		}
		d.pos++
	}
	return nil
}

// peek returns the byte at pos, or 0 at the end. A body can hold a 0 too, but no
// place in JSON takes one.
func (d *document) peek() byte {
	if d.pos < len(d.body) {
		return d.body[d.pos]
	}
	return 0
}

func (d *document) space() {
	for d.pos < len(d.body) {
		switch d.body[d.pos] {
		case ' ', '\t', '\n', '\r':
			d.pos++
		default:
			return
		}
	}
}
