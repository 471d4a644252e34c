package telnyx

import (
	"context"
	"strings"

	"github.com/phonehook/phonehook/worker/provider"
)

// smsRequest is the body of POST /v2/messages, from the parameters of the vendor's SDK for Go and
// developers.telnyx.com/docs/messaging/messages. It has no place for a validity period and none
// for our reference, so the report's address has that.
type smsRequest struct {
	From     string `json:"from,omitempty"`
	To       string `json:"to"`
	Text     string `json:"text"`
	Profile  string `json:"messaging_profile_id,omitempty"`
	Type     string `json:"type"`
	Encoding string `json:"encoding"`
	Webhook  string `json:"webhook_url,omitempty"`
}

// smsAnswer is what is read of an answer of 2xx. There is a status for each recipient, and errors
// where the vendor took a message that it then could not send.
type smsAnswer struct {
	Data struct {
		ID string `json:"id"`
		To []struct {
			Status string `json:"status"`
		} `json:"to"`
		Parts  int        `json:"parts"`
		Errors []apiError `json:"errors"`
	} `json:"data"`
}

func (c *Client) sendSMS(ctx context.Context, m provider.Message, to string) (provider.Receipt, error) {
	from, profile, failure := c.smsSender(m)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	text := m.PlainText()
	if text == "" {
		return provider.Receipt{}, provider.Fail(provider.Refused, "", "there is no text")
	}
	answer, err := c.exchange(ctx, c.messages, smsRequest{
		From: from, To: to, Text: text, Profile: profile, Type: "SMS", Encoding: encoding(text), Webhook: c.account.CallbackURL(m),
	})
	if err != nil {
		return provider.Receipt{}, err
	}
	return judgeSMS(answer)
}

// smsSender returns whom an SMS comes from and the messaging profile to use. Without a sender the
// vendor chooses one of the profile's numbers. A profile goes with a sender only where that is a
// name or the message brings the profile: a number belongs to one already.
func (c *Client) smsSender(m provider.Message) (from, profile string, failure *provider.Error) {
	profile = orElse(m.Service, c.cfg.MessagingProfileID)
	if m.From == "" && (m.Service != "" || c.cfg.From == "" && profile != "") {
		return "", profile, nil
	}
	sender, failure := m.Sender(c.cfg.From)
	switch {
	case failure != nil:
		return "", "", failure
	case provider.SenderKindOf(sender) != provider.NameSender:
		return provider.Plus(sender), m.Service, nil
	case !validName(sender):
		return "", "", provider.Fail(provider.Unroutable, "", "the vendor takes only names of letters, digits and blanks as the sender")
	case profile == "":
		return "", "", provider.Fail(provider.Unroutable, "", "a name as the sender needs messaging_profile_id")
	}
	return sender, profile, nil
}

// validName says whether the vendor takes a name as the sender
// (developers.telnyx.com/docs/messaging/messages/alphanumeric-sender-id).
func validName(name string) bool {
	return strings.Trim(name, letters+digits+" ") == "" && strings.ContainsAny(name, letters)
}

// notGSM7 are the characters of GSM-7 that the vendor's own list of it lacks
// (developers.telnyx.com/docs/messaging/messages/message-encoding). A text with one of them and
// the encoding gsm7 could be refused.
const notGSM7 = "ÇΔΦΓΛΩΠΨΣΘΞ¤"

// encoding is the switch that keeps the vendor from putting other characters in the place of a
// text's own.
func encoding(text string) string {
	if alphabet, _ := provider.Segments(text); alphabet == provider.GSM7 && !strings.ContainsAny(text, notGSM7) {
		return "gsm7"
	}
	return "ucs2"
}

// judgeSMS reads an answer of 2xx. The statuses of a recipient are those of receipts.go.
func judgeSMS(a *provider.Answer) (provider.Receipt, error) {
	var answer smsAnswer
	if !a.Decode(&answer) || answer.Data.ID == "" {
		return provider.Receipt{}, provider.Unreadable()
	}
	failed := 0
	for _, to := range answer.Data.To {
		if to.Status == "sending_failed" || to.Status == "delivery_failed" {
			failed++
		}
	}
	switch {
	case failed == 0:
		return provider.Receipt{ID: answer.Data.ID, Parts: max(answer.Data.Parts, 0)}, nil
	case failed < len(answer.Data.To):
		return provider.Receipt{}, provider.Fail(provider.Unknown, "", "the vendor took the message for some of the recipients")
	}
	failure := provider.Fail(provider.Unavailable, "", "the vendor took the message and could not send it")
	if code, class, ok := firstKnown(answer.Data.Errors); ok {
		failure = provider.Fail(class.kind, code, class.reason)
	}
	return provider.Receipt{}, failure
}
