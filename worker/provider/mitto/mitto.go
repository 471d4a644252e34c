// Package mitto delivers SMS through Mitto's SMS API, one POST of JSON for each message. The vendor
// has no calls with a spoken text.
//
// What the tables here say is from the vendor's pages named beside them. None of the vendor's free
// text reaches an error, because it can quote the message.
package mitto

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// keyHeader is the header that every request is authorised with
// (docs.mitto.ch/sms-api, "Authentication").
const keyHeader = "X-Mitto-Api-Key"

// Client is one account at Mitto. It is safe for concurrent use.
type Client struct {
	cfg     Config
	account provider.Account
	http    *http.Client
	key     string
	// messages is the address to which all messages go.
	messages string
}

var (
	_ provider.Provider = (*Client)(nil)
	_ provider.Receiver = (*Client)(nil)
)

// New returns a client for the account of cfg. It reads the file that cfg names, so that one which
// is missing is found at start and not by the first message; every error is a *configs.Complaint or
// several joined. It connects to nothing.
func New(cfg Config, account provider.Account) (*Client, error) {
	cfg, key, err := cfg.resolve()
	if err != nil {
		return nil, err
	}
	return &Client{cfg: cfg, account: account, http: provider.NewHTTPClient(), key: key, messages: cfg.BaseURL + "/sms"}, nil
}

// Close closes the connections that are not in use. The client can still send afterwards, over new
// ones.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Format implements fmt.Formatter for every verb with the vendor's name alone.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "mitto") }

// Send implements provider.Provider.
func (c *Client) Send(ctx context.Context, m provider.Message) (provider.Receipt, error) {
	switch m.Channel {
	case provider.SMS:
	case provider.Voice:
		return provider.Receipt{}, provider.Fail(provider.Misconfigured, "", "Mitto has no calls; route voice to another provider")
	default:
		return provider.Receipt{}, provider.Fail(provider.Misconfigured, "", "the channel is neither sms nor voice")
	}
	digits, ok := provider.Digits(m.To)
	if !ok {
		return provider.Receipt{}, provider.Fail(provider.Refused, "", "the recipient is not a number of 7 to 15 digits")
	}
	left, failure := m.Left(maxValidity * time.Minute)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	body, failure := c.sms(m, digits, left)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	answer, err := c.exchange(ctx, body)
	if err != nil {
		return provider.Receipt{}, err
	}
	return judge(answer)
}

// exchange posts body as JSON and returns the answer, whatever its status.
func (c *Client) exchange(ctx context.Context, body smsRequest) (*provider.Answer, error) {
	request, err := provider.JSONRequest(ctx, c.messages, body)
	if err != nil {
		return nil, err
	}
	request.Header.Set(keyHeader, c.key)
	return provider.Do(c.http, request)
}
