package twilio

import (
	"context"
	"net/url"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/speech"
)

// The vendor's bounds of a code of one's own.
const minCode, maxCode = 4, 10

// channels are the vendor's names for the ways to a phone.
var channels = map[provider.Channel]string{provider.SMS: "sms", provider.Voice: "call"}

// locales are the languages of Verify's own texts
// (twilio.com/docs/verify/supported-languages). The list is not confirmed at the vendor, which says
// only that one without a text falls back to English; no language has the vendor choose by the
// number's country.
var locales = speech.NewVoices(`en en-GB af ar ca cs da de el es et fi fr he hi hr hu id it ja kn ko lt mr ms nb nl pl
	pt-BR pt-PT=pt ro ru sk sv te th tl tr uk vi zh-CN zh-HK`)

// verify posts to the resource Verifications (twilio.com/docs/verify/api/verification). What it
// says is the vendor's text around our code, from a sender of its own. A verification lives for ten
// minutes, which can't be changed, and a second one for the same number in that time continues the
// first; what it does with another code of our own is not confirmed at the vendor. It has no place
// for our reference and is not reported to an address.
func (c *Client) verify(ctx context.Context, m provider.Message, to string) (provider.Receipt, error) {
	if len(m.Code) < minCode || len(m.Code) > maxCode {
		return provider.Receipt{}, provider.Fail(provider.Unroutable, "", "Verify sends a code of 4 to 10 characters, and the message has no such one")
	}
	form := url.Values{"To": {to}, "Channel": {channels[m.Channel]}, "CustomCode": {m.Code}}
	set(form, "Locale", locales.For(m.Language, ""))
	answer, err := c.exchange(ctx, c.verifications, form)
	if err != nil {
		return provider.Receipt{}, err
	}
	return judgeVerification(answer)
}

// judgeVerification reads an answer of 2xx. A verification that is not pending is one that ended,
// and nobody knows whether a code went out before.
func judgeVerification(a *provider.Answer) (provider.Receipt, error) {
	var answer struct {
		SID    string `json:"sid"`
		Status string `json:"status"`
	}
	switch {
	case !a.Decode(&answer) || answer.SID == "":
		return provider.Receipt{}, provider.Unreadable()
	case answer.Status != "pending":
		return provider.Receipt{}, provider.Fail(provider.Unknown, "", "the verification is not under way")
	}
	return provider.Receipt{ID: answer.SID}, nil
}

// Feedback implements provider.Learner. Who brings codes of his own has to tell the vendor what
// became of them, which it chooses its routes by, and which ends the verification
// (twilio.com/docs/verify/api/customization-options).
func (c *Client) Feedback(ctx context.Context, id string, worked bool) error {
	if c.cfg.VerifyServiceSID == "" || !isSID("VE", id) {
		return provider.Fail(provider.Refused, "", "only what went through Verify is followed")
	}
	status := "canceled"
	if worked {
		status = "approved"
	}
	_, err := c.exchange(ctx, c.verifications+"/"+id, url.Values{"Status": {status}})
	if failure, ok := err.(*provider.Error); ok && failure.Code == notFound { //nolint:errorlint // exchange returns the type itself
		// Verifications are forgotten when they end: by feedback, or after ten minutes.
		return provider.Fail(provider.Refused, notFound, "the verification has ended")
	}
	return err
}
