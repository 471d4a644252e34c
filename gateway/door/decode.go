package door

import (
	"time"

	"github.com/phonehook/phonehook/messaging"
)

// Shape names the form that a body has. It is a label for logs.
type Shape string

// The shapes, in the order in which Decode looks for them.
const (
	// ShapeNotification is the event of the trigger custom-phone-provider, or its
	// notification alone.
	ShapeNotification Shape = "notification"
	// ShapeEvent is the event of the trigger send-phone-message, version 2.
	ShapeEvent Shape = "event"
	// ShapeHook is the body of the Hook send-phone-message, and every body that is
	// none of the others.
	ShapeHook Shape = "hook"
	// ShapePasswordless is the body of the passwordless SMS gateway, and of the
	// documented sample that forwards to, from and body.
	ShapePasswordless Shape = "passwordless"
	// ShapeFlat is the event of the trigger send-phone-message, version 1, and of
	// the documented samples that forward a phone message.
	ShapeFlat Shape = "flat"
	// ShapeNative is the body of POST /v1/messages. Decode never finds it: it has an
	// address of its own.
	ShapeNative Shape = "native"
)

// How long a message is worth delivering: Auth0's one-time codes are valid for five
// minutes in MFA and, by default, three in passwordless sign-in.
const (
	lifeMFA          = 5 * time.Minute
	lifePasswordless = 3 * time.Minute
)

// Draft is what a body asks for.
type Draft struct {
	Shape Shape
	// Message has every field that the body tells. To is as the caller wrote it,
	// and ID, Tenant, Country, ReceivedAt and Expires are unset.
	Message messaging.Message
	// Life is how long the message is worth delivering from its arrival on.
	Life time.Duration
	// RecipientField and TextField are the places of Message.To and Message.Text
	// in the caller's body, as dotted names.
	RecipientField, TextField string
}

// Decode reads a body. It refuses with a *messaging.Error of CodeInvalidRequest; the
// draft then has the shape, where there was one to see, and nothing else.
//
// A body must be one JSON object in UTF-8 that names no key twice in one object and
// nests no deeper than 32 levels. Keys that its shape does not have are ignored. A
// missing message_type means sms and a missing action stays empty, but a value that
// is in neither vocabulary is refused, because guessing could call a phone at night
// that should have had a text.
func Decode(body []byte) (Draft, error) {
	r := readers.Get().(*reader) //nolint:forcetypeassert // the pool holds nothing else
	defer r.release()
	if f := r.scan(body); f != nil {
		return Draft{}, f.refusal()
	}
	if r.nodes[0].kind != mapping {
		return Draft{}, invalid("", "the body must be a JSON object")
	}
	return r.draft(r.shape())
}

// draft reads the message out of a body of the given shape.
func (r *reader) draft(shape Shape) (Draft, error) {
	var draft Draft
	switch shape {
	case ShapeNotification:
		draft = r.notification()
	case ShapeEvent:
		draft = r.event()
	case ShapePasswordless:
		draft = r.passwordless()
	case ShapeFlat:
		draft = r.flat()
	case ShapeHook, ShapeNative:
		draft = r.hook()
	}
	if r.err != nil {
		return Draft{Shape: shape}, r.err
	}
	draft.Shape = shape
	draft.Life = lifeMFA
	if draft.Message.Action == messaging.Passwordless {
		draft.Life = lifePasswordless
	}
	return draft, nil
}

// shape tells the shape of a body from the keys that only one shape has.
func (r *reader) shape() Shape {
	root := r.root()
	switch {
	case root.any("notification", "as_text", "as_voice", "delivery_method"):
		return ShapeNotification
	case root.has("message_options"):
		return ShapeEvent
	case root.has("context"):
		return ShapeHook
	case root.has("body") && !root.has("text"):
		return ShapePasswordless
	case root.any("message_type", "action", "code", "language", "from", "ip", "user_agent", "client", "user"):
		return ShapeFlat
	}
	return ShapeHook
}
