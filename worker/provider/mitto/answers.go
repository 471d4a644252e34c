package mitto

import (
	"encoding/json"

	"github.com/phonehook/phonehook/worker/provider"
)

// smsAnswer is what is read of an answer. The vendor's pages write numbers as strings in places, so
// both are taken.
type smsAnswer struct {
	ID   string      `json:"id"`
	Code json.Number `json:"responseCode"`
}

// class is what a code means.
type class struct {
	kind   provider.Kind
	reason string
}

// codes are those of responseCode other than 0, from the status codes of the vendor's guide
// (rapidapi.com/kabezaaa/api/mitto-sms-developers-guide). There may be more of them.
var codes = map[string]class{
	// Nothing is said of how far the message had come.
	"1": {provider.Unknown, "the vendor failed with the message in hand"},
	"2": {provider.Misconfigured, "the vendor does not know the character set"},
	"3": {provider.Refused, "there is no text"},
	"4": {provider.Unroutable, "the vendor can't write this text in its character set"},
	"5": {provider.Misconfigured, "there is no sender; configure one, or have the message bring it"},
	"6": {provider.Unroutable, "the vendor does not take this sender"},
	"7": {provider.Misconfigured, "the vendor found no recipient in the request"},
	"8": {provider.Refused, "the recipient's number is not valid"},
}

// judge reads an answer. Errors come with HTTP 400 and, as the vendor's own clients show, with 200
// as well, so that the code is looked at first. An answer without an id was an error or a test, the
// vendor says, and no test was asked for.
func judge(a *provider.Answer) (provider.Receipt, error) {
	refusal := provider.StatusError(a)
	var answer smsAnswer
	if readable := a.Decode(&answer); !readable || answer.Code == "" {
		if refusal != nil {
			return provider.Receipt{}, refusal
		}
		return provider.Receipt{}, provider.Unreadable()
	}
	code := answer.Code.String()
	if known, ok := codes[code]; ok {
		return provider.Receipt{}, provider.Fail(known.kind, "code "+code, known.reason)
	}
	switch {
	case refusal != nil:
		return provider.Receipt{}, refusal
	case code != "0":
		// It says that the message was not taken and not why, so another vendor is tried.
		return provider.Receipt{}, provider.Fail(provider.Unroutable, unlisted(code), "the vendor did not take the message, for a reason that is in no list")
	case answer.ID == "":
		return provider.Receipt{}, provider.Unreadable()
	}
	return provider.Receipt{ID: answer.ID}, nil
}

// maxCode bounds a code; those that are known have one digit.
const maxCode = 5

// unlisted returns how an error names a code that is in no list, and nothing for what is too long to
// be one.
func unlisted(code string) string {
	if len(code) > maxCode {
		return ""
	}
	return "code " + code
}
