package twilio

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// The bounds of a validity period, in seconds. It counts the time in the vendor's own queue.
const (
	minValidity = 1
	maxValidity = 36_000
)

// smsAnswer is what is read of an answer of 2xx. The number of parts is a string, and 0 while a
// messaging service has yet to choose the sender.
type smsAnswer struct {
	SID       string `json:"sid"`
	Status    string `json:"status"`
	ErrorCode code   `json:"error_code"`
	Parts     string `json:"num_segments"`
}

// sendSMS posts to the resource Messages (twilio.com/docs/messaging/api/message-resource). It has
// no place for our reference, so the report's address has that. SmartEncoded, which puts other
// characters in the place of a text's own, is left out, and the vendor's default is not to.
func (c *Client) sendSMS(ctx context.Context, m provider.Message, to string, left time.Duration) (provider.Receipt, error) {
	from, service, failure := c.smsSender(m)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	text := m.PlainText()
	if text == "" {
		return provider.Receipt{}, provider.Fail(provider.Refused, "", "there is no text")
	}
	form := url.Values{
		"To": {to}, "Body": {text},
		"ValidityPeriod": {strconv.Itoa(provider.Whole(left, time.Second, minValidity, maxValidity))},
	}
	set(form, "From", from)
	set(form, "MessagingServiceSid", service)
	set(form, "StatusCallback", c.account.CallbackURL(m))
	answer, err := c.exchange(ctx, c.messages, form)
	if err != nil {
		return provider.Receipt{}, err
	}
	return judgeSMS(answer)
}

func set(form url.Values, name, value string) {
	if value != "" {
		form.Set(name, value)
	}
}

// smsSender returns whom an SMS comes from and the messaging service to use. Without a sender the
// vendor chooses one of the service's, as it does for a country that shows no names. The
// configured service goes with the configured sender alone: it need not have the message's.
func (c *Client) smsSender(m provider.Message) (from, service string, failure *provider.Error) {
	service = m.Service
	if m.From == "" {
		service = orElse(service, c.cfg.MessagingServiceSID)
		if m.Service != "" || c.cfg.From == "" && service != "" {
			return "", service, nil
		}
	}
	sender, failure := m.Sender(c.cfg.From)
	switch {
	case failure != nil && failure.Kind == provider.Unroutable && service != "":
		return "", service, nil
	case failure != nil:
		return "", "", failure
	case !validSender(sender):
		return "", "", provider.Fail(provider.Unroutable, "", "the vendor takes only names of letters, digits, blanks and + - _ & as the sender")
	}
	return provider.Plus(sender), service, nil
}

// validSender says whether the vendor takes a sender. A name has letters, digits, blanks and four
// signs, and not digits alone (twilio.com/docs/messaging/api/alphasender-resource).
func validSender(sender string) bool {
	kind := provider.SenderKindOf(sender)
	if kind != provider.NameSender {
		return kind != 0
	}
	return !strings.Contains(sender, ".") && strings.ContainsAny(sender, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
}

// judgeSMS reads an answer of 2xx.
func judgeSMS(a *provider.Answer) (provider.Receipt, error) {
	var answer smsAnswer
	if !a.Decode(&answer) || answer.SID == "" {
		return provider.Receipt{}, provider.Unreadable()
	}
	switch answer.Status {
	case "failed", "undelivered", "canceled":
		failure := provider.Fail(provider.Unavailable, string(answer.ErrorCode), "the vendor took the message and could not send it")
		if class, ok := codes[answer.ErrorCode]; ok {
			failure.Kind, failure.Detail = class.kind, class.reason
		}
		return provider.Receipt{}, failure
	}
	parts, err := strconv.Atoi(answer.Parts)
	if err != nil {
		parts = 0
	}
	return provider.Receipt{ID: answer.SID, Parts: max(parts, 0)}, nil
}
