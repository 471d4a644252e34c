package twilio

import "github.com/phonehook/phonehook/worker/provider"

// Facts are what an operator should know.
var Facts = provider.Facts{
	Vendor:   "Twilio",
	Channels: []provider.Channel{provider.SMS, provider.Voice},
	Validity: "SMS: `ValidityPeriod`, 1 to 36,000 s in Twilio's own queue. Calls ring for as long as is left, 5 to 60 s. " +
		"Verify: none, a code lives for ten minutes.",
	Idempotency: "no",
	Receipts: "At an address of each message, signed with HMAC-SHA1 and without a time, checked where auth_token is configured, else the address's own " +
		"secrecy counts. Verify: none; it wants to be told whether codes worked.",
	Regions: "us1, ie1 and au1, through an edge of the operator's choice; Verify in us1 alone",
	Senders: "Numbers, short codes, and names of up to 11 letters, digits, blanks and + - _ &. A messaging service is a pool. " +
		"Verify has its own senders and texts.",
	Docs: "https://www.twilio.com/docs/messaging/api/message-resource",
}
