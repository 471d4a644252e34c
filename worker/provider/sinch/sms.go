package sinch

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/phonehook/phonehook/worker/provider"
)

const (
	// maxValidity is the vendor's greatest, and what it takes where it is told none.
	maxValidity = 3 * 24 * time.Hour
	// validityTime is how the vendor writes times. A fraction of a millisecond is cut off, so
	// that nothing lives longer than it should.
	validityTime = "2006-01-02T15:04:05.000Z"
	// maxText is the vendor's bound of a text, from its older pages
	// (developers.sinch.com/docs/sms/resources/message-info); the newer ones state none.
	maxText = 1600
	// parameterMark begins a parameter within a text. A text with one that has no value is taken
	// and then given up, with the code 405, and there is no way to write the mark itself
	// (developers.sinch.com/docs/sms/resources/message-info/message-parameterization).
	parameterMark = "${"
)

// batch is the body of POST /xms/v1/{service plan}/batches
// (developers.sinch.com/docs/sms/api-reference/sms/batches). There is no switch for the encoding:
// the vendor takes the least that has all of a text's characters.
type batch struct {
	From      string   `json:"from,omitempty"`
	To        []string `json:"to"`
	Body      string   `json:"body"`
	Type      string   `json:"type"`
	Report    string   `json:"delivery_report"`
	Expires   string   `json:"expire_at"`
	Callback  string   `json:"callback_url,omitempty"`
	Reference string   `json:"client_reference,omitempty"`
}

// The kinds of report that are asked for: each status of the one recipient, or none.
const (
	everyStatus = "per_recipient"
	noStatus    = "none"
)

func (c *Client) sendSMS(ctx context.Context, m provider.Message, to string, expires time.Time) (provider.Receipt, error) {
	if c.cfg.ServicePlanID == "" {
		return provider.Receipt{}, provider.Fail(provider.Misconfigured, "", "the account has no service plan, which SMS needs")
	}
	from, failure := c.smsSender(m)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	text := m.PlainText()
	switch {
	case text == "":
		return provider.Receipt{}, provider.Fail(provider.Refused, "", "there is no text")
	case utf8.RuneCountInString(text) > maxText:
		return provider.Receipt{}, provider.Fail(provider.Refused, "", "the text is longer than 1,600 characters")
	case strings.Contains(text, parameterMark):
		return provider.Receipt{}, provider.Fail(provider.Unroutable, "", "the vendor takes a dollar sign and a brace within the text for a parameter")
	}
	body := batch{
		From: from, To: []string{to}, Body: text, Type: "mt_text", Report: noStatus, Expires: expires.UTC().Format(validityTime),
		Callback: c.account.CallbackURL(m), Reference: m.Reference,
	}
	if body.Callback != "" {
		body.Report = everyStatus
	}
	request, err := provider.JSONRequest(ctx, c.batches, body)
	if err != nil {
		return provider.Receipt{}, err
	}
	request.Header.Set("Authorization", c.bearer)
	answer, err := c.exchange(request, smsCode)
	if err != nil {
		return provider.Receipt{}, err
	}
	var taken struct {
		ID string `json:"id"`
	}
	if !answer.Decode(&taken) || taken.ID == "" {
		return provider.Receipt{}, provider.Unreadable()
	}
	return provider.Receipt{ID: taken.ID}, nil // how many parts there are the vendor does not say
}

// smsSender returns whom an SMS comes from, or nothing where neither the message nor the file says
// it: the vendor then chooses.
func (c *Client) smsSender(m provider.Message) (string, *provider.Error) {
	if m.From == "" && c.cfg.From == "" {
		return "", nil
	}
	sender, failure := m.Sender(c.cfg.From)
	return provider.Plus(sender), failure
}
