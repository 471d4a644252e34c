// Package telesign delivers SMS through TeleSign's messaging API and speaks messages through its
// voice API, each one POST of a form that is signed with the account's key.
//
// The vendor's own SDK is not used: both are one request, whose time, errors and answers this
// package has to judge itself.
//
// What the tables here say is from the vendor's pages named beside them. None of the vendor's free
// text reaches an error, because it can quote the message.
package telesign

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// The resources of the two APIs, which are signed as they stand here, whatever the address before
// them is.
const (
	smsResource   = "/v1/messaging"
	voiceResource = "/v1/voice"
)

// noEnd is the life of a message that has none. The vendor is told nothing of it.
const noEnd = time.Hour

// Client is one account at TeleSign. It is safe for concurrent use.
type Client struct {
	cfg     Config
	account provider.Account
	http    *http.Client
	signer  signer
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
	return &Client{cfg: cfg, account: account, http: provider.NewHTTPClient(), signer: signer{cfg.CustomerID, key}}, nil
}

// Close closes the connections that are not in use. The client can still send afterwards, over new
// ones.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Format implements fmt.Formatter for every verb with the vendor's name alone.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "telesign") }

// Send implements provider.Provider.
func (c *Client) Send(ctx context.Context, m provider.Message) (provider.Receipt, error) {
	digits, ok := provider.Digits(m.To)
	if !ok {
		return provider.Receipt{}, provider.Fail(provider.Refused, "", "the recipient is not a number of 7 to 15 digits")
	}
	if _, failure := m.Left(noEnd); failure != nil {
		return provider.Receipt{}, failure
	}
	form, resource := c.common(m, digits), smsResource
	var failure *provider.Error
	switch m.Channel {
	case provider.SMS:
		failure = c.sms(form, m)
	case provider.Voice:
		resource, failure = voiceResource, c.voice(form, m)
	default:
		failure = provider.Fail(provider.Misconfigured, "", "the channel is neither sms nor voice")
	}
	if failure != nil {
		return provider.Receipt{}, failure
	}
	answer, err := c.exchange(ctx, resource, form)
	if err != nil {
		return provider.Receipt{}, err
	}
	return judge(answer)
}

// exchange posts a form and returns the answer, whatever its status.
func (c *Client) exchange(ctx context.Context, resource string, form url.Values) (*provider.Answer, error) {
	request, err := provider.FormRequest(ctx, c.cfg.BaseURL+resource, form)
	if err != nil {
		return nil, err
	}
	c.signer.sign(request, resource, form.Encode()) // which is what the request's body has
	return provider.Do(c.http, request)
}
