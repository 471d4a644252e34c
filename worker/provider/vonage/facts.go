package vonage

import "github.com/phonehook/phonehook/worker/provider"

// Facts are what an operator should know of the vendor.
var Facts = provider.Facts{
	Vendor:      "Vonage",
	Channels:    []provider.Channel{provider.SMS, provider.Voice},
	Validity:    "SMS: 20 s to 7 days. Calls ring no longer than the message lives, at most 60 s.",
	Idempotency: "none; the reference is repeated in receipts",
	Receipts:    "for each message. Calls and the Messages API sign with a token (HS256); the SMS API signs its parameters where the account asked for it, and is believed for its address elsewhere.",
	Regions:     "global, and regional addresses as `sms_url` and `voice_url`",
	Senders:     "numbers, short codes, names of up to 11 letters and digits; calls from numbers",
	Docs:        "https://developer.vonage.com/en/messaging/sms/overview",
}
