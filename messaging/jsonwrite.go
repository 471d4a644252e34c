package messaging

import (
	"encoding/json"
	"strconv"
	"time"
)

// jsonWriter writes the JSON objects of the wire, byte for byte as encoding/json would,
// and several times faster: every call is encoded and decoded twice on its way, which
// with encoding/json alone was a seventh of all that a call costs. Whatever is not
// plain it leaves to encoding/json.
type jsonWriter struct {
	buf []byte
	err error
}

// newJSONWriter begins an object. An offer or an event of usual size fits without
// growing.
func newJSONWriter(size int) jsonWriter { return jsonWriter{buf: append(make([]byte, 0, size), '{')} }

// done ends the object.
func (w *jsonWriter) done() ([]byte, error) {
	w.close('}')
	return w.buf, w.err
}

// key writes a member's name, which is one of ours and needs no escaping.
func (w *jsonWriter) key(name string) {
	if last := w.buf[len(w.buf)-1]; last != '{' && last != '[' {
		w.buf = append(w.buf, ',')
	}
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, name...)
	w.buf = append(w.buf, '"', ':')
}

// open begins an object or an array as the value of a member.
func (w *jsonWriter) open(name string, bracket byte) {
	w.key(name)
	w.buf = append(w.buf, bracket)
}

func (w *jsonWriter) close(bracket byte) { w.buf = append(w.buf, bracket) }

// text writes a member that is a string.
func (w *jsonWriter) text(name, value string) {
	w.key(name)
	w.quoted(value)
}

// optional writes a member that is a string, and nothing for an empty one.
func (w *jsonWriter) optional(name, value string) {
	if value != "" {
		w.text(name, value)
	}
}

func (w *jsonWriter) quoted(value string) {
	if !isPlain(value) {
		w.any(value)
		return
	}
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, value...)
	w.buf = append(w.buf, '"')
}

// isPlain says whether a string stands for itself in JSON: printable ASCII, without
// the characters that encoding/json escapes.
func isPlain(value string) bool {
	for i := range len(value) {
		switch c := value[i]; {
		case c < ' ', c >= 0x7f, c == '"', c == '\\', c == '<', c == '>', c == '&':
			return false
		}
	}
	return true
}

func (w *jsonWriter) number(name string, value int64) {
	w.key(name)
	w.buf = strconv.AppendInt(w.buf, value, 10)
}

func (w *jsonWriter) time(name string, value time.Time) {
	w.key(name)
	if year := value.Year(); year < 0 || year > 9999 {
		w.any(value) // which is an error
		return
	}
	w.buf = append(w.buf, '"')
	w.buf = value.AppendFormat(w.buf, time.RFC3339Nano)
	w.buf = append(w.buf, '"')
}

// raw writes a member that is JSON already, and nothing for none.
func (w *jsonWriter) raw(name string, value json.RawMessage) {
	switch string(value) {
	case "":
		return
	case "{}":
		w.key(name)
		w.buf = append(w.buf, '{', '}')
	default:
		w.key(name)
		w.any(value)
	}
}

func (w *jsonWriter) attempts(name string, all []Attempt) {
	if len(all) == 0 {
		return
	}
	w.open(name, '[')
	for i, a := range all {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		w.buf = append(w.buf, '{')
		w.text("provider", a.Provider)
		w.text("code", a.Code.String())
		w.optional("provider_code", a.ProviderCode)
		w.optional("provider_message_id", a.ProviderMessageID)
		w.number("duration_ms", a.Duration.Milliseconds())
		w.close('}')
	}
	w.close(']')
}

// any writes a value as encoding/json does.
func (w *jsonWriter) any(value any) {
	data, err := json.Marshal(value)
	if err != nil && w.err == nil {
		w.err = err
	}
	w.buf = append(w.buf, data...)
}
