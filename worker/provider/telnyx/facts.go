package telnyx

import "github.com/phonehook/phonehook/worker/provider"

// Facts are what an operator should know.
var Facts = provider.Facts{
	Vendor:      "Telnyx",
	Channels:    []provider.Channel{provider.SMS, provider.Voice},
	Validity:    "SMS: none, the vendor keeps a message in its queue for up to an hour. Calls ring for as long as is left, 5 to 60 s.",
	Idempotency: "no",
	Receipts: "At an address of each message. SMS: signed with Ed25519 and a time, checked where public_key is configured. Calls: " +
		"the signature is checked where there is one, else the address's own counts.",
	Regions: "one address for all",
	Senders: "Numbers, short codes, and names of up to 11 letters, digits and blanks with a messaging profile; none of names in the US, " +
		"Canada and Puerto Rico. A messaging profile is a pool.",
	Docs: "https://developers.telnyx.com/docs/messaging/messages",
}
