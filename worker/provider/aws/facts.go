package aws

import "github.com/phonehook/phonehook/worker/provider"

// Facts are what an operator should know.
var Facts = provider.Facts{
	Vendor:      "Amazon Web Services",
	Channels:    []provider.Channel{provider.SMS, provider.Voice},
	Validity:    "5 s to 72 h, of SMS and of placing calls. None in the mode sns.",
	Idempotency: "no",
	Receipts: "Events of a configuration set through an SNS topic, to which the account's address has to be subscribed over HTTPS; the " +
		"subscription is confirmed. Signed by SNS with a certificate of the vendor's host, and only from the topics of topic_arn. None in " +
		"the mode sns.",
	Regions: "33 regions, of which 20 have calls; credentials are keys of a user of IAM, not roles nor those of an instance",
	Senders: "Numbers, short codes, and sender ids of up to 11 letters, digits, hyphens and underscores. A pool's id or ARN is a pool, but " +
		"not in the mode sns, which has no calls either.",
	Docs: "https://docs.aws.amazon.com/sms-voice/latest/userguide/what-is-sms-mms.html",
}
