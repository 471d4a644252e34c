// Package telnyx delivers SMS through Telnyx's Messaging API and speaks messages through its
// TeXML calls, whose instructions go with the request.
//
// The vendor's own SDK is not used: both are one POST of JSON, whose time, errors and answers this
// package has to judge itself.
//
// What the tables here say is from the vendor's pages named beside them. None of the vendor's free
// text reaches an error, because it can quote the message.
package telnyx

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"net/http"

	"github.com/phonehook/phonehook/worker/provider"
)

// Client is one account at Telnyx. It is safe for concurrent use.
type Client struct {
	cfg     Config
	account provider.Account
	http    *http.Client
	// bearer is the header that every request is authorised with.
	bearer string
	// public checks the vendor's signatures; nil where the file has no key.
	public ed25519.PublicKey
	// messages and calls are the addresses of the two APIs.
	messages, calls string
}

var (
	_ provider.ServiceSender = (*Client)(nil)
	_ provider.Receiver      = (*Client)(nil)
)

// New returns a client for the account of cfg. It reads the files that cfg names, so that a file
// which is missing is found at start and not by the first message; every error is a
// *configs.Complaint or several joined. It connects to nothing.
func New(cfg Config, account provider.Account) (*Client, error) {
	cfg, key, err := cfg.resolve()
	if err != nil {
		return nil, err
	}
	return &Client{
		cfg: cfg, account: account, http: provider.NewHTTPClient(), bearer: "Bearer " + key, public: cfg.publicKey(),
		messages: cfg.BaseURL + "/v2/messages", calls: cfg.BaseURL + "/v2/texml/Accounts/" + cfg.Voice.AccountSID + "/Calls",
	}, nil
}

// Close closes the connections that are not in use. The client can still send afterwards, over new
// ones.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Format implements fmt.Formatter for every verb with the vendor's name alone.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "telnyx") }

// SendsFromService implements provider.ServiceSender: the vendor's messaging profiles are pools of
// senders.
func (c *Client) SendsFromService() bool { return true }

// Send implements provider.Provider.
func (c *Client) Send(ctx context.Context, m provider.Message) (provider.Receipt, error) {
	digits, ok := provider.Digits(m.To)
	if !ok {
		return provider.Receipt{}, provider.Fail(provider.Refused, "", "the recipient is not a number of 7 to 15 digits")
	}
	left, failure := m.Left(maxRinging)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	switch m.Channel {
	case provider.SMS:
		return c.sendSMS(ctx, m, "+"+digits)
	case provider.Voice:
		return c.call(ctx, m, "+"+digits, left)
	}
	return provider.Receipt{}, provider.Fail(provider.Misconfigured, "", "the channel is neither sms nor voice")
}

// exchange posts body as JSON and returns the answer of 2xx; any other is an error.
func (c *Client) exchange(ctx context.Context, address string, body any) (*provider.Answer, error) {
	request, err := provider.JSONRequest(ctx, address, body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", c.bearer)
	answer, err := provider.Do(c.http, request)
	if err != nil {
		return nil, err
	}
	if refusal := judge(answer); refusal != nil {
		return nil, refusal
	}
	return answer, nil
}
