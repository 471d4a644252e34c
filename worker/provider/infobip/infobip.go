// Package infobip delivers SMS through the third version of Infobip's SMS API and speaks messages
// through its API for voice messages.
//
// The vendor's own SDK is not used: it insists on TLS, so that it can't be pointed at a look-alike,
// and both APIs are one POST of JSON, whose time, errors and answers this package has to judge
// itself.
//
// What the tables here say is from the vendor's pages named beside them. None of the vendor's free
// text reaches an error, because it can quote the message.
package infobip

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// Client is one account at Infobip. It is safe for concurrent use.
type Client struct {
	cfg     Config
	account provider.Account
	http    *http.Client
	// authorization is the header that every request is authorised with.
	authorization string
	// messages and calls are the addresses of the two APIs.
	messages, calls string
}

var _ provider.Receiver = (*Client)(nil)

// New returns a client for the account of cfg. It reads the files that cfg names, so that a file
// which is missing is found at start and not by the first message; every error is a
// *configs.Complaint or several joined. It connects to nothing.
func New(cfg Config, account provider.Account) (*Client, error) {
	cfg, key, err := cfg.resolve()
	if err != nil {
		return nil, err
	}
	return &Client{
		cfg: cfg, account: account, http: provider.NewHTTPClient(), authorization: "App " + key,
		messages: cfg.BaseURL + "/sms/3/messages", calls: cfg.BaseURL + "/tts/3/advanced",
	}, nil
}

// Close closes the connections that are not in use. The client can still send afterwards, over new
// ones.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Format implements fmt.Formatter for every verb with the vendor's name alone.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "infobip") }

// maxValidity is the longest that the vendor keeps a message of either channel, and what it takes
// where nothing is said.
const maxValidity = 48 * time.Hour

// Send implements provider.Provider. The vendor wants numbers without their plus sign.
func (c *Client) Send(ctx context.Context, m provider.Message) (provider.Receipt, error) {
	digits, ok := provider.Digits(m.To)
	if !ok {
		return provider.Receipt{}, provider.Fail(provider.Refused, "", "the recipient is not a number of 7 to 15 digits")
	}
	left, failure := m.Left(maxValidity)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	switch m.Channel {
	case provider.SMS:
		return c.sendSMS(ctx, m, digits, left)
	case provider.Voice:
		return c.call(ctx, m, digits, left)
	}
	return provider.Receipt{}, provider.Fail(provider.Misconfigured, "", "the channel is neither sms nor voice")
}

// destination is whom a message of either channel goes to. The vendor's id of a message can be
// chosen, and is ours: reports name it, and the vendor wants it to be unique.
type destination struct {
	To        string `json:"to"`
	MessageID string `json:"messageId,omitempty"`
}

// exchange posts body as JSON and returns what became of the one message in it.
func (c *Client) exchange(ctx context.Context, address string, body any) (taken, error) {
	request, err := provider.JSONRequest(ctx, address, body)
	if err != nil {
		return taken{}, err
	}
	request.Header.Set("Authorization", c.authorization)
	answer, err := provider.Do(c.http, request)
	if err != nil {
		return taken{}, err
	}
	if refusal := judge(answer); refusal != nil {
		return taken{}, refusal
	}
	return read(answer)
}
