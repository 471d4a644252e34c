package door

import (
	"slices"

	"github.com/phonehook/phonehook/messaging"
)

// Violation is a body that the runtime of Auth0's Hooks would have refused. Its text
// is that runtime's, word for word, because callers of that time compare it.
type Violation struct {
	// Field is the place as dotted names, or empty for the body as a whole.
	Field   string
	Message string
}

// Error returns the runtime's text.
func (v *Violation) Error() string { return v.Message }

// Unwrap returns the violation as the error that every door returns.
func (v *Violation) Unwrap() error { return invalid(v.Field, v.Message) }

// NotAnObject is the violation of a request without a body.
func NotAnObject() *Violation {
	return &Violation{Message: "Body received by extensibility point is not an object"}
}

// DecodeStrict does what Decode does, but holds a body of ShapeHook to everything
// that the runtime of Auth0's Hooks demanded, in its order, and refuses with the
// *Violation of the first thing that is wrong.
func DecodeStrict(body []byte) (Draft, error) {
	r := readers.Get().(*reader) //nolint:forcetypeassert // the pool holds nothing else
	defer r.release()
	if blank(body) {
		return Draft{}, NotAnObject()
	}
	if f := r.scan(body); f != nil {
		return Draft{}, f.refusal()
	}
	shape := ShapeHook
	if r.nodes[0].kind == mapping {
		shape = r.shape()
	}
	if shape == ShapeHook {
		if v := r.violation(); v != nil {
			return Draft{Shape: shape}, v
		}
	}
	return r.draft(shape)
}

func blank(body []byte) bool {
	for _, c := range body {
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return false
		}
	}
	return true
}

// violation makes the runtime's checks. Where JavaScript's typeof calls an array or
// null an object, so did they, as far as that did not stop them at once.
func (r *reader) violation() *Violation {
	if k := r.nodes[0].kind; k != mapping && k != list {
		return NotAnObject()
	}
	root := r.root()
	context := root.loose("context")
	client := context.loose("client")
	switch {
	case !root.is("recipient", text):
		return notA("recipient", "a string")
	case !root.is("text", text):
		return notA("text", "a string")
	case !root.is("context", mapping, list):
		return notA("context", "an object")
	case !context.oneOf("message_type", "sms", "voice"):
		return notA("context.message_type", "`sms` or `voice`")
	case !context.oneOf("action", string(messaging.Enrollment), string(messaging.SecondFactor)):
		return notA("context.action", "`enrollment` or `second-factor-authentication`")
	case !context.is("language", text):
		return notA("context.language", "a string")
	case !context.is("code", text):
		return notA("context.code", "a string")
	case !context.is("ip", text):
		return notA("context.ip", "a string")
	case !context.is("user_agent", text):
		return notA("context.user_agent", "a string")
	case context.find("client") == 0:
	case !context.is("client", mapping, list):
		return notA("context.client", "an object")
	case !client.is("client_id", text):
		return notA("context.client.client_id", "a string")
	case !client.is("name", text):
		return notA("context.client.name", "a string")
	case client.find("client_metadata") != 0 && !client.is("client_metadata", mapping, list, null):
		return notA("context.client.client_metadata", "an object")
	}
	if !context.is("user", mapping, list, null) {
		return notA("context.user", "an object")
	}
	return nil
}

func notA(field, wanted string) *Violation {
	return &Violation{Field: field, Message: "Body." + field + " received by extensibility point is not " + wanted}
}

// loose returns a member that is an object, and for anything else an absent one.
func (o object) loose(member string) object {
	if !o.is(member, mapping) {
		return object{reader: o.reader, absent: true}
	}
	return o.object(member)
}

// is says whether the member is there and of one of the kinds.
func (o object) is(member string, kinds ...kind) bool {
	i := o.find(member)
	return i != 0 && slices.Contains(kinds, o.nodes[i].kind)
}

// oneOf says whether the member is one of two strings.
func (o object) oneOf(member, a, b string) bool {
	if !o.is(member, text) {
		return false
	}
	value := unquote(o.source(o.find(member)))
	return value == a || value == b
}
