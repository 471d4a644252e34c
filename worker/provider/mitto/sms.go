package mitto

import (
	"strings"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

const (
	// minValidity and maxValidity are the bounds of validity in minutes: what is a whole
	// number and not nothing, and what the vendor takes where it is given none. No page says
	// whether it would take more.
	minValidity = 1
	maxValidity = 2880

	// minName and maxNumber bound a sender, from the page's code 6: names have 3 to 11
	// characters, numbers 3 to 14 digits.
	minName   = 3
	maxNumber = 14
)

// The character sets of a text. The vendor knows auto as well, which decides without saying how.
const (
	typeGSM     = "GSM"
	typeUnicode = "Unicode"
)

// smsRequest is the body of POST /sms (docs.mitto.ch/sms-bulk-sms-api-reference, whose table
// github.com/ballerina-platform/openapi-connectors, openapi/mitto.sms, has as OpenAPI). callback
// overrides the address of the account.
type smsRequest struct {
	From      string `json:"from"`
	To        string `json:"to"`
	Text      string `json:"text"`
	Type      string `json:"type"`
	Reference string `json:"reference,omitempty"`
	Validity  int    `json:"validity,omitempty"`
	Callback  string `json:"callback,omitempty"`
}

// sms makes the body. A message without an end gets no validity, which means the vendor's 48 hours.
func (c *Client) sms(m provider.Message, to string, left time.Duration) (smsRequest, *provider.Error) {
	from, failure := m.Sender(c.cfg.From)
	switch {
	case failure != nil:
		return smsRequest{}, failure
	case !validSender(from):
		return smsRequest{}, provider.Fail(provider.Unroutable, "", "the vendor takes only senders of 3 to 11 characters or up to 14 digits")
	}
	body := smsRequest{
		From: withoutPlus(from), To: to, Text: m.PlainText(), Type: typeGSM, Reference: m.Reference, Callback: c.account.CallbackURL(m),
	}
	if body.Text == "" {
		return smsRequest{}, provider.Fail(provider.Refused, "", "there is no text")
	}
	if alphabet, _ := provider.Segments(body.Text); alphabet != provider.GSM7 {
		body.Type = typeUnicode
	}
	if !m.Expires.IsZero() {
		body.Validity = provider.Whole(left, time.Minute, minValidity, maxValidity)
	}
	return body, nil
}

// validSender says whether the vendor takes a sender that is one.
func validSender(sender string) bool {
	if provider.SenderKindOf(sender) == provider.NameSender {
		return len(sender) >= minName
	}
	return len(strings.TrimPrefix(sender, "+")) <= maxNumber
}

// withoutPlus takes the plus sign from a number. A name can begin with one.
func withoutPlus(sender string) string {
	if provider.SenderKindOf(sender) == provider.NumberSender {
		return strings.TrimPrefix(sender, "+")
	}
	return sender
}
