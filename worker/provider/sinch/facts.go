package sinch

import "github.com/phonehook/phonehook/worker/provider"

// Facts are what an operator should know.
var Facts = provider.Facts{
	Vendor:   "Sinch",
	Channels: []provider.Channel{provider.SMS, provider.Voice},
	Validity: "SMS: `expire_at`, a time up to three days ahead; the service plan's queue is first in, first out, so that codes should have " +
		"a plan of their own. Calls: none.",
	Idempotency: "no",
	Receipts: "SMS: at an address of each message, signed with HMAC where the vendor has enabled it and `webhook_secret` is configured. " +
		"Calls: one event at their end to the application's callback URL, to be entered in the dashboard; always signed.",
	Regions: "SMS: us, eu, au, br, ca; a service plan belongs to one. Calls: one address for all, or one of five regions as `base_url`.",
	Senders: "SMS: numbers, short codes, and names of up to 11 characters; the service plan's default originator where there is none. " +
		"Calls need a number.",
	Docs: "https://developers.sinch.com/docs/sms/api-reference/",
}
