package twilio

import "github.com/phonehook/phonehook/worker/provider"

// class is what a code means: for the next attempt, and in words.
type class struct {
	kind   provider.Kind
	reason string
}

// notFound is the code for a resource that there is not.
const notFound = "20404"

// codes is what the vendor's codes mean, from its dictionary (twilio.com/docs/api/errors, and below
// it a page for each) and twilio.com/docs/verify/api/error-codes. Those of 30xxx come in reports,
// unless an answer of 2xx has a message in it that could not be sent. Those marked "n.c." are not
// confirmed at the vendor: its page of them was not at hand.
var codes = map[code]class{
	// The recipient and the message.
	"13224": {provider.Refused, "the number is not valid, or nobody can be called there"},
	"21211": {provider.Refused, "the recipient's number is not valid"},
	"21217": {provider.Refused, "the recipient's number is not valid"}, // n.c.
	"21265": {provider.Refused, "the recipient is a short code"},       // n.c.
	"21401": {provider.Refused, "a telephone number is not valid"},     // n.c.
	"21602": {provider.Refused, "there is no text"},                    // n.c.
	"21605": {provider.Refused, "the text is too long"},                // n.c.
	"21610": {provider.Refused, "the recipient asked for no more messages"},
	"21614": {provider.Refused, "the number is none of a mobile phone"},
	"21617": {provider.Refused, "the text is longer than 1,600 characters"},
	"21619": {provider.Refused, "there is no text"},           // n.c.
	"21635": {provider.Refused, "the number is a landline's"}, // n.c.
	"30004": {provider.Refused, "the phone does not take the message"},
	"30005": {provider.Refused, "the phone is unknown to its network"},
	"60200": {provider.Refused, "a parameter is not valid, most likely the recipient's number"},
	"60205": {provider.Refused, "the number is a landline's"},

	// The sender, the country and the network.
	"21203": {provider.Unroutable, "the account may not call abroad"}, // n.c.
	"21210": {provider.Unroutable, "the account may not call from this number"},
	"21212": {provider.Unroutable, "the sender is not valid"},
	"21214": {provider.Unroutable, "the number can't be reached from the vendor"},
	"21215": {provider.Unroutable, "the account's permissions do not allow calls to this country"}, // n.c.
	"21216": {provider.Unroutable, "the vendor does not call this number"},                         // n.c.
	"21266": {provider.Unroutable, "the sender is the recipient"},                                  // n.c.
	"21408": {provider.Unroutable, "the account's permissions do not allow messages to this country"},
	"21601": {provider.Unroutable, "the sender is none of the account's numbers"},
	"21606": {provider.Unroutable, "the account can't send from this sender to this country"},
	"21612": {provider.Unroutable, "the vendor has no way from this sender to the number"},
	"21616": {provider.Unroutable, "the sender stands for several numbers"},
	"21659": {provider.Unroutable, "the sender is no number of the vendor's, or another country's short code"},
	"21660": {provider.Unroutable, "the sender is another account's"},
	"21663": {provider.Unroutable, "the sender belongs to another region"},
	"30006": {provider.Unroutable, "the number is a landline's, or its network can't be reached"},
	"30007": {provider.Unroutable, "the vendor or the network filtered it out"},
	"30032": {provider.Unroutable, "the toll-free sender is not verified"},   // n.c.
	"30034": {provider.Unroutable, "the sender is not registered for 10DLC"}, // n.c.
	"30035": {provider.Unroutable, "the sender's registration is not ready"}, // n.c.
	"30042": {provider.Unroutable, "the network bars the name as the sender"},
	"30450": {provider.Unroutable, "the vendor takes it for inflated traffic"},
	"30453": {provider.Unroutable, "the vendor takes it for fraud"},
	"60203": {provider.Unroutable, "the number was sent all the codes that it gets in ten minutes"},
	"60220": {provider.Unroutable, "messages to China need to be vetted first"},
	"60238": {provider.Unroutable, "the vendor blocks the account, or the country"},
	"60410": {provider.Unroutable, "the vendor takes codes to the number's range for fraud, for 12 hours"},
	"60605": {provider.Unroutable, "Verify's permissions do not allow the country"},

	// Too much.
	"10004": {provider.Throttled, "the account has all the calls that it may have"},
	"14107": {provider.Throttled, "the vendor asks for fewer messages"}, // n.c.
	"20429": {provider.Throttled, "the vendor asks for fewer requests"},
	"21611": {provider.Throttled, "the sender's queue is full"},
	"30001": {provider.Throttled, "the sender's queue is full"},
	"30022": {provider.Throttled, "the campaign's limit is reached"},             // n.c.
	"30023": {provider.Throttled, "the campaign's limit at T-Mobile is reached"}, // n.c.

	// The vendor's own state. After the first two nobody knows whether it took the message.
	"20500": {provider.Unknown, "the vendor failed with the message in hand"}, // n.c.
	"20504": {provider.Unknown, "the vendor's own time was over"},             // n.c.
	"20503": {provider.Unavailable, "the vendor can't take it now"},           // n.c.
	"21730": {provider.Unavailable, "the vendor is at work on its system"},
	"30003": {provider.Unavailable, "the phone is switched off, or out of reach"},
	"30008": {provider.Unavailable, "it failed, and the vendor does not know why"},
	"30036": {provider.Unavailable, "it expired in the vendor's queue"},
	"30410": {provider.Unavailable, "the network did not answer in time"}, // n.c.
	"60212": {provider.Unavailable, "another code to the number is being sent at this moment"},

	// The account and our request.
	"10001":  {provider.Misconfigured, "the account is not active"},
	"10002":  {provider.Misconfigured, "a trial account may not do this"},
	"10005":  {provider.Misconfigured, "the account may not call"},
	"20001":  {provider.Misconfigured, "the request has a parameter that there is not"}, // n.c.
	"20003":  {provider.Misconfigured, "the vendor does not accept the credentials"},
	"20005":  {provider.Misconfigured, "the account is not active; it may have no credit"}, // n.c.
	"20006":  {provider.Misconfigured, "the credentials may not do this"},                  // n.c.
	"20008":  {provider.Misconfigured, "the credentials are those for tests"},              // n.c.
	"20403":  {provider.Misconfigured, "the account may not do this"},                      // n.c.
	notFound: {provider.Misconfigured, "there is no such thing at this address; check the SIDs and the region"},
	"20422":  {provider.Misconfigured, "a parameter of the request is not valid"}, // n.c.
	"21201":  {provider.Misconfigured, "the request lacks the recipient"},         // n.c.
	"21205":  {provider.Misconfigured, "an address in the request is not valid"},  // n.c.
	"21213":  {provider.Misconfigured, "the request lacks the sender"},
	"21219":  {provider.Misconfigured, "a trial account calls verified numbers alone"}, // n.c.
	"21603":  {provider.Misconfigured, "the request lacks the sender"},
	"21604":  {provider.Misconfigured, "the request lacks the recipient"}, // n.c.
	"21608":  {provider.Misconfigured, "a trial account sends to verified numbers alone"},
	"21609":  {provider.Misconfigured, "the address for reports is not valid"}, // n.c.
	"21701":  {provider.Misconfigured, "there is no such messaging service"},   // n.c.
	"21703":  {provider.Misconfigured, "the messaging service has no sender"},  // n.c.
	"30002":  {provider.Misconfigured, "the account is suspended"},
	"60204":  {provider.Misconfigured, "the Verify service has custom codes not enabled"},
	"60217":  {provider.Misconfigured, "the Verify service is not set up"},
	"63038":  {provider.Misconfigured, "the account's limit of messages a day is reached"}, // n.c.
	"90007":  {provider.Misconfigured, "the validity period is out of its bounds"},
}
