package plivo

import "github.com/phonehook/phonehook/worker/provider"

// Facts are what an operator should know.
var Facts = provider.Facts{
	Vendor:      "Plivo",
	Channels:    []provider.Channel{provider.SMS, provider.Voice},
	Validity:    "SMS: 5 to 10,799 s in the vendor's queue, and none once a network has it. Calls ring for as long as is left, 5 to 60 s.",
	Idempotency: "no",
	Receipts: "At an address of each message, signed with HMAC-SHA256: calls whole (V3), SMS whole or their address alone (V2). Calls need " +
		"the section receipts, because the vendor asks the gateway what to say.",
	Regions: "one address for all",
	Senders: "Numbers, short codes, and names of up to 11 letters and digits where the account is enabled for them. A powerpack is a pool.",
	Docs:    "https://plivo.com/docs/messaging/api/messages",
}
