package door

import (
	"cmp"

	"github.com/phonehook/phonehook/messaging"
)

// event reads the event of the trigger send-phone-message, version 2. It has no
// language of its own; the request's is what the person who signs in asked for.
func (r *reader) event() Draft {
	root := r.root()
	options := root.object("message_options")
	request := root.object("request")
	m := messaging.Message{
		To:        options.required("recipient"),
		Text:      options.required("text"),
		From:      options.text("from"),
		Channel:   options.channel("message_type"),
		Action:    options.action("action"),
		Language:  cmp.Or(options.language("language"), request.language("language")),
		Code:      options.text("code"),
		IP:        request.text("ip"),
		UserAgent: request.text("user_agent"),
		Client:    root.client("metadata"),
		User:      root.user(),
	}
	return Draft{Message: m, RecipientField: options.path("recipient"), TextField: options.path("text")}
}

// notification reads the event of the trigger custom-phone-provider, or its
// notification alone. Its message_type is the action, and its delivery_method the
// channel; a call speaks as_voice, which has pauses between the digits.
func (r *reader) notification() Draft {
	root := r.root()
	message := root
	if root.has("notification") {
		message = root.object("notification")
	}
	request := root.object("request")
	m := messaging.Message{
		Channel:   message.channel("delivery_method"),
		To:        message.required("recipient"),
		From:      message.text("from"),
		Action:    message.action("message_type"),
		Language:  cmp.Or(message.language("locale"), request.language("language")),
		Code:      message.text("code"),
		IP:        request.text("ip"),
		UserAgent: request.text("user_agent"),
		Client:    root.client("metadata"),
		User:      root.user(),
	}
	body := "as_text"
	if m.Channel == messaging.Voice {
		body = "as_voice"
	}
	m.Text = message.required(body)
	return Draft{Message: m, RecipientField: message.path("recipient"), TextField: message.path(body)}
}
