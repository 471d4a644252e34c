package infobip

import (
	"context"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// What the vendor bounds a text to, by its status 25 (infobip.com/docs/essentials/response-status-and-error-codes).
const (
	maxParts = 25
	maxBytes = 4000
)

// minName is the least length of a name as the sender. It is of the former versions of the API,
// and for the third not confirmed at the vendor.
const minName = 3

// smsRequest is the body of POST /sms/3/messages, from the vendor's OpenAPI of its SMS API, version
// 3.210.0. It has no switch for the encoding of a text, which the vendor finds out itself; and a
// transliteration, which would put other characters in the place of a text's own, is not asked for.
type smsRequest struct {
	Messages []smsMessage `json:"messages"`
	Options  smsOptions   `json:"options"`
}

type smsMessage struct {
	Sender       string        `json:"sender"`
	Destinations []destination `json:"destinations"`
	Content      smsContent    `json:"content"`
	Options      smsLife       `json:"options"`
	Webhooks     *smsWebhooks  `json:"webhooks,omitempty"`
}

type smsContent struct {
	Text string `json:"text"`
}

type smsLife struct {
	ValidityPeriod validity `json:"validityPeriod"`
}

type validity struct {
	Amount   int    `json:"amount"`
	TimeUnit string `json:"timeUnit"`
}

type smsWebhooks struct {
	Delivery    smsDelivery `json:"delivery"`
	ContentType string      `json:"contentType"`
}

type smsDelivery struct {
	URL string `json:"url"`
	// Intermediate asks for reports of a message that is on its way as well.
	Intermediate bool `json:"intermediateReport"`
}

type smsOptions struct {
	// Count has the answer say how many parts the message has.
	Count bool `json:"includeSmsCountInResponse"`
}

func (c *Client) sendSMS(ctx context.Context, m provider.Message, to string, left time.Duration) (provider.Receipt, error) {
	from, failure := c.smsSender(m)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	text := m.PlainText()
	if failure = checkText(text); failure != nil {
		return provider.Receipt{}, failure
	}
	message := smsMessage{
		Sender: from, Destinations: []destination{{To: to, MessageID: m.Reference}}, Content: smsContent{Text: text},
		// The vendor states no least period.
		Options: smsLife{validity{provider.Whole(left, time.Second, 1, int(maxValidity/time.Second)), "SECONDS"}},
	}
	if callback := c.account.CallbackURL(m); callback != "" {
		message.Webhooks = &smsWebhooks{Delivery: smsDelivery{URL: callback, Intermediate: true}, ContentType: "application/json"}
	}
	got, err := c.exchange(ctx, c.messages, smsRequest{Messages: []smsMessage{message}, Options: smsOptions{Count: true}})
	if err != nil {
		return provider.Receipt{}, err
	}
	return provider.Receipt{ID: got.ID, Parts: max(got.Details.Parts, 0)}, nil
}

// smsSender returns whom an SMS comes from, a number without its plus sign.
func (c *Client) smsSender(m provider.Message) (string, *provider.Error) {
	sender, failure := m.Sender(c.cfg.From)
	switch {
	case failure != nil:
		return "", failure
	case !validSender(sender):
		return "", provider.Fail(provider.Unroutable, "", "the vendor takes no name of less than 3 characters as the sender")
	}
	return bare(sender), nil
}

// validSender says whether the vendor takes a sender.
func validSender(sender string) bool {
	kind := provider.SenderKindOf(sender)
	return kind != 0 && (kind != provider.NameSender || len(sender) >= minName)
}

// bare returns a number without its plus sign, and anything that is no number as it is.
func bare(sender string) string {
	if digits, ok := provider.Digits(sender); ok {
		return digits
	}
	return sender
}

func checkText(text string) *provider.Error {
	if text == "" {
		return provider.Fail(provider.Refused, "", "there is no text")
	}
	if _, parts := provider.Segments(text); parts > maxParts || len(text) > maxBytes {
		return provider.Fail(provider.Refused, "", "the text is longer than 25 parts or 4,000 bytes")
	}
	return nil
}
