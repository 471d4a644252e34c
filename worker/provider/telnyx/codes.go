package telnyx

import "github.com/phonehook/phonehook/worker/provider"

// class is what a code means: for the next attempt, and in words.
type class struct {
	kind   provider.Kind
	reason string
	// general says that the code is of any parameter, and the vendor's pointer tells which.
	general bool
}

// codes is what the vendor's codes mean, from developers.telnyx.com/docs/messaging/messages/error-codes
// and developers.telnyx.com/development/api-fundamentals/api-errors. Those of 400xx come in webhooks
// alone, unless an answer of 200 has a message in it that could not be sent.
var codes = map[code]class{
	// The recipient and the message.
	"10001": {kind: provider.Refused, reason: "the number is not active"},
	"10002": {kind: provider.Refused, reason: "a telephone number is not valid", general: true},
	"10016": {kind: provider.Refused, reason: "a telephone number is not in E.164", general: true},
	"40001": {kind: provider.Refused, reason: "the number can't be reached by SMS; it may be a landline"},
	"40009": {kind: provider.Refused, reason: "the network did not accept the text"},
	"40012": {kind: provider.Refused, reason: "the network does not know the number"},
	"40300": {kind: provider.Refused, reason: "the recipient wants no messages from this sender"},
	"40301": {kind: provider.Refused, reason: "the number can't receive this type of message"},
	"40302": {kind: provider.Refused, reason: "the text has too many parts"},
	"40304": {kind: provider.Refused, reason: "the content does not go together"},
	"40310": {kind: provider.Refused, reason: "the recipient's number is not valid"},
	"40316": {kind: provider.Refused, reason: "there is no text"},
	"40319": {kind: provider.Refused, reason: "the number can't receive this type of message"},
	"40322": {kind: provider.Refused, reason: "the vendor bars the content"},
	"40328": {kind: provider.Refused, reason: "the text is unusually long"},

	// The sender, the country and the network.
	"40002": {kind: provider.Unroutable, reason: "the network takes it for spam, for now"},
	"40003": {kind: provider.Unroutable, reason: "the network bars the sender as a source of spam"},
	"40004": {kind: provider.Unroutable, reason: "the network refused it and said no reason"},
	"40007": {kind: provider.Unroutable, reason: "the message went in a circle"}, // formerly
	"40008": {kind: provider.Unroutable, reason: "the network did not accept it"},
	"40010": {kind: provider.Unroutable, reason: "the sender is not registered for 10DLC"},
	"40013": {kind: provider.Unroutable, reason: "the network does not accept the sender"},
	"40015": {kind: provider.Unroutable, reason: "the vendor takes it for spam"},
	"40017": {kind: provider.Unroutable, reason: "AT&T takes it for spam"},
	"40019": {kind: provider.Unroutable, reason: "the sender's 10DLC campaign does not fit, AT&T says"},
	"40020": {kind: provider.Unroutable, reason: "codes from this sender are barred for 24 hours as inflated traffic"},
	"40100": {kind: provider.Unroutable, reason: "the sender is not enabled for messages"},
	"40305": {kind: provider.Unroutable, reason: "the sender is not the account's, or not in the messaging profile"},
	"40306": {kind: provider.Unroutable, reason: "the messaging profile has no name as a sender"},
	"40307": {kind: provider.Unroutable, reason: "the name is not the one of the messaging profile"},
	"40309": {kind: provider.Unroutable, reason: "the messaging profile does not allow the recipient's country"},
	"40315": {kind: provider.Unroutable, reason: "the vendor holds the sender back for too many failures"},
	"40320": {kind: provider.Unroutable, reason: "the sender can't be used yet"},
	"40321": {kind: provider.Unroutable, reason: "the messaging profile has no number that can be used"},
	"40325": {kind: provider.Unroutable, reason: "the name is no valid sender"},
	"40329": {kind: provider.Unroutable, reason: "the toll-free sender is not verified"},
	"40330": {kind: provider.Unroutable, reason: "the toll-free sender is not provisioned"},
	"40331": {kind: provider.Unroutable, reason: "the messaging profile allows no country"},

	// Too much.
	"10011": {kind: provider.Throttled, reason: "the vendor asks for fewer requests"},
	"40011": {kind: provider.Throttled, reason: "the network asks for fewer messages"},
	"40016": {kind: provider.Throttled, reason: "the campaign's limit at T-Mobile is reached"},
	"40018": {kind: provider.Throttled, reason: "the campaign's limit at AT&T is reached"},
	"40318": {kind: provider.Throttled, reason: "the sender's queue is full"},
	"90041": {kind: provider.Throttled, reason: "the account has all the calls that it may have"},
	"90042": {kind: provider.Throttled, reason: "the account has all the calls that it may have"},
	"90043": {kind: provider.Throttled, reason: "the account has all the calls that it may have"},

	// The vendor's own state. After the first two nobody knows whether it took the message.
	"10007": {kind: provider.Unknown, reason: "the vendor failed with the message in hand"},
	"10008": {kind: provider.Unknown, reason: "the vendor's own time was over"},
	"10037": {kind: provider.Unavailable, reason: "the vendor can't take it now"},
	"40005": {kind: provider.Unavailable, reason: "it expired on its way"},
	"40006": {kind: provider.Unavailable, reason: "the network's own system is down"},
	"40014": {kind: provider.Unavailable, reason: "it expired in the vendor's queue"},

	// The account and our request.
	"10003": {kind: provider.Misconfigured, reason: "an address in the request is not valid"},
	"10004": {kind: provider.Misconfigured, reason: "the request lacks a parameter"},
	"10005": {kind: provider.Misconfigured, reason: "there is no such thing at this address; check base_url and the ids"},
	"10006": {kind: provider.Misconfigured, reason: "an id in the request is not valid"},
	"10009": {kind: provider.Misconfigured, reason: "the vendor does not accept the API key"},
	"10010": {kind: provider.Misconfigured, reason: "the account may not do this"},
	"10015": {kind: provider.Misconfigured, reason: "a parameter of the request is not valid", general: true},
	"10038": {kind: provider.Misconfigured, reason: "the account may not use this feature"},
	"10039": {kind: provider.Misconfigured, reason: "the account's own limit is reached"},
	"10017": {kind: provider.Misconfigured, reason: "an id in the request is of nothing that there is"},
	"10023": {kind: provider.Misconfigured, reason: "the request is not JSON"},
	"10025": {kind: provider.Misconfigured, reason: "a parameter is too short or too long", general: true},
	"10026": {kind: provider.Misconfigured, reason: "a parameter is of the wrong type", general: true},
	"10027": {kind: provider.Misconfigured, reason: "the vendor can't make sense of the request", general: true},
	"10028": {kind: provider.Misconfigured, reason: "the request is not in UTF-8"},
	"10029": {kind: provider.Misconfigured, reason: "the request has the wrong content type"},
	"10030": {kind: provider.Misconfigured, reason: "the request has the wrong method"},
	"10032": {kind: provider.Misconfigured, reason: "a parameter has none of the values that there are", general: true},
	"10033": {kind: provider.Misconfigured, reason: "a parameter is out of its range", general: true},
	"10034": {kind: provider.Misconfigured, reason: "the request has the wrong content type"},
	"20001": {kind: provider.Misconfigured, reason: "the API key's secret is wrong"},
	"20002": {kind: provider.Misconfigured, reason: "the API key is revoked"},
	"20003": {kind: provider.Misconfigured, reason: "the API key is forbidden"},
	"20004": {kind: provider.Misconfigured, reason: "the API key's permissions are not valid"},
	"20005": {kind: provider.Misconfigured, reason: "the API key's user is not valid"},
	"20006": {kind: provider.Misconfigured, reason: "the access token has expired"},
	"20007": {kind: provider.Misconfigured, reason: "the API key's permissions are not valid"},
	"20008": {kind: provider.Misconfigured, reason: "the API key is not valid"},
	"20012": {kind: provider.Misconfigured, reason: "the account is not active; it may have no credit"},
	"20013": {kind: provider.Misconfigured, reason: "the account is blocked"},
	"20014": {kind: provider.Misconfigured, reason: "the account is not verified"},
	"20015": {kind: provider.Misconfigured, reason: "the account's level does not allow this"},
	"20016": {kind: provider.Misconfigured, reason: "the account is not verified"},
	"20017": {kind: provider.Misconfigured, reason: "the account is not verified"},
	"20100": {kind: provider.Misconfigured, reason: "the account has no credit"},
	"40311": {kind: provider.Misconfigured, reason: "the messaging profile's secret is wrong"},
	"40312": {kind: provider.Misconfigured, reason: "the messaging profile is disabled"},
	"40313": {kind: provider.Misconfigured, reason: "the messaging profile wants a secret"},
	"40314": {kind: provider.Misconfigured, reason: "the account may not send messages"},
	"40333": {kind: provider.Misconfigured, reason: "the messaging profile's limit of spending is reached"},
	"90012": {kind: provider.Misconfigured, reason: "the vendor does not know the voice"},
	"90013": {kind: provider.Misconfigured, reason: "the vendor does not know the language"},
}
