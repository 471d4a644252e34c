package telnyx

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// apiError is one of the errors in an answer or a webhook, without its title and detail, which can
// quote the message (developers.telnyx.com/development/api-fundamentals/api-errors).
type apiError struct {
	Code   code `json:"code"`
	Source struct {
		// Pointer is the parameter at fault, such as /to.
		Pointer string `json:"pointer"`
	} `json:"source"`
}

// code is a code of five digits. The vendor writes it as a string; a number is taken as well.
type code string

// UnmarshalJSON implements json.Unmarshaler. What is no code is none, and no reason to leave the
// rest of an answer unread.
func (c *code) UnmarshalJSON(data []byte) error {
	text := string(bytes.Trim(data, `"`))
	if len(text) != 5 || strings.Trim(text, digits) != "" {
		text = ""
	}
	*c = code(text)
	return nil
}

// judge returns an error for an answer that is not of 2xx. The vendor's code says more than the
// status; where there is no code that is in the list, the status decides.
func judge(a *provider.Answer) *provider.Error {
	refusal := provider.StatusError(a)
	if refusal == nil {
		return nil
	}
	var answer struct {
		Errors []apiError `json:"errors"`
	}
	if !a.Decode(&answer) {
		answer.Errors = nil
	}
	if found, class, ok := firstKnown(answer.Errors); ok {
		refusal.Code, refusal.Kind, refusal.Detail = found, class.kind, class.reason
	}
	if refusal.Kind == provider.Throttled && refusal.RetryAfter == 0 {
		refusal.RetryAfter = untilReset(a.Header)
	}
	return refusal
}

// untilReset reads the vendor's own header of how many seconds the limit still holds for
// (developers.telnyx.com/development/api-fundamentals/reliability/rate-limiting).
func untilReset(header http.Header) time.Duration {
	return provider.RetryAfter(http.Header{"Retry-After": {header.Get("X-Ratelimit-Reset")}}, time.Now())
}

// firstKnown returns the first of the errors whose code is in the list, and what it means.
func firstKnown(errors []apiError) (string, class, bool) {
	for _, e := range errors {
		if found, ok := codes[e.Code]; ok {
			return string(e.Code), found.at(e.Source.Pointer), true
		}
	}
	return "", class{}, false
}

// at narrows what a code means by the parameter that the vendor names. The general codes of a
// value that is wrong are about whichever that is: the recipient, the sender or our request.
func (c class) at(pointer string) class {
	if !c.general {
		return c
	}
	switch strings.ToLower(pointer) {
	case "/to":
		return class{kind: provider.Refused, reason: "the recipient's number is not valid"}
	case "/from":
		return class{kind: provider.Unroutable, reason: "the account can't send from this sender"}
	}
	return c
}
