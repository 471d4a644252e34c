package vonage

import (
	"context"
	"strings"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// maxClientRef is the Messages API's bound of client_ref.
const maxClientRef = 100

// messageRequest is the body of POST /v1/messages, from developer.vonage.com/en/api/messages and
// the vendor's SDK for Python.
type messageRequest struct {
	Type           string      `json:"message_type"`
	Channel        string      `json:"channel"`
	To             string      `json:"to"`
	From           string      `json:"from"`
	Text           string      `json:"text"`
	ClientRef      string      `json:"client_ref,omitempty"`
	TTL            int64       `json:"ttl,omitempty"`
	SMS            smsEncoding `json:"sms"`
	WebhookURL     string      `json:"webhook_url,omitempty"`
	WebhookVersion string      `json:"webhook_version,omitempty"`
}

type smsEncoding struct {
	Type string `json:"encoding_type"`
}

// sendMessage sends an SMS through the Messages API, whose ttl counts seconds.
func (c *Client) sendMessage(ctx context.Context, m provider.Message, number string, left time.Duration) (provider.Receipt, error) {
	sender, failure := c.sender(m)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	if len(m.Reference) > maxClientRef {
		return provider.Receipt{}, provider.Fail(provider.Misconfigured, "", "the reference has more than 100 characters")
	}
	body := messageRequest{
		Type: "text", Channel: "sms", To: number, From: sender, Text: m.PlainText(), ClientRef: m.Reference,
		TTL: int64(ttl(m, left) / time.Second), SMS: smsEncoding{"text"},
	}
	if alphabet, _ := provider.Segments(body.Text); alphabet != provider.GSM7 {
		body.SMS.Type = "unicode"
	}
	if body.WebhookURL = c.account.CallbackURL(m); body.WebhookURL != "" {
		body.WebhookVersion = "v1"
	}
	request, err := provider.JSONRequest(ctx, c.messages, body)
	if err != nil {
		return provider.Receipt{}, err
	}
	// The key and its secret do for SMS, and cost no signature.
	if c.cfg.APIKey != "" {
		request.SetBasicAuth(c.cfg.APIKey, c.cfg.APISecret.Reveal())
	} else if err := c.authorise(request); err != nil {
		return provider.Receipt{}, err
	}
	answer, err := provider.Do(c.http, request)
	if err != nil {
		return provider.Receipt{}, err
	}
	return judgeMessage(answer)
}

// judgeMessage reads the Messages API's answer. An error names its code in the address of the page
// about it, such as https://developer.vonage.com/api-errors/messages#1120.
func judgeMessage(a *provider.Answer) (provider.Receipt, error) {
	var answer struct {
		ID   string `json:"message_uuid"`
		Type string `json:"type"`
	}
	refusal, read := provider.StatusError(a), a.Decode(&answer)
	if refusal != nil {
		if code, class, ok := messageClass(answer.Type); read && ok {
			refusal.Code, refusal.Kind, refusal.Detail = code, class.kind, class.detail
		}
		return provider.Receipt{}, refusal
	}
	if !read || answer.ID == "" {
		return provider.Receipt{}, provider.Unreadable()
	}
	return provider.Receipt{ID: answer.ID}, nil
}

// messageClass finds the class of an error by the address of its page.
func messageClass(page string) (code string, class statusClass, ok bool) {
	code = messageCode(page)
	class, ok = messageCodes[code]
	return code, class, ok
}

// messageCode returns the code at the end of the address of an error's page, or nothing.
func messageCode(page string) string {
	_, code, _ := strings.Cut(page, "#")
	if len(code) != 4 || strings.Trim(code, "0123456789") != "" {
		return ""
	}
	return code
}

// messageCodes is what the Messages API's codes mean, from
// developer.vonage.com/en/api-errors/messages; the last three are not confirmed there. The codes
// of the same page for what happens after a message was taken come in receipts alone. A code in
// no list is judged by its HTTP status.
var messageCodes = map[string]statusClass{
	"1000": {provider.Throttled, "more messages a second than the account may send"},
	"1010": {provider.Misconfigured, "the request lacks a parameter"},
	"1020": {provider.Misconfigured, "a parameter of the request is not valid; check the sender"},
	"1021": {provider.Misconfigured, "a tag in the request is not valid"},
	"1022": {provider.Misconfigured, "a template in the request is not valid"},
	"1030": {provider.Unavailable, "the vendor failed inside"},
	"1040": {provider.Unroutable, "the vendor has no route to this number"},
	"1050": {provider.Refused, "the number is barred at the vendor"},
	"1060": {provider.Misconfigured, "the account is suspended"},
	"1070": {provider.Misconfigured, "the account has no credit"},
	"1080": {provider.Misconfigured, "the account is not enabled for this API"},
	"1090": {provider.Refused, "the text is too long"},
	"1100": {provider.Unavailable, "the vendor could not pass the message on"},
	"1120": {provider.Unroutable, "the sender may not be used for this country"},
	"1130": {provider.Misconfigured, "the validity period is not valid"},
	"1420": {provider.Unroutable, "the sender is not valid"},
	"1430": {provider.Refused, "the number is not valid"},
}
