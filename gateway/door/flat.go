package door

import "github.com/phonehook/phonehook/messaging"

// flat reads the event of the trigger send-phone-message, version 1, which has the
// members of the Hook's context beside recipient and text. The documented samples for
// forwarding a message send a part of it, with their own words for two values:
// message_type text and action second-factor-authenticator.
func (r *reader) flat() Draft {
	root := r.root()
	m := messaging.Message{
		To:        root.required("recipient"),
		Text:      root.required("text"),
		From:      root.text("from"),
		Channel:   root.channel("message_type"),
		Action:    root.action("action"),
		Language:  root.language("language"),
		Code:      root.text("code"),
		IP:        root.text("ip"),
		UserAgent: root.text("user_agent"),
		Client:    root.client("client_metadata"),
		User:      root.user(),
	}
	return Draft{Message: m, RecipientField: "recipient", TextField: "text"}
}
