package sinch

import (
	"encoding/json"

	"github.com/phonehook/phonehook/worker/provider"
)

// class is what a code means: for the next attempt, and in words.
type class struct {
	kind   provider.Kind
	reason string
}

// smsCodes is what the codes of the SMS REST API mean
// (developers.sinch.com/docs/sms/api-reference/status-codes, and the community's page "Common SMS
// HTTP Statuses and Codes Explained"). They come with 400 and 403. The vendor says that there may be
// more; for those the status decides.
var smsCodes = map[string]class{
	// The number's form is the only one that a well-formed request leaves to the vendor.
	"syntax_invalid_parameter_format": {provider.Refused, "the vendor does not accept the form of a value, most likely of the recipient's number"},

	"illegal_number_type": {provider.Unroutable, "the vendor does not send to this type of number in this region"},
	"unknown_campaign":    {provider.Unroutable, "the sender does not belong to the campaign"},

	"syntax_invalid_json":         {provider.Misconfigured, "the vendor can't read the request"},
	"syntax_constraint_violation": {provider.Misconfigured, "the request lacks a field, or has one that is out of its bounds"},
	"unknown_group":               {provider.Misconfigured, "the request names a group that there is not"},
	"missing_callback_url":        {provider.Misconfigured, "reports are asked for and there is no address for them"},
	"blocked_account":             {provider.Misconfigured, "the account is blocked"},
}

// smsCode finds what the answer's code means, if it is in the list.
func smsCode(a *provider.Answer) (string, class, bool) {
	var answer struct {
		Code string `json:"code"`
	}
	if !a.Decode(&answer) {
		return "", class{}, false
	}
	found, ok := smsCodes[answer.Code]
	return answer.Code, found, ok
}

// voiceCodes is what the codes of the Voice API mean, whose first three digits are the HTTP status
// (developers.sinch.com/docs/voice/api-reference/errors). The last three are from the page of the
// Verification API, which has the same codes and the same calls; for the Voice API they are not
// confirmed at the vendor.
var voiceCodes = map[string]class{
	// The number is the only parameter that a well-formed request leaves to the vendor.
	"40001": {provider.Refused, "the vendor does not accept a parameter, most likely the recipient's number"},

	"40002": {provider.Misconfigured, "the request lacks a parameter"},
	"40003": {provider.Misconfigured, "the request is not valid"},
	"40004": {provider.Misconfigured, "there is no application with this key"},
	"40005": {provider.Misconfigured, "a number lacks its plus sign"},
	"40100": {provider.Misconfigured, "the vendor does not accept the credentials"},
	"40101": {provider.Misconfigured, "the vendor does not accept the request's time; check the clock"},
	"40102": {provider.Misconfigured, "the vendor does not accept the signature; check the application's secret"},
	"50000": {provider.Unknown, "the vendor failed with the message in hand"},
	"50300": {provider.Unavailable, "the vendor can't take it now"},

	"40200": {provider.Misconfigured, "the account has no credit"},
	"42201": {provider.Unroutable, "the vendor has no route to the number"},
	"42900": {provider.Throttled, "the vendor asks for fewer requests"},
}

// voiceCode finds what the answer's code means, if it is in the list. The vendor writes it as a
// number, and on one of its pages as a string.
func voiceCode(a *provider.Answer) (string, class, bool) {
	var answer struct {
		Code json.Number `json:"errorCode"`
	}
	if !a.Decode(&answer) {
		return "", class{}, false
	}
	found, ok := voiceCodes[answer.Code.String()]
	return answer.Code.String(), found, ok
}
