package mitto

import "github.com/phonehook/phonehook/worker/provider"

// Facts are what an operator should know.
var Facts = provider.Facts{
	Vendor:      "Mitto",
	Channels:    []provider.Channel{provider.SMS},
	Validity:    "`validity` in whole minutes, 1 to 2,880; a network with a shorter one of its own keeps to that.",
	Idempotency: "None.",
	Receipts: "At an address of each message, by GET or POST as the account is set up; unsigned, so the address is the secret. " +
		"Mitto has to allow the gateway's address.",
	Regions: "One address that leads to the nearest place; Frankfurt, Singapore, Hong Kong and the United States have their own.",
	Senders: "A number of up to 14 digits, a short code or a name of 3 to 11 characters.",
	Docs:    "https://docs.mitto.ch/sms-bulk-sms-api-reference",
}
