// Package messagebird delivers SMS through MessageBird's SMS API and speaks messages through its
// Voice Messaging API. The vendor is now called Bird; these are the APIs of rest.messagebird.com,
// which its accounts from before have, and not those of api.bird.com.
//
// The vendor's own SDK is not used: it has no context, no calls any more, and both APIs are one POST
// of JSON, whose time, errors and answers this package has to judge itself.
//
// What the tables here say is from the vendor's pages and SDKs named beside them. None of the
// vendor's free text reaches an error, because it can quote the message.
package messagebird

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/phonehook/phonehook/worker/provider"
)

// Client is one account at MessageBird. It is safe for concurrent use.
type Client struct {
	cfg     Config
	account provider.Account
	http    *http.Client
	// authorization is the header that every request is authorised with.
	authorization string
	// signing checks the vendor's signatures; empty where the file has no key.
	signing []byte
	// messages and voiceMessages are the addresses of the two APIs.
	messages, voiceMessages string
}

var _ provider.Receiver = (*Client)(nil)

// New returns a client for the account of cfg. It reads the files that cfg names, so that a file
// which is missing is found at start and not by the first message; every error is a
// *configs.Complaint or several joined. It connects to nothing.
func New(cfg Config, account provider.Account) (*Client, error) {
	cfg, err := cfg.resolve()
	if err != nil {
		return nil, err
	}
	return &Client{
		cfg: cfg, account: account, http: provider.NewHTTPClient(),
		authorization: "AccessKey " + cfg.AccessKey.Reveal(), signing: []byte(cfg.SigningKey.Reveal()),
		messages: cfg.BaseURL + "/messages", voiceMessages: cfg.BaseURL + "/voicemessages",
	}, nil
}

// Close closes the connections that are not in use. The client can still send afterwards, over new
// ones.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Format implements fmt.Formatter for every verb with the vendor's name alone.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "messagebird") }

// Send implements provider.Provider. The vendor writes numbers without their plus sign.
func (c *Client) Send(ctx context.Context, m provider.Message) (provider.Receipt, error) {
	to, ok := provider.Digits(m.To)
	if !ok {
		return provider.Receipt{}, provider.Fail(provider.Refused, "", "the recipient is not a number of 7 to 15 digits")
	}
	left, failure := m.Left(maxValidity)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	switch m.Channel {
	case provider.SMS:
		return c.sendSMS(ctx, m, to, left)
	case provider.Voice:
		return c.call(ctx, m, to)
	}
	return provider.Receipt{}, provider.Fail(provider.Misconfigured, "", "the channel is neither sms nor voice")
}

// exchange posts body as JSON and reads the answer; any but one of 2xx is an error.
func (c *Client) exchange(ctx context.Context, address string, body any) (provider.Receipt, error) {
	request, err := provider.JSONRequest(ctx, address, body)
	if err != nil {
		return provider.Receipt{}, err
	}
	request.Header.Set("Authorization", c.authorization)
	answer, err := provider.Do(c.http, request)
	if err != nil {
		return provider.Receipt{}, err
	}
	if refusal := judge(answer); refusal != nil {
		return provider.Receipt{}, refusal
	}
	return judgeTaken(answer)
}
