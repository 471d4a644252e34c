package vonage

import (
	"context"
	"net/http"
	"strings"
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
)

func (c *Client) sendSMS(ctx context.Context, m provider.Message, number string, left time.Duration) (provider.Receipt, error) {
	if c.sms == nil {
		return provider.Receipt{}, failure(provider.Misconfigured, "", "the account has no api_key, which SMS needs")
	}
	sender, ok := c.smsSender(m)
	if !ok {
		return provider.Receipt{}, failure(provider.Refused, "", "the sender is neither a number nor up to 11 letters and digits")
	}
	if len(m.Reference) > maxReference {
		return provider.Receipt{}, failure(provider.Misconfigured, "", "the reference has more than 40 characters")
	}
	options := sdk.SMSOpts{ClientRef: m.Reference, Callback: c.cfg.Callback, StatusReportReq: c.cfg.Callback != ""}
	text := strings.ToValidUTF8(m.Text, "\uFFFD")
	if !isGSM7(text) {
		options.Type = "unicode"
	}
	e := &exchange{ctx: ctx, client: c.http, ttl: ttl(m, left)}
	c.submit(e, sender, number, text, options)
	return e.receipt()
}

// ttl is the validity period to ask for: what is left of the message's life,
// within the vendor's bounds, or none for a message without an end.
func ttl(m provider.Message, left time.Duration) time.Duration {
	if m.Expires.IsZero() {
		return 0
	}
	return min(max(left, minTTL), maxTTL)
}

// submit has the SDK send one SMS through e. What the SDK makes of the answer is
// left aside, and so are its panics: an answer without parts is one.
func (c *Client) submit(e *exchange, from, to, text string, options sdk.SMSOpts) {
	defer func() { _ = recover() }()
	call, config := *c.sms, *c.sms.Config
	config.HTTPClient = &http.Client{Transport: e, CheckRedirect: c.http.CheckRedirect}
	call.Config = &config
	_, _, _ = call.Send(from, to, text, options)
}

// receipt judges what came of the exchange.
func (e *exchange) receipt() (provider.Receipt, error) {
	if !e.sent {
		return provider.Receipt{}, failure(provider.Misconfigured, "", "the SDK did not send the request")
	}
	if e.err != nil {
		return provider.Receipt{}, e.err
	}
	if refusal := provider.StatusError(e.answer); refusal != nil {
		return provider.Receipt{}, refusal
	}
	return judgeParts(e.answer)
}
