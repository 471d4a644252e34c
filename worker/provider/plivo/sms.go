package plivo

import (
	"context"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/phonehook/phonehook/worker/provider"
)

// The vendor's bounds (plivo.com/docs/messaging/api/messages and
// docs.plivo.com/docs/messaging/api/message/send-a-message).
const (
	// minValidity and maxValidity bound the seconds for which a message may wait in the vendor's
	// queue. Once it is with a network nothing ends it.
	minValidity = 5
	maxValidity = 10_799
	// maxGSM7 and maxUCS2 are the characters of the longest texts.
	maxGSM7 = 1600
	maxUCS2 = 737
	// maxRecipient is of digits, one less than E.164 allows.
	maxRecipient = 14
)

// smsRequest is the body of POST /v1/Account/{auth_id}/Message/. It has no place for our reference,
// so the report's address has that.
type smsRequest struct {
	Source    string `json:"src,omitempty"`
	Powerpack string `json:"powerpack_uuid,omitempty"`
	To        string `json:"dst"`
	Text      string `json:"text"`
	Type      string `json:"type"`
	// Log says what the vendor keeps: not the text, which has a code in it.
	Log       string `json:"log"`
	Expiry    int    `json:"message_expiry"`
	ReportURL string `json:"url,omitempty"`
	Method    string `json:"method,omitempty"`
}

// smsAnswer is what is read of an answer of 2xx: an id for each recipient.
type smsAnswer struct {
	IDs []string `json:"message_uuid"`
}

func (c *Client) sendSMS(ctx context.Context, m provider.Message, to string) (provider.Receipt, error) {
	left, failure := m.Left(maxValidity * time.Second)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	source, powerpack, failure := c.smsSender(m)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	text := m.PlainText()
	if failure := checkSMS(to, text); failure != nil {
		return provider.Receipt{}, failure
	}
	body := smsRequest{
		Source: source, Powerpack: powerpack, To: to, Text: text, Type: "sms", Log: "number_only",
		Expiry: provider.Whole(left, time.Second, minValidity, maxValidity), ReportURL: c.account.CallbackURL(m),
	}
	if body.ReportURL != "" {
		body.Method = "POST"
	}
	answer, err := c.exchange(ctx, c.messages, body)
	if err != nil {
		return provider.Receipt{}, err
	}
	return judgeSMS(answer)
}

// smsSender returns whom an SMS comes from: a sender, without the plus sign of a number, or a
// powerpack. The vendor takes one of the two, and a sender that the message brings is the more
// definite one.
func (c *Client) smsSender(m provider.Message) (source, powerpack string, failure *provider.Error) {
	if powerpack = orElse(m.Service, c.cfg.PowerpackUUID); m.From == "" && powerpack != "" {
		return "", powerpack, nil
	}
	sender, failure := m.Sender(c.cfg.From)
	switch {
	case failure != nil:
		return "", "", failure
	case provider.SenderKindOf(sender) == provider.NameSender && !validName(sender):
		return "", "", provider.Fail(provider.Unroutable, "", "the vendor takes only names of letters and digits as the sender")
	}
	return strings.TrimPrefix(sender, "+"), "", nil
}

// checkSMS refuses what the vendor would, whose own answer does not say what is wrong.
func checkSMS(to, text string) *provider.Error {
	alphabet, _ := provider.Segments(text)
	switch {
	case len(to) > maxRecipient:
		return provider.Fail(provider.Unroutable, "", "the vendor takes recipients of up to 14 digits")
	case text == "":
		return provider.Fail(provider.Refused, "", "there is no text")
	case alphabet == provider.GSM7 && utf8.RuneCountInString(text) > maxGSM7, alphabet == provider.UCS2 && len(utf16.Encode([]rune(text))) > maxUCS2:
		return provider.Fail(provider.Refused, "", "the text is longer than 1,600 characters of GSM-7 or 737 others")
	}
	return nil
}

// judgeSMS reads an answer of 2xx. How many parts there are only the report says.
func judgeSMS(a *provider.Answer) (provider.Receipt, error) {
	var answer smsAnswer
	if !a.Decode(&answer) || len(answer.IDs) != 1 || answer.IDs[0] == "" {
		return provider.Receipt{}, provider.Unreadable()
	}
	return provider.Receipt{ID: answer.IDs[0]}, nil
}
