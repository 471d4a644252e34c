package door

import (
	"cmp"

	"github.com/phonehook/phonehook/messaging"
)

// passwordless reads what Auth0's passwordless connection posts to an SMS gateway:
// recipient, body, sender and, where it forwards request information, req. The
// documented Action that forwards a message there writes to, from and body.
//
// Neither tells the code apart from the text, and both are text messages.
func (r *reader) passwordless() Draft {
	root := r.root()
	recipient := "recipient"
	if !root.has(recipient) && root.has("to") {
		recipient = "to"
	}
	request := root.object("req")
	m := messaging.Message{
		Channel:   root.channel("message_type"),
		Action:    messaging.Passwordless,
		To:        root.required(recipient),
		Text:      root.required("body"),
		From:      cmp.Or(root.text("sender"), root.text("from")),
		Code:      root.text("code"),
		Language:  request.language("language"),
		IP:        request.text("ip"),
		UserAgent: cmp.Or(request.text("user-agent"), request.text("user_agent")),
	}
	return Draft{Message: m, RecipientField: recipient, TextField: "body"}
}
