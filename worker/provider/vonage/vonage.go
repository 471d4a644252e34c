// Package vonage delivers SMS through Vonage's SMS API and speaks messages through
// its Voice API.
//
// SMS goes through Vonage's own SDK, wrapped: the SDK knows no context and no ttl,
// looks at the first part of a long message only, and panics on an answer without
// parts. So each call gets a copy of the SDK's client whose transport adds the ttl and
// keeps the request, and this package sends it under the context and judges the answer
// itself (see exchange).
//
// Calls do not go through the SDK, because its faults there can't be wrapped away:
// its talk action has no language, its token is made once and is refused after 15
// minutes, it panics on every transport error, and it reports an error whose body
// it can't decode, which is what the API answers a bad request with, as success.
// One POST with a token of its own does it.
//
// What the tables here say is from the vendor's pages named beside them. None of
// the vendor's free text reaches an error, because it can quote the message.
package vonage

import (
	"context"
	"crypto/rsa"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	sdk "github.com/vonage/vonage-go-sdk"

	"github.com/phonehook/phonehook/worker/provider"
)

// Client is one account at Vonage. It is safe for concurrent use.
type Client struct {
	cfg      Config
	http     *http.Client
	sms      *sdk.SMSClient
	key      *rsa.PrivateKey
	voiceURL string
}

var _ provider.Provider = (*Client)(nil)

// New returns a client for the account of cfg. It reads the files that cfg names,
// so that a file which is missing or no key is found at start and not by the first
// message; every error is a *configs.Complaint or several joined. It connects to
// nothing.
func New(cfg Config) (*Client, error) {
	cfg, key, err := cfg.resolve()
	if err != nil {
		return nil, err
	}
	c := &Client{cfg: cfg, http: provider.NewHTTPClient(), key: key, voiceURL: cfg.VoiceURL + "/v1/calls"}
	if cfg.APIKey != "" {
		c.sms = sdk.NewSMSClient(sdk.CreateAuthFromKeySecret(cfg.APIKey, cfg.APISecret.Reveal()))
		c.sms.Config.BasePath = cfg.SMSURL + "/sms"
	}
	return c, nil
}

// Close closes the connections that are not in use. The client can still send
// afterwards, over new ones.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Format implements fmt.Formatter for every verb with the vendor's name alone: the
// SDK's client inside keeps the secret as a plain string.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "vonage") }

// Send implements provider.Provider.
func (c *Client) Send(ctx context.Context, m provider.Message) (provider.Receipt, error) {
	number, ok := digits(m.To)
	if !ok {
		return provider.Receipt{}, failure(provider.Refused, "", "the recipient is not a number of 7 to 15 digits")
	}
	left := time.Until(m.Expires)
	if !m.Expires.IsZero() && left <= 0 {
		return provider.Receipt{}, failure(provider.Unavailable, "", "the message's life ended before the attempt")
	}
	switch m.Channel {
	case provider.SMS:
		return c.sendSMS(ctx, m, number, left)
	case provider.Voice:
		return c.call(ctx, m, number, left)
	}
	return provider.Receipt{}, failure(provider.Misconfigured, "", "the channel is neither sms nor voice")
}

// failure returns an error as Send must return it, with a detail in our words.
func failure(kind provider.Kind, code, detail string) error {
	return &provider.Error{Kind: kind, Code: code, Detail: detail}
}

// digits returns an E.164 number as Vonage takes it, without the plus sign, and
// whether it has the 7 to 15 digits that the API's definition asks for.
func digits(number string) (string, bool) {
	number = strings.TrimPrefix(number, "+")
	if len(number) < 7 || len(number) > 15 {
		return "", false
	}
	return number, strings.Trim(number, "0123456789") == ""
}
