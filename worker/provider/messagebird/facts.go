package messagebird

import "github.com/phonehook/phonehook/worker/provider"

// Facts are what an operator should know.
var Facts = provider.Facts{
	Vendor:      "MessageBird",
	Channels:    []provider.Channel{provider.SMS, provider.Voice},
	Validity:    "SMS: seconds, up to 48 h. Calls: none.",
	Idempotency: "no",
	Receipts: "At an address of each message. Signed with HS256, the address and a time, checked where signing_key is configured; " +
		"else the address's own counts.",
	Regions: "one address for all",
	Senders: "Numbers, short codes, and names of up to 11 characters where the country allows them.",
	Docs:    "https://developers.messagebird.com/api/sms-messaging",
}
