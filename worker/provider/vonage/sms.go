package vonage

import (
	"context"
	"net/http"
	"time"

	sdk "github.com/vonage/vonage-go-sdk"

	"github.com/phonehook/phonehook/worker/provider"
)

const (
	// minTTL and maxTTL are the vendor's bounds of ttl. A message with less
	// than minTTL left is still sent, with minTTL: its code may arrive some
	// seconds after its life, which is better than the vendor's 72 hours.
	minTTL = 20 * time.Second
	maxTTL = 168 * time.Hour
	// maxReference is the vendor's bound of client-ref.
	maxReference = 40
	// maxCallback is the vendor's bound of callback. A tenant's address is longer only where
	// the gateway's own is; then no receipts are asked for.
	maxCallback = 100
)

func (c *Client) sendSMS(ctx context.Context, m provider.Message, number string, left time.Duration) (provider.Receipt, error) {
	if c.sms == nil {
		return provider.Receipt{}, provider.Fail(provider.Misconfigured, "", "the account has no api_key, which SMS needs")
	}
	sender, failure := c.sender(m)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	if len(m.Reference) > maxReference {
		return provider.Receipt{}, provider.Fail(provider.Misconfigured, "", "the reference has more than 40 characters")
	}
	options := sdk.SMSOpts{ClientRef: m.Reference}
	if address := c.account.TenantURL(m); address != "" && len(address) <= maxCallback {
		options.Callback, options.StatusReportReq = address, true
	}
	text := m.PlainText()
	if alphabet, _ := provider.Segments(text); alphabet != provider.GSM7 {
		options.Type = "unicode"
	}
	request := c.smsRequest(ctx, ttl(m, left), sender, number, text, options)
	if request == nil {
		return provider.Receipt{}, provider.Fail(provider.Misconfigured, "", "the SDK did not make a request")
	}
	return c.exchange(request)
}

// ttl is the validity period to ask for: what is left of the message's life,
// within the vendor's bounds, or none for a message without an end.
func ttl(m provider.Message, left time.Duration) time.Duration {
	if m.Expires.IsZero() {
		return 0
	}
	return min(max(left, minTTL), maxTTL)
}

// smsRequest has the SDK make the request for one SMS, or returns nil. The SDK takes for a
// failure that it gets no answer, and its panics are left aside as well.
func (c *Client) smsRequest(ctx context.Context, ttl time.Duration, from, to, text string, options sdk.SMSOpts) *http.Request {
	e := &exchange{ctx: ctx, ttl: ttl}
	func() {
		defer func() { _ = recover() }()
		call, config := *c.sms, *c.sms.Config
		config.HTTPClient = &http.Client{Transport: e}
		call.Config = &config
		_, _, _ = call.Send(from, to, text, options)
	}()
	return e.request
}

// exchange sends a request for an SMS and judges the answer.
func (c *Client) exchange(request *http.Request) (provider.Receipt, error) {
	answer, err := provider.Do(c.http, request)
	if err != nil {
		return provider.Receipt{}, err
	}
	if refusal := provider.StatusError(answer); refusal != nil {
		return provider.Receipt{}, refusal
	}
	return judgeParts(answer)
}
