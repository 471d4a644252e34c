package vonage

import "github.com/phonehook/phonehook/worker/provider"

type statusClass struct {
	kind   provider.Kind
	detail string
}

// smsStatuses is what the SMS API's statuses mean, from
// developer.vonage.com/en/api-errors/sms. Those marked "formerly" are no longer on
// that page and are kept for accounts that still get them.

// Any status but 0 says that the part was not accepted, so none of them is Unknown.
var smsStatuses = map[int]statusClass{
	1:  {provider.Throttled, "more messages a second than the account may send"},
	2:  {provider.Misconfigured, "the request lacks a parameter"},
	3:  {provider.Misconfigured, "a parameter of the request is not valid; check the sender"},
	4:  {provider.Misconfigured, "the API key or its secret is wrong or disabled"},
	5:  {provider.Unavailable, "the vendor failed inside"},
	6:  {provider.Unroutable, "the vendor has no route to this number"},
	7:  {provider.Refused, "the number is barred at the vendor"},
	8:  {provider.Misconfigured, "the account is suspended"},
	9:  {provider.Misconfigured, "the account has no credit"},
	10: {provider.Throttled, "more connections than the account may have"},
	11: {provider.Misconfigured, "the account is not enabled for the SMS API"},
	12: {provider.Refused, "the text is too long"},
	13: {provider.Unavailable, "the vendor could not pass the message on"}, // formerly
	14: {provider.Misconfigured, "the request's signature is wrong"},
	15: {provider.Unroutable, "the sender may not be used for this country"},
	16: {provider.Misconfigured, "the validity period is not valid"},     // formerly
	19: {provider.Misconfigured, "the account may not use this feature"}, // formerly
	20: {provider.Misconfigured, "the message class is not valid"},       // formerly
	22: {provider.Misconfigured, "the network code does not fit the number"},
	23: {provider.Misconfigured, "the callback's address is not valid"},
	29: {provider.Misconfigured, "a trial account sends only to numbers it lists"},
	32: {provider.Misconfigured, "the request has a signature and a secret"},
	33: {provider.Refused, "the number is no longer in use"},
	34: {provider.Refused, "the number is not valid"}, // formerly
}

// classOf returns what a status other than 0 means. One that is in no list is
// Unavailable: the vendor did not take the message, and nothing says that another
// attempt or another vendor would not.
func classOf(status int) statusClass {
	if class, ok := smsStatuses[status]; ok {
		return class
	}
	return statusClass{provider.Unavailable, "the vendor did not take it, with a status that is in no list"}
}
