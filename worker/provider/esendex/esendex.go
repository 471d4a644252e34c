// Package esendex delivers SMS and speaks messages through Esendex's message dispatcher, one POST
// of XML for both. The API takes JSON as well, but its answer in JSON is documented nowhere, and
// its answer in XML is.
//
// The vendor knows neither a reference of ours nor an address for the reports of one message: its
// reports go to one address of the account and name the message as its answer did. And its validity
// period is in whole hours, which is no help for a code that is good for minutes.
//
// What the tables here say is from the vendor's pages, schemas and SDKs named beside them. None of
// the vendor's free text reaches an error, because it can quote the message.
package esendex

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// Client is one account at Esendex. It is safe for concurrent use.
type Client struct {
	cfg      Config
	password string
	http     *http.Client
	// dispatcher is the address to which all messages go.
	dispatcher string
}

var (
	_ provider.Provider     = (*Client)(nil)
	_ provider.Receiver     = (*Client)(nil)
	_ provider.ReporterByID = (*Client)(nil)
)

// New returns a client for the account of cfg. It reads the file that cfg names, so that one which
// is missing is found at start and not by the first message; every error is a *configs.Complaint or
// several joined. It connects to nothing. Of the place in the worker's file it needs nothing, since
// the vendor is told in its own pages where to report.
func New(cfg Config, _ provider.Account) (*Client, error) {
	cfg, password, err := cfg.resolve()
	if err != nil {
		return nil, err
	}
	return &Client{cfg: cfg, password: password, http: provider.NewHTTPClient(), dispatcher: cfg.BaseURL + "/v1.0/messagedispatcher"}, nil
}

// Close closes the connections that are not in use. The client can still send afterwards, over new
// ones.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Format implements fmt.Formatter for every verb with the vendor's name alone.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "esendex") }

// Send implements provider.Provider.
func (c *Client) Send(ctx context.Context, m provider.Message) (provider.Receipt, error) {
	digits, ok := provider.Digits(m.To)
	if !ok {
		return provider.Receipt{}, provider.Fail(provider.Refused, "", "the recipient is not a number of 7 to 15 digits")
	}
	left, failure := m.Left(maxValidity * time.Hour)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	d := dispatch{To: digits}
	switch m.Channel {
	case provider.SMS:
		failure = c.sms(&d, m, left)
	case provider.Voice:
		c.voice(&d, m)
	default:
		failure = provider.Fail(provider.Misconfigured, "", "the channel is neither sms nor voice")
	}
	if failure != nil {
		return provider.Receipt{}, failure
	}
	request, failure := c.request(ctx, d)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	answer, err := provider.Do(c.http, request)
	if err != nil {
		return provider.Receipt{}, err
	}
	return judge(answer)
}
