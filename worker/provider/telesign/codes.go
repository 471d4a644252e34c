package telesign

import "github.com/phonehook/phonehook/worker/provider"

// class is what a code means, of a request that was just made and of a message that was taken.
type class struct {
	// kind is the failure that the code is as an answer; 0 says that the message was taken.
	kind provider.Kind
	// status is what has become of a message that is reported with the code.
	status provider.Status
	reason string
}

// codes are the vendor's codes of SMS and calls, statuses and errors alike, from
// developer.telesign.com/enterprise/docs/all-status-and-error-codes. Those that say in an answer
// that an attempt is over were not seen there, but the pages exclude none of them.
var codes = map[code]class{
	// Calls. In all but 100, 103 and 105 nobody has heard anything, so that it may be tried again.
	100: {0, provider.Delivered, ""},
	101: {provider.Unavailable, provider.Undelivered, "nobody answered"},
	103: {0, provider.Sent, ""},
	104: {provider.Refused, provider.Failed, "the recipient's number is not valid"},
	105: {0, provider.Accepted, ""},
	106: {provider.Unavailable, provider.Failed, "the call could not be made"},
	107: {provider.Unavailable, provider.Undelivered, "the line was busy"},
	108: {provider.Unavailable, provider.Failed, "the vendor ended the call before it was made"},
	129: {provider.Refused, provider.Failed, "the account's own list blocks the number"},
	130: {provider.Unroutable, provider.Failed, "the vendor's list blocks the number"},

	// SMS. Of 201 it is said that all went well and that the number is suspicious, but not that
	// the phone has the message.
	200: {0, provider.Delivered, ""},
	201: {0, provider.Sent, "the vendor finds the recipient's number suspicious"},
	203: {0, provider.Sent, ""},
	207: {provider.Unavailable, provider.Undelivered, "the network did not deliver it and does not say why"},
	210: {provider.Unavailable, provider.Undelivered, "the phone is off, or its memory is full"},
	211: {provider.Refused, provider.Undelivered, "the phone can't receive SMS, or is not properly registered"},
	220: {provider.Unroutable, provider.Undelivered, "the network has no route to the phone"},
	221: {provider.Unavailable, provider.Expired, "its time was over before the network delivered it"},
	222: {provider.Refused, provider.Undelivered, "the phone, its network or its plan has no SMS"},
	229: {provider.Refused, provider.Failed, "the account's own list blocks the number"},
	230: {provider.Unroutable, provider.Failed, "the vendor's list blocks the number"},
	231: {provider.Unroutable, provider.Failed, "the vendor does not take this text"},
	233: {provider.Refused, provider.Failed, "the number's risk is above what the account allows"},
	237: {provider.Unroutable, provider.Failed, "the account blocks the recipient's country"},
	238: {provider.Unroutable, provider.Failed, "the account blocks the prefix of the recipient's number"},
	250: {0, provider.Unconfirmed, "what became of it can't be found out"},
	251: {0, provider.Unconfirmed, "no network said within 12 hours what became of it"},
	290: {0, provider.Accepted, ""},
	292: {0, provider.Accepted, ""},
	295: {0, provider.Accepted, ""},

	// Both.
	500: {provider.Unavailable, provider.Failed, "the vendor did not try it"},
	501: {provider.Misconfigured, provider.Failed, "the account may not do this, or its key is wrong"},
	502: {provider.Unroutable, provider.Failed, "something is wrong with the short code that it comes from"},
	503: {provider.Unavailable, provider.Undelivered, "the network refused it for now"},
	504: {provider.Unroutable, provider.Undelivered, "the network refused it for good"},
	505: {provider.Unavailable, provider.Failed, "the vendor's partner failed for now"},
	506: {provider.Unroutable, provider.Failed, "the vendor's partner failed for good"},
	507: {provider.Refused, provider.Failed, "the recipient's number is not valid, or nobody's"},
	508: {provider.Unroutable, provider.Failed, "the sender is missing or not valid"},
	509: {provider.Misconfigured, provider.Failed, "a parameter of the request is not supported"},
	510: {provider.Refused, provider.Undelivered, "the recipient blocked SMS, or those of this sender"},
	511: {provider.Refused, provider.Undelivered, "the recipient has no credit to receive it"},
	512: {provider.Unavailable, provider.Undelivered, "the phone is roaming and can't receive it"},
	513: {provider.Unroutable, provider.Undelivered, "the number was ported and is not reached"},
	514: {provider.Unavailable, provider.Undelivered, "the network can't reach the phone now"},
	515: {provider.Unroutable, provider.Undelivered, "the network takes it for spam"},
	516: {provider.Refused, provider.Undelivered, "the phone has no SMS"},
	517: {provider.Unroutable, provider.Failed, "India's registry does not know the template or the sender"},
	518: {provider.Refused, provider.Failed, "the number's SIM was changed lately, which the account does not allow"},
	519: {provider.Unroutable, provider.Failed, "whether the number's SIM was changed could not be found out, which the account asks for"},
	520: {provider.Unroutable, provider.Failed, "the network does not allow this text"},
	521: {provider.Unroutable, provider.Failed, "the recipient's country or network does not allow this sender"},
	599: {provider.Unknown, provider.Unconfirmed, "the vendor can't say now what became of it"},

	// Errors of both APIs.
	10000: {provider.Unavailable, provider.Failed, "the vendor can't take it now"},
	// It had the request before, and may have taken it then.
	10002: {provider.Unknown, provider.Failed, "the vendor has seen this very request before"},
	10003: {provider.Misconfigured, provider.Failed, badSignature},
	10004: {provider.Misconfigured, provider.Failed, wrongTime},
	10005: {provider.Misconfigured, provider.Failed, badSignature},
	10006: {provider.Misconfigured, provider.Failed, badSignature},
	10007: {provider.Misconfigured, provider.Failed, badSignature},
	10008: {provider.Misconfigured, provider.Failed, badSignature},
	10009: {provider.Misconfigured, provider.Failed, badSignature},
	10010: {provider.Misconfigured, provider.Failed, suspended},
	10011: {provider.Misconfigured, provider.Failed, noProduct},
	10012: {provider.Misconfigured, provider.Failed, noProduct},
	10013: {provider.Misconfigured, provider.Failed, noCustomer},
	10014: {provider.Misconfigured, provider.Failed, noAddress},
	10015: {provider.Misconfigured, provider.Failed, noCustomer},
	10019: {provider.Throttled, provider.Failed, tooMany},
	10020: {provider.Misconfigured, provider.Failed, capReached},
	10022: {provider.Misconfigured, provider.Failed, noKey},
	10028: {provider.Misconfigured, provider.Failed, badSignature},
	10030: {provider.Misconfigured, provider.Failed, noCredit},
	// As an answer it is about the host, in a report about the number.
	10031: {provider.Misconfigured, provider.Failed, "the account may not use this host, or its own list blocks the number"},
	10032: {provider.Unroutable, provider.Failed, "the vendor's list blocks the number"},
	10033: {provider.Misconfigured, provider.Failed, "the account is on trial and may send only to numbers that were verified"},
	10034: {provider.Unroutable, provider.Failed, "the vendor blocks such calls to the recipient's country"},
	10035: {provider.Misconfigured, provider.Failed, "the account may not use this host; give the one of the account as base_url"},
	11000: {provider.Refused, provider.Failed, "the recipient's number is not valid"},
	11001: {provider.Refused, provider.Failed, "the recipient's number has no country that there is"},
	11003: {provider.Misconfigured, provider.Failed, badParameter},
	11004: {provider.Misconfigured, provider.Failed, "the vendor does not take the address for reports"},
	11009: {provider.Refused, provider.Failed, "the vendor does not take this text"},
	11010: {provider.Misconfigured, provider.Failed, badParameter},
	11013: {provider.Unroutable, provider.Failed, "the account can't send from this sender"},
	11016: {provider.Misconfigured, provider.Failed, "the vendor does not take our reference"},
	11017: {provider.Misconfigured, provider.Failed, badParameter},
	11027: {provider.Misconfigured, provider.Failed, badParameter},
	11034: {provider.Misconfigured, provider.Failed, badParameter},
	11035: {provider.Misconfigured, provider.Failed, badParameter},
	12000: {provider.Misconfigured, provider.Failed, badParameter},
	12009: {provider.Misconfigured, provider.Failed, badParameter},
	12017: {provider.Misconfigured, provider.Failed, badParameter},
	// It is listed for the vendor's newer API, and SMS have no code of their own for it.
	3203: {provider.Misconfigured, provider.Failed, "the account may not give an address for reports; have the vendor enable callback_url"},

	// Errors of the vendor's calls with codes, whose API is older. Which parameter -10001 is
	// about, only its text says, and the recipient is the one that differs between messages.
	-10001: {provider.Unroutable, provider.Failed, "the vendor does not take this call; the recipient or a parameter of the request may be at fault"},
	-10009: {provider.Misconfigured, provider.Failed, noAddress},
	-10030: {provider.Misconfigured, provider.Failed, noCredit},
	-20001: {provider.Misconfigured, provider.Failed, badParameter},
	-20002: {provider.Misconfigured, provider.Failed, noProduct},
	-20003: {provider.Misconfigured, provider.Failed, noProduct},
	-20004: {provider.Unroutable, provider.Failed, "the account has no calls to the recipient's country"},
	-30000: {provider.Misconfigured, provider.Failed, noCustomer},
	-30001: {provider.Misconfigured, provider.Failed, suspended},
	-30002: {provider.Misconfigured, provider.Failed, "the account is not activated yet"},
	-30003: {provider.Misconfigured, provider.Failed, capReached},
	-30004: {provider.Misconfigured, provider.Failed, badSignature},
	-30005: {provider.Misconfigured, provider.Failed, badSignature},
	-30006: {provider.Misconfigured, provider.Failed, badSignature},
	-30007: {provider.Misconfigured, provider.Failed, badSignature},
	-30008: {provider.Misconfigured, provider.Failed, badSignature},
	-30009: {provider.Misconfigured, provider.Failed, badSignature},
	-30010: {provider.Misconfigured, provider.Failed, wrongTime},
	-30011: {provider.Misconfigured, provider.Failed, badSignature},
	-30012: {provider.Unknown, provider.Failed, "the vendor has seen this very request before"},
	-30015: {provider.Misconfigured, provider.Failed, noKey},
	-40002: {provider.Misconfigured, provider.Failed, noProduct},
	-40004: {provider.Misconfigured, provider.Failed, noAPI},
	-40005: {provider.Misconfigured, provider.Failed, noAPI},
	-40006: {provider.Misconfigured, provider.Failed, badParameter},
	-40007: {provider.Throttled, provider.Failed, tooMany},
	-40008: {provider.Misconfigured, provider.Failed, capReached},
	-40009: {provider.Unroutable, provider.Failed, "the vendor does not call this number"},
	-50054: {provider.Misconfigured, provider.Failed, noKey},
	-50055: {provider.Misconfigured, provider.Failed, noKey},
	-90001: {provider.Unavailable, provider.Failed, "the vendor can't take it now"},
}

// The reasons that several codes have.
const (
	badSignature = "the vendor does not accept the request's signature"
	wrongTime    = "the vendor does not accept the request's time; is the worker's clock right?"
	suspended    = "the account is suspended"
	noProduct    = "the account may not do this; have the vendor enable it"
	noCustomer   = "the vendor does not know the customer id"
	noKey        = "the vendor does not accept the API key"
	noAddress    = "the account may not be used from this address of the network"
	noCredit     = "the account has no credit"
	noAPI        = "there is no such API at this address"
	tooMany      = "the vendor asks for fewer requests"
	capReached   = "the account has reached its cap"
	badParameter = "the vendor does not accept a parameter of the request"
)
