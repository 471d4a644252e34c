package messagebird

import "github.com/phonehook/phonehook/worker/provider"

// class is what a code means: for the next attempt, and in words.
type class struct {
	kind   provider.Kind
	reason string
	// general says that the code is of any parameter, and the vendor's answer tells which.
	general bool
}

// errorCodes is what the codes of the REST API mean. The list is the one of
// developers.messagebird.com/api, "API errors", as client libraries of it have it; codes 2, 9, 10 and
// 20 are also in answers that the vendor's own SDKs show. There is none for too many requests, which
// are answered with HTTP 429.
var errorCodes = map[string]class{
	"2":  {kind: provider.Misconfigured, reason: "the vendor does not accept the access key, or the account may not do this"},
	"9":  {kind: provider.Misconfigured, reason: "the request lacks a parameter", general: true},
	"10": {kind: provider.Misconfigured, reason: "a parameter of the request is not valid", general: true},
	"20": {kind: provider.Misconfigured, reason: "there is no such thing at this address; check base_url"},
	"21": {kind: provider.Misconfigured, reason: "the vendor can't make sense of the request", general: true},
	"25": {kind: provider.Misconfigured, reason: "the account has no credit"},
	"98": {kind: provider.Misconfigured, reason: "there is no such API at this address; check base_url"},
	"99": {kind: provider.Unknown, reason: "the vendor failed with the message in hand"},
}

// of narrows what a code means by the parameter that the vendor names. The general codes are about
// whichever that is: the vendor says "no (correct) recipients found" with code 9 of a number that is
// none, and "originator is invalid" with code 10.
func (c class) of(parameter string) class {
	if !c.general {
		return c
	}
	switch parameter {
	case "recipients", "recipient":
		return class{kind: provider.Refused, reason: "the recipient's number is not valid"}
	case "originator":
		return class{kind: provider.Unroutable, reason: "the account can't send from this sender"}
	case "body":
		return class{kind: provider.Refused, reason: "the vendor does not take the text"}
	}
	return c
}

// The reasons that several codes of networks share.
var (
	noSubscriber = class{kind: provider.Refused, reason: "the network does not know the number, or it can't receive this"}
	unreachable  = class{kind: provider.Unavailable, reason: "the phone can't be reached now"}
)

// networkCodes is what the codes of networks mean that a report has as statusErrorCode
// (docs.bird.com/api/channels-api/message-status-and-interactions/message-failure-sources/sms-platform-extended-error-codes).
// The page lists more, of which no copy was at hand; a code that is not here is passed on without
// words.
var networkCodes = map[string]class{
	"0": {kind: provider.Unavailable, reason: "the network said no reason"},

	"1": noSubscriber, "2": noSubscriber, "3": noSubscriber, "5": noSubscriber, "9": noSubscriber, "10": noSubscriber, "11": noSubscriber, "12": noSubscriber,

	"8": unreachable, "26": unreachable, "27": unreachable, "31": unreachable,

	"34": {kind: provider.Unavailable, reason: "the network's own system failed"},
}

// ending is what a statusReason means: in words, and as a status where it says more than the vendor's
// own status does.
type ending struct {
	reason string
	status provider.Status
}

// endings is what the vendor's fixed texts in statusReason mean. The first six are on the page of
// networkCodes; the others are as the vendor's page about SMS had them, which is not confirmed at
// the vendor.
var endings = map[string]ending{
	"unknown subscriber":       {reason: noSubscriber.reason},
	"unavailable subscriber":   {reason: unreachable.reason},
	"generic delivery failure": {reason: "the network said no reason"},
	"received network error":   {reason: "the network refused it"},
	"expired":                  {"its validity ended before it could be sent", provider.Expired},
	// The vendor sent it, and its validity ended before the network said anything.
	"dlr not received": {"the network did not say what became of it", provider.Unconfirmed},

	"carrier rejected":       {reason: "the network refused it"},
	"incorrect number":       {"the recipient's number is not valid", provider.Failed},
	"opted out recipient":    {"the recipient wants no messages from this sender", provider.Failed},
	"insufficient balance":   {"the account has no credit", provider.Failed},
	"capacity limit reached": {"the account's own limit is reached", provider.Failed},
}
