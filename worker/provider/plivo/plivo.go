// Package plivo delivers SMS through Plivo's Message API and speaks messages through its calls.
//
// The vendor's own SDK is not used: it takes no context, and both are one POST of JSON, whose time,
// errors and answers this package has to judge itself.
//
// A call is made without its text. When somebody answers it, the vendor asks an address at the
// gateway what to say, so that calls need the section receipts of the worker's file. The text is
// sealed within that address.
//
// What the tables here say is from the vendor's pages named beside them. None of the vendor's free
// text reaches an error, because it can quote the message.
package plivo

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/phonehook/phonehook/worker/provider"
)

// Client is one account, or subaccount, at Plivo. It is safe for concurrent use.
type Client struct {
	cfg     Config
	account provider.Account
	http    *http.Client
	// token authorises requests together with Config.AuthID, and checks the vendor's signatures.
	token string
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
	cfg, token, err := cfg.resolve()
	if err != nil {
		return nil, err
	}
	base := cfg.BaseURL + "/v1/Account/" + cfg.AuthID
	return &Client{
		cfg: cfg, account: account, http: provider.NewHTTPClient(), token: token,
		messages: base + "/Message/", calls: base + "/Call/",
	}, nil
}

// Close closes the connections that are not in use. The client can still send afterwards, over new
// ones.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Format implements fmt.Formatter for every verb with the vendor's name alone.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "plivo") }

// SendsFromService implements provider.ServiceSender: the vendor's powerpacks are pools of senders.
func (c *Client) SendsFromService() bool { return true }

// Send implements provider.Provider.
func (c *Client) Send(ctx context.Context, m provider.Message) (provider.Receipt, error) {
	digits, ok := provider.Digits(m.To)
	if !ok {
		return provider.Receipt{}, provider.Fail(provider.Refused, "", "the recipient is not a number of 7 to 15 digits")
	}
	switch m.Channel {
	case provider.SMS:
		return c.sendSMS(ctx, m, digits)
	case provider.Voice:
		return c.call(ctx, m, digits)
	}
	return provider.Receipt{}, provider.Fail(provider.Misconfigured, "", "the channel is neither sms nor voice")
}

// exchange posts body as JSON and returns the answer of 2xx; any other is an error.
func (c *Client) exchange(ctx context.Context, address string, body any) (*provider.Answer, error) {
	request, err := provider.JSONRequest(ctx, address, body)
	if err != nil {
		return nil, err
	}
	request.SetBasicAuth(c.cfg.AuthID, c.token)
	answer, err := provider.Do(c.http, request)
	if err != nil {
		return nil, err
	}
	if refusal := judge(answer); refusal != nil {
		return nil, refusal
	}
	return answer, nil
}
