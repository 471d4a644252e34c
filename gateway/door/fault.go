package door

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/phonehook/phonehook/messaging"
)

// maxKeyShown and maxPathShown bound what an error repeats of a body's keys, which
// anyone who holds a token chooses. The longest documented key has 26 characters and
// the longest documented path about 60.
const (
	maxKeyShown  = 40
	maxPathShown = 120
)

// tooDeep is the detail of a body that nests deeper than maxDepth.
var tooDeep = fmt.Sprintf("is nested deeper than %d levels", maxDepth)

// fault is why a body is no document. It gains its path while the scan returns
// through the levels, so that a good body pays nothing for it.
type fault struct {
	detail string
	path   string
	placed bool // whether a path helps more than the byte that detail names
}

// within puts key before the path.
func (f *fault) within(key []byte) *fault {
	switch {
	case !f.placed:
	case f.path == "" || strings.HasPrefix(f.path, "["):
		f.path = shownKey(key) + f.path
	default:
		f.path = shownKey(key) + "." + f.path
	}
	return f
}

// withinItem puts an array's position before the path.
func (f *fault) withinItem(index int) *fault {
	if !f.placed {
		return f
	}
	separator := "."
	if f.path == "" || strings.HasPrefix(f.path, "[") {
		separator = ""
	}
	f.path = "[" + strconv.Itoa(index) + "]" + separator + f.path
	return f
}

// refusal returns the fault as the error that callers see.
func (f *fault) refusal() *messaging.Error {
	return invalid(shortened(f.path, maxPathShown), f.detail)
}

// at returns a fault whose detail says the position.
func (d *document) at(format string) *fault {
	return &fault{detail: fmt.Sprintf(format, d.pos)}
}

// unexpected returns the fault of a byte that does not belong at pos, or of a body
// that ends there.
func (d *document) unexpected() *fault {
	if d.pos >= len(d.body) {
		return d.at("the body is cut off: its JSON is not complete after %d bytes")
	}
	return d.at("the body is not JSON: the character at byte %d does not belong there")
}

// shownKey returns key as an error may show it: in printable ASCII and cut short.
func shownKey(key []byte) string {
	cut := key[:min(len(key), maxKeyShown+1)]
	printable := strings.Map(func(r rune) rune {
		if '!' <= r && r <= '~' {
			return r
		}
		return '?'
	}, string(cut))
	return shortened(printable, maxKeyShown)
}

func shortened(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return s[:limit-3] + "..."
}

func invalid(field, detail string) *messaging.Error {
	return &messaging.Error{Code: messaging.CodeInvalidRequest, Field: field, Detail: detail}
}
