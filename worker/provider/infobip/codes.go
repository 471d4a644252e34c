package infobip

import "github.com/phonehook/phonehook/worker/provider"

// class is what a code means: for the next attempt, in a report, and in words.
type class struct {
	kind   provider.Kind
	reason string
	// report is the status of a report; empty where the group decides.
	report provider.Status
	// general says that the code is of any parameter, and the vendor's answer tells which.
	general bool
}

// refusals is what the codes of answers that are not of 2xx mean, from the vendor's OpenAPI of the two
// APIs. The names are those of the older form.
var refusals = map[string]class{
	"E400":              {kind: provider.Misconfigured, reason: "the vendor can't make sense of the request", general: true},
	"BAD_REQUEST":       {kind: provider.Misconfigured, reason: "the vendor can't make sense of the request", general: true},
	"E401":              {kind: provider.Misconfigured, reason: "the vendor does not accept the API key"},
	"UNAUTHORIZED":      {kind: provider.Misconfigured, reason: "the vendor does not accept the API key"},
	"E403":              {kind: provider.Misconfigured, reason: "the API key's scopes do not allow this"},
	"FORBIDDEN":         {kind: provider.Misconfigured, reason: "the API key's scopes do not allow this"},
	"E404":              {kind: provider.Misconfigured, reason: "there is no such API at this address; check base_url"},
	"NOT_FOUND":         {kind: provider.Misconfigured, reason: "there is no such API at this address; check base_url"},
	"E405":              {kind: provider.Misconfigured, reason: "there is no such API at this address; check base_url"},
	"E429":              {kind: provider.Throttled, reason: "the vendor asks for fewer requests"},
	"TOO_MANY_REQUESTS": {kind: provider.Throttled, reason: "the vendor asks for fewer requests"},
	"E500":              {kind: provider.Unknown, reason: "the vendor failed with the message in hand"},
	"GENERAL_ERROR":     {kind: provider.Unknown, reason: "the vendor failed with the message in hand"},
}

// statuses is what the vendor's statuses mean, from infobip.com/docs/essentials/response-status-and-error-codes.
// Which of them say that a message is still on its way is from
// infobip.com/docs/developer-resources/api-fundamentals/message-status-codes.
var statuses = map[int]class{
	// On its way. The kind is of no account, since the vendor has it.
	2:  {report: provider.Sent, reason: "the network has it"},
	3:  {report: provider.Sent, reason: "the network has it"},
	5:  {report: provider.Delivered, reason: "the phone has it"},
	7:  {report: provider.Sent, reason: "it is on its way to the network"},
	26: {report: provider.Accepted, reason: "the vendor has it"},

	// The network and the phone.
	4:  {kind: provider.Unroutable, reason: "the network refused it"},
	9:  {kind: provider.Unavailable, reason: "the network could not deliver it"},
	15: {kind: provider.Unavailable, reason: "its validity ended first"},
	29: {kind: provider.Unknown, reason: "nobody knows whether it was delivered before its validity ended", report: provider.Unconfirmed},
	31: {kind: provider.Unavailable, reason: "the vendor did not send it", report: provider.Failed},
	96: {kind: provider.Unavailable, reason: "nobody took the call"},
	97: {kind: provider.Unavailable, reason: "the phone is busy"},
	98: {kind: provider.Unavailable, reason: "the call was cancelled before it reached the phone", report: provider.Failed},
	99: {kind: provider.Unavailable, reason: "the call was declined", report: provider.Undelivered},

	// The recipient and the message.
	8:  {kind: provider.Refused, reason: "the number's prefix or its length is wrong"},
	10: {kind: provider.Refused, reason: "the recipient wants no messages from services"},
	24: {kind: provider.Misconfigured, reason: "the request is not one for a text"},
	25: {kind: provider.Refused, reason: "the text is too long"},
	51: {kind: provider.Misconfigured, reason: "the request has no recipient"},
	52: {kind: provider.Refused, reason: "the recipient's number is not valid"},
	55: {kind: provider.Refused, reason: "there is no text"},

	// The sender, the country and the network. A recipient on the account's own list of those
	// that are barred can still be reached by another vendor.
	6:  {kind: provider.Unroutable, reason: "the account does not reach the recipient's network"},
	11: {kind: provider.Unroutable, reason: "the sender is not registered at the account"},
	13: {kind: provider.Unroutable, reason: "the account bars the sender"},
	14: {kind: provider.Unroutable, reason: "the account or the network bars the recipient"},
	18: {kind: provider.Unroutable, reason: "the account is on trial and sends to its own number alone"},
	19: {kind: provider.Unroutable, reason: "the account has no route to the recipient"},
	20: {kind: provider.Unroutable, reason: "the recipient got too many messages in an hour, the vendor says"},
	54: {kind: provider.Unroutable, reason: "the vendor does not speak the language"},
	87: {kind: provider.Unroutable, reason: "the vendor takes it for fraud", report: provider.Failed},

	// The vendor's own state. The message of status 23 may be the one of an earlier attempt.
	21:  {kind: provider.Unavailable, reason: "the vendor failed and did not take it"},
	23:  {kind: provider.Unknown, reason: "the vendor has a message of this reference already"},
	100: {kind: provider.Unavailable, reason: "the vendor could not take it", report: provider.Failed},

	// The account and our request.
	12: {kind: provider.Misconfigured, reason: "the account has no credit"},
	17: {kind: provider.Misconfigured, reason: "the account's credit has expired"},
	53: {kind: provider.Misconfigured, reason: "the address of the recording is not valid"},
	56: {kind: provider.Misconfigured, reason: "the address for reports is not valid"},
	57: {kind: provider.Misconfigured, reason: "the content type of reports is not valid"},
	58: {kind: provider.Misconfigured, reason: "the key to repeat is not valid"},
	59: {kind: provider.Misconfigured, reason: "the time to press a key is not valid"},
	60: {kind: provider.Misconfigured, reason: "the time to ring is not valid"},
	61: {kind: provider.Misconfigured, reason: "the longest time of a call is not valid"},
	62: {kind: provider.Misconfigured, reason: "the detection of answering machines is not valid"},
	63: {kind: provider.Misconfigured, reason: "the request's actions are not valid"},
	64: {kind: provider.Misconfigured, reason: "the request's groups of actions are not valid"},
	83: {kind: provider.Misconfigured, reason: "the account may not detect answering machines"},
	91: {kind: provider.Misconfigured, reason: "the text's SSML is not valid"},
}

