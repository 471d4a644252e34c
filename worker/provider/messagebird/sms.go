package messagebird

import (
	"context"
	"strings"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

const (
	// minValidity and maxValidity bound the validity period, in seconds and as a duration. The
	// vendor's pages state no bounds: the first is the least that means anything, and the second
	// is the vendor's default as its pages had it, which is not confirmed at the vendor.
	minValidity = 1
	maxValidity = 48 * time.Hour
	// maxParts is what the vendor's bound of 1,377 characters amounts to: 9 parts of 153.
	maxParts = 9
)

// smsRequest is the body of POST /messages (developers.messagebird.com/api/sms-messaging, and the
// types of the vendor's SDK for Node.js). Reports are made only of messages that have a reference.
type smsRequest struct {
	Originator string   `json:"originator"`
	Recipients []string `json:"recipients"`
	Body       string   `json:"body"`
	Type       string   `json:"type"`
	DataCoding string   `json:"datacoding"`
	Validity   int      `json:"validity"`
	Reference  string   `json:"reference,omitempty"`
	ReportURL  string   `json:"reportUrl,omitempty"`
}

func (c *Client) sendSMS(ctx context.Context, m provider.Message, to string, left time.Duration) (provider.Receipt, error) {
	sender, failure := m.Sender(c.cfg.From)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	text := m.PlainText()
	alphabet, parts := provider.Segments(text)
	switch {
	case text == "":
		return provider.Receipt{}, provider.Fail(provider.Refused, "", "there is no text")
	case parts > maxParts:
		return provider.Receipt{}, provider.Fail(provider.Refused, "", "the text is too long; the vendor takes at most 9 parts")
	}
	return c.exchange(ctx, c.messages, smsRequest{
		Originator: msisdn(sender), Recipients: []string{to}, Body: text, Type: "sms", DataCoding: dataCoding(alphabet),
		Validity:  provider.Whole(left, time.Second, minValidity, int(maxValidity/time.Second)),
		Reference: m.Reference, ReportURL: c.account.CallbackURL(m),
	})
}

// dataCoding is the switch that keeps the vendor from putting other characters in the place of a
// text's own, which it does with plain, its default.
func dataCoding(alphabet provider.Alphabet) string {
	if alphabet == provider.GSM7 {
		return "plain"
	}
	return "unicode"
}

// msisdn returns a number without its plus sign, as the vendor writes numbers, and any other sender
// as it is.
func msisdn(sender string) string {
	if provider.SenderKindOf(sender) == provider.NumberSender {
		return strings.TrimPrefix(sender, "+")
	}
	return sender
}
