package telesign

import "github.com/phonehook/phonehook/worker/provider"

// Facts are what an operator should know.
var Facts = provider.Facts{
	Vendor:      "TeleSign",
	Channels:    []provider.Channel{provider.SMS, provider.Voice},
	Validity:    "None, and how long a phone rings is the vendor's choice.",
	Idempotency: "No: a copy of a request is refused, and a second request is a second message.",
	Receipts: "At an address of each message, signed with the account's API key over the body and without a time. That calls take such an " +
		"address is not confirmed; the account's own, which TeleSign's support sets, works as well.",
	Regions: "rest-api.telesign.com for accounts opened on the web; rest-ww.telesign.com for those with a contract, whose calls TeleSign has to enable.",
	Senders: "TeleSign's choice; a number, a short code or a name of up to 11 characters once its support has allowed it. Calls come from the account's number.",
	Docs:    "https://developer.telesign.com/enterprise/reference/sendsms",
}
