package plivo

import "github.com/phonehook/phonehook/worker/provider"

// messageCodes is what the codes in reports of SMS mean
// (plivo.com/docs/messaging/troubleshooting/error-codes). Those that are not listed here are passed
// on without words.
var messageCodes = map[string]string{
	"10":   "the network says that the message is not valid",
	"20":   "the network has a fault; it may pass",
	"30":   "the network takes it for spam",
	"40":   "the sender is not valid, or not the account's",
	"50":   "the recipient's number is not valid",
	"60":   "the message went in a circle",
	"70":   "the recipient can't be reached, and won't be",
	"80":   "the recipient can't be reached now",
	"90":   "there is no route to the recipient",
	"100":  "the network bars the message",
	"110":  "the text is too long",
	"200":  "the recipient wants no messages from this sender",
	"201":  "toll-free numbers of the US can't send to Canada",
	"300":  "the vendor could not hand it on",
	"420":  "it expired in the vendor's queue",
	"450":  "the account's geo permissions do not allow the recipient's country",
	"900":  "the account has no credit",
	"910":  "the account is disabled",
	"1000": "the vendor does not know why",
}

// expired is the code of a message whose message_expiry was over before it went out.
const expired = "420"

// cause is what a hangup code means. Where a call is over, some of them say more than the call's
// status: one that is completed may have been answered by a person who then heard nothing.
type cause struct {
	status provider.Status
	reason string
}

// causes are the hangup codes (plivo.com/docs/voice/troubleshooting/hangup-causes), less those of
// what a call of one number with one instruction can't do. Normal ends have no status: then the
// call's own counts.
var causes = map[string]cause{
	"4000": {reason: "the call ended normally"},
	"4010": {reason: "all was said"},
	"6000": {reason: "the call had all the time that it may have"},
	"6020": {reason: "the phone sent no sound for a minute"},

	"3000": {provider.Undelivered, "nobody answered"},
	"3010": {provider.Undelivered, "the line was busy"},
	"3020": {provider.Undelivered, "the call was rejected"},
	"3040": {provider.Undelivered, "the recipient bars the call"},
	"3100": {provider.Undelivered, "the line was busy"},
	"3110": {provider.Undelivered, "the call was declined"},
	"6010": {provider.Undelivered, "nobody answered in time"},

	"2000": {provider.Failed, "the recipient's number is not valid"},
	"2010": {provider.Failed, "the recipient's number is out of service"},
	"3050": {provider.Failed, "nobody has the recipient's number"},
	"3120": {provider.Failed, "nobody has the recipient's number"},
	"2030": {provider.Failed, "the account's geo permissions do not allow the recipient's country"},
	"2040": {provider.Failed, "the account may not call premium numbers"},
	"2050": {provider.Failed, "the account's geo permissions do not allow the recipient's prefix"},
	"2070": {provider.Failed, "India does not allow the call from outside of it"},
	"3030": {provider.Failed, "the number to call from is not the account's"},
	"3130": {provider.Failed, "the network takes the call for spam"},
	"3140": {provider.Failed, "the number to call from may not make calls"},
	"1000": {provider.Failed, "the call was cancelled"},
	"1010": {provider.Failed, "the account has no credit"},
	"1020": {provider.Failed, "too many calls to the recipient at once"},
	"3070": {provider.Failed, "the network did not answer"},
	"3080": {provider.Failed, "the network has a fault"},
	"3090": {provider.Failed, "the network has too much to do"},
	"5000": {provider.Failed, "the vendor's network has a fault"},
	"5010": {provider.Failed, "the vendor has a fault"},
	"5020": {provider.Failed, "the vendor found no route"},

	"7011": {provider.Failed, "somebody answered and the vendor could not ask what to say"},
	"8011": {provider.Failed, "somebody answered and the vendor did not understand what to say"},
}
