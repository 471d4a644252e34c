// Package twilio delivers SMS through Twilio's Programmable Messaging and speaks messages through
// its Programmable Voice, whose instructions go with the request; or delivers codes through its
// Verify, which has texts, senders and routes of its own.
//
// The vendor's own SDK is not used: it takes no context, and all three are one POST of a form, whose
// time, errors and answers this package has to judge itself.
//
// What the tables here say is from the vendor's pages and its OpenAPI documents (twilio/twilio-oai on
// GitHub), named beside them. None of the vendor's free text reaches an error, because it can quote
// the message.
package twilio

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// Client is one account at Twilio. It is safe for concurrent use.
type Client struct {
	cfg     Config
	account provider.Account
	http    *http.Client
	// authorization is the header that every request is authorised with.
	authorization string
	// token is the key of the vendor's signatures; nil where the file has none.
	token []byte
	// messages, calls and verifications are the addresses of the three APIs.
	messages, calls, verifications string
}

var (
	_ provider.ServiceSender = (*Client)(nil)
	_ provider.Receiver      = (*Client)(nil)
	_ provider.Learner       = (*Client)(nil)
)

// New returns a client for the account of cfg. It reads the files that cfg names, so that a file
// which is missing is found at start and not by the first message; every error is a
// *configs.Complaint or several joined. It connects to nothing.
func New(cfg Config, account provider.Account) (*Client, error) {
	cfg, keys, err := cfg.resolve()
	if err != nil {
		return nil, err
	}
	of := cfg.BaseURL + "/2010-04-01/Accounts/" + cfg.AccountSID
	return &Client{
		cfg: cfg, account: account, http: provider.NewHTTPClient(), authorization: keys.authorization, token: keys.token,
		messages: of + "/Messages.json", calls: of + "/Calls.json",
		verifications: cfg.VerifyBaseURL + "/v2/Services/" + cfg.VerifyServiceSID + "/Verifications",
	}, nil
}

// Close closes the connections that are not in use. The client can still send afterwards, over new
// ones.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Format implements fmt.Formatter for every verb with the vendor's name alone.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "twilio") }

// SendsFromService implements provider.ServiceSender: the vendor's messaging services are pools of
// senders. Verify chooses its senders itself.
func (c *Client) SendsFromService() bool { return c.cfg.VerifyServiceSID == "" }

// Send implements provider.Provider.
func (c *Client) Send(ctx context.Context, m provider.Message) (provider.Receipt, error) {
	digits, ok := provider.Digits(m.To)
	if !ok {
		return provider.Receipt{}, provider.Fail(provider.Refused, "", "the recipient is not a number of 7 to 15 digits")
	}
	left, failure := m.Left(maxValidity * time.Second)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	switch {
	case m.Channel != provider.SMS && m.Channel != provider.Voice:
		return provider.Receipt{}, provider.Fail(provider.Misconfigured, "", "the channel is neither sms nor voice")
	case c.cfg.VerifyServiceSID != "":
		return c.verify(ctx, m, "+"+digits)
	case m.Channel == provider.Voice:
		return c.call(ctx, m, "+"+digits, left)
	}
	return c.sendSMS(ctx, m, "+"+digits, left)
}