// reasons are what the errors of reports mean, from the same page: those that tell an operator more
// than the status. Those of 5xxx are of older calls, and those of 10xxx of calls.
var reasons = map[int]string{
	1: "the network does not know the number", 5: "the network does not know the number", 6: "the phone is off or out of reach",
	8: "the phone is abroad, where the network has no partner", 9: "the network bars the number", 11: "the number can't receive SMS",
	12: "the network bars the phone", 13: "the network suspended the number", 27: "the phone is off or out of reach",
	31: "the phone is busy receiving", 32: "the phone could not receive it", 34: "the network's own system failed", 256: "the phone's memory is full",
	351: "the recipient's number is not valid", 352: "the recipient's number is not valid", 355: "the text is too long",
	368: "the network does not accept the sender", 375: "the network bars the sender", 488: "the toll-free sender is not verified",
	502: "the network did not answer", 541: "the network's limit of messages is reached", 542: "the network's limit of the day is reached",
	561: "the network bars the content", 562: "the short code is not provisioned at the network", 564: "the network bars the short code",
	566: "the network bars the recipient", 568: "the number can't receive SMS", 569: "the network suspended the number",
	571: "the sender's campaign is not valid at the network", 572: "the sender's campaign is not valid at the network",
	573: "the recipient bars the short code", 581: "the recipient's own credit is used up", 592: "the account does not reach the recipient's network",
	603: "the recipient wants no messages from this sender", 607: "the network takes it for spam", 608: "the vendor takes it for fraud",
	609: "the vendor's limit of the day is reached", 629: "the number can't receive SMS", 631: "the network's own system failed",
	632: "the network did not accept it", 811: "it expired before it reached the phone", 2048: "the network's time was over",
	2050: "the recipient wants no messages from services", 2052: "the account or the network bars the recipient",
	2053: "the account or the network bars the sender", 3041: "the number is not active", 4097: "the vendor did not send it",
	4098: "its validity ended first", 4099: "the account's limit of the month is reached", 4100: "its validity ended before it was sent",
	4101: "its validity ended first", 4103: "the recipient got too many messages in an hour", 4104: "the recipient got too many messages of this text in an hour",
	4202: "the network's limit for 10DLC is reached", 5492: "the recipient got the same message already",
	5002: "the phone is busy", 5003: "nobody took the call", 5403: "the network refused the call", 5404: "the recipient's number is not valid",
	5408: "the network's time was over", 5480: "the phone is off or out of reach", 5487: "the call was declined", 5503: "the network can't take calls now",
	5603:  "the call was declined",
	10200: "nobody took the call", 10201: "the phone is busy", 10202: "the call was cancelled before it reached the phone", 10203: "the call was declined",
	10204: "the phone is off or out of reach", 10300: "the network refused the call", 10301: "the account has no credit",
	10303: "the recipient's number is not valid", 10304: "the number can't be called now", 10305: "the recipient's number is not valid",
	10307: "the network's time was over", 10308: "the network's own system failed", 10309: "the network can't take calls now",
	10312: "the network is congested", 10313: "the number takes no calls from this sender",
}
