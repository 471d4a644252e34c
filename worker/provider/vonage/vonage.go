// Package vonage delivers SMS through Vonage's SMS API, or its Messages API where Config says so,
// and speaks messages through its Voice API.
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
// One POST with a token of its own does it. The SDK has nothing of the Messages API.
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

	sdk "github.com/vonage/vonage-go-sdk"

	"github.com/phonehook/phonehook/worker/provider"
)

// Client is one account at Vonage. It is safe for concurrent use.
type Client struct {
	cfg     Config
	account provider.Account
	http    *http.Client
	// sms is the SDK's client of the SMS API; nil where the account has none.
	sms *sdk.SMSClient
	// key signs the tokens of an application; nil where the account has none.
	key *rsa.PrivateKey
	// signing is the secret with which the vendor signs its requests, or empty.
	signing []byte
	// calls and messages are the addresses of the two APIs.
	calls, messages string
}

var _ provider.Receiver = (*Client)(nil)

// New returns a client for the account of cfg. It reads the files that cfg names,
// so that a file which is missing or no key is found at start and not by the first
// message; every error is a *configs.Complaint or several joined. It connects to
// nothing.
func New(cfg Config, account provider.Account) (*Client, error) {
	cfg, key, err := cfg.resolve()
	if err != nil {
		return nil, err
	}
	c := &Client{
		cfg: cfg, account: account, http: provider.NewHTTPClient(), key: key, signing: []byte(cfg.SignatureSecret.Reveal()),
		calls: cfg.VoiceURL + "/v1/calls", messages: cfg.VoiceURL + "/v1/messages",
	}
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
	number, ok := provider.Digits(m.To)
	if !ok {
		return provider.Receipt{}, provider.Fail(provider.Refused, "", "the recipient is not a number of 7 to 15 digits")
	}
	left, failure := m.Left(0)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	switch {
	case m.Channel == provider.SMS && c.cfg.Messages:
		return c.sendMessage(ctx, m, number, left)
	case m.Channel == provider.SMS:
		return c.sendSMS(ctx, m, number, left)
	case m.Channel == provider.Voice:
		return c.call(ctx, m, number, left)
	}
	return provider.Receipt{}, provider.Fail(provider.Misconfigured, "", "the channel is neither sms nor voice")
}
