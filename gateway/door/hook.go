package door

import (
	"cmp"

	"github.com/phonehook/phonehook/messaging"
)

// hook reads the body of the Hook send-phone-message: recipient, text, context.
//
// Documents of different years name some places differently, and all are read: the
// address and the browser stand in context or in context.request, the application in
// context.client or in context itself, and factor_type stands in for action. A sender
// to use, which the Hook never had, is read from a top-level from.
func (r *reader) hook() Draft {
	root := r.root()
	if !root.any("recipient", "text", "context") {
		r.fail("recipient", "is missing: the body has none of the known shapes, which begin with recipient and text")
	}
	context := root.object("context")
	request := context.object("request")
	m := messaging.Message{
		To:        root.required("recipient"),
		Text:      root.required("text"),
		From:      root.text("from"),
		Channel:   context.channel("message_type"),
		Action:    context.action("action"),
		Language:  context.language("language"),
		Code:      context.text("code"),
		IP:        cmp.Or(context.text("ip"), request.text("ip")),
		UserAgent: cmp.Or(context.text("user_agent"), request.text("user_agent")),
		Client:    context.client("client_metadata"),
		User:      context.user(),
	}
	if m.Client == nil {
		m.Client = context.clientHere("client_metadata")
	}
	if m.Action == "" && context.text("factor_type") == "second" {
		m.Action = messaging.SecondFactor
	}
	return Draft{Message: m, RecipientField: "recipient", TextField: "text"}
}
