package webhook

import "github.com/phonehook/phonehook/worker/provider"

// Facts are what an operator should know.
var Facts = provider.Facts{
	Vendor:      "Any vendor with an HTTP API",
	Channels:    []provider.Channel{provider.SMS, provider.Voice},
	Validity:    "As the templates say: .TTL has the seconds that are left, .Expires the end.",
	Idempotency: "As the templates say: .Reference is the same for every attempt.",
	Receipts: "Where the file says how to read them, at an address of each message; HMAC-SHA256 or HMAC-SHA1 over the body where " +
		"the vendor signs, else the address's own signature.",
	Regions: "Whatever address is configured.",
	Senders: "Numbers, short codes and names of up to 11 characters; the vendor's own rules go into errors.",
	Docs:    "The vendor's own.",
}
