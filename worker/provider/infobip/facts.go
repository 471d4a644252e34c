package infobip

import "github.com/phonehook/phonehook/worker/provider"

// Facts are what an operator should know.
var Facts = provider.Facts{
	Vendor:      "Infobip",
	Channels:    []provider.Channel{provider.SMS, provider.Voice},
	Validity:    "SMS: the rest of the life in seconds, up to 48 h. Calls: in minutes, at least one, and they ring for as long as is left, 5 to 45 s.",
	Idempotency: "no; the reference is the vendor's id of the message, of which a second one can be rejected",
	Receipts:    "At an address of each message, which counts: the vendor signs nothing there.",
	Regions:     "every account has its own address, which has to be configured",
	Senders:     "Numbers, short codes, and names of 3 to 11 letters and digits, which many countries want to have registered. Calls come from a number.",
	Docs:        "https://www.infobip.com/docs/api/channels/sms",
}
