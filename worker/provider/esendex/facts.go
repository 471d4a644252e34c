package esendex

import "github.com/phonehook/phonehook/worker/provider"

// Facts are what an operator should know.
var Facts = provider.Facts{
	Vendor:   "Esendex",
	Channels: []provider.Channel{provider.SMS, provider.Voice},
	Validity: "SMS: `validity` in whole hours, 1 to 72; a code that is good for minutes gets 1, so it may arrive after its end. " +
		"Voice: none; a call is tried once.",
	Idempotency: "None.",
	Receipts: "Push notifications in XML to one address of the account, to be entered at Esendex; unsigned, so the address is the secret. " +
		"They name the message by Esendex's id alone, which is kept for up to four days.",
	Regions: "One address for all.",
	Senders: "A number, a short code or a name of up to 11 characters; the account's own where none is given.",
	Docs:    "https://developers.esendex.com/api-reference/",
}
