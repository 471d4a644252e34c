package telesign

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/speech"
)

const (
	// maxText is the vendor's bound of a text, to be read and to be spoken alike.
	maxText = 1600
	// maxReference bounds external_id, which takes ASCII alone (error 11016).
	maxReference = 100
	// messageType is that of one-time codes. The others are for notifications and marketing,
	// which networks treat worse.
	messageType = "OTP"
	// female begins the name of every voice; there are no others.
	female = "f-"
)

// voices are the languages that the vendor speaks, from
// standard.telesign.com/legacy-products/voice-api/send-a-voice-message/post-voice. German, Russian,
// Catalan and Swedish are of github.com/Manmohan-Kumar/telesign-messaging alone, which uses the API,
// and not confirmed at the vendor. The order matters within a language: the first is who speaks it
// when the region is not listed.
var voices = speech.NewVoices(`en-US en-GB en-AU en-CA en-IN ca-ES zh-CN zh-TW zh-HK da-DK de-DE es-ES es-MX fi-FI fr-FR fr-CA
	it-IT ja-JP ko-KR nb-NO nl-NL pl-PL pt-BR pt-PT ru-RU sv-SE`)

// common are the fields that SMS and calls share: those of the vendor's OpenAPI of POST
// /v1/messaging (developer.telesign.com/enterprise/reference/sendsms). That calls take external_id
// and callback_url too is not confirmed at the vendor. There is no validity period.
func (c *Client) common(m provider.Message, to string) url.Values {
	form := url.Values{"phone_number": {to}, "message_type": {messageType}}
	if len(m.Reference) <= maxReference && isASCII(m.Reference) {
		form.Set("external_id", m.Reference)
	}
	if address := c.account.CallbackURL(m); address != "" {
		form.Set("callback_url", address)
	}
	return form
}

// sms adds what an SMS has. Without a sender the vendor chooses one. It chooses the encoding, too.
func (c *Client) sms(form url.Values, m provider.Message) *provider.Error {
	if m.From != "" || c.cfg.From != "" {
		sender, failure := m.Sender(c.cfg.From)
		if failure != nil {
			return failure
		}
		form.Set("sender_id", withoutPlus(sender))
	}
	return setText(form, m.PlainText())
}

// voice adds what a call has. It comes from a number that the vendor chose for the account. There
// is no loop, so that the text says all twice.
func (c *Client) voice(form url.Values, m provider.Message) *provider.Error {
	form.Set("voice", female+voices.For(m.Language, c.cfg.Voice.Language))
	return setText(form, speech.Twice(m.Text, m.Code))
}

func setText(form url.Values, text string) *provider.Error {
	switch {
	case text == "":
		return provider.Fail(provider.Refused, "", "there is no text")
	case utf8.RuneCountInString(text) > maxText:
		return provider.Fail(provider.Refused, "", "the text is too long; the vendor takes at most 1,600 characters, in calls for all that is said")
	}
	form.Set("message", text)
	return nil
}

// withoutPlus takes the plus sign from a number. A name can begin with one.
func withoutPlus(sender string) string {
	if provider.SenderKindOf(sender) == provider.NumberSender {
		return strings.TrimPrefix(sender, "+")
	}
	return sender
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > '~' || r < ' ' }) < 0
}
