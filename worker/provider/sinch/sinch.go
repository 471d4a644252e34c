// Package sinch delivers SMS through Sinch's SMS REST API and speaks messages through the
// text-to-speech callouts of its Voice API. They are two products with credentials of their own.
//
// The SMS REST API is for the accounts that have it: since 15 April 2026 the vendor sells it to
// nobody anew (developers.sinch.com/llms.txt).
//
// The vendor's own SDKs are not used: none is for Go, and both are one POST of JSON, whose time,
// errors and answers this package has to judge itself.
//
// What the tables here say is from the vendor's pages named beside them. None of the vendor's free
// text reaches an error, because it can quote the message.
package sinch

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// Client is one account at Sinch. It is safe for concurrent use.
type Client struct {
	cfg     Config
	account provider.Account
	http    *http.Client
	// bearer is the header that SMS are authorised with.
	bearer string
	// webhook checks the signatures of reports of SMS; empty where the file has no secret.
	webhook []byte
	// application signs calls and checks the signatures of their events; zero where the file
	// has no section voice.
	application application
	// batches and callouts are the addresses of the two APIs.
	batches, callouts string
}

var (
	_ provider.Provider = (*Client)(nil)
	_ provider.Receiver = (*Client)(nil)
)

// calloutsPath is the path of calls, which is signed with them.
const calloutsPath = "/calling/v1/callouts"

// New returns a client for the account of cfg. It reads the files that cfg names, so that a file
// which is missing is found at start and not by the first message; every error is a
// *configs.Complaint or several joined. It connects to nothing.
func New(cfg Config, account provider.Account) (*Client, error) {
	cfg, secrets, err := cfg.resolve()
	if err != nil {
		return nil, err
	}
	return &Client{
		cfg: cfg, account: account, http: provider.NewHTTPClient(), bearer: "Bearer " + secrets.token, webhook: []byte(secrets.webhook),
		application: application{key: cfg.Voice.ApplicationKey, secret: secrets.application},
		batches:     cfg.BaseURL + "/xms/v1/" + cfg.ServicePlanID + "/batches", callouts: cfg.Voice.BaseURL + calloutsPath,
	}, nil
}

// Close closes the connections that are not in use. The client can still send afterwards, over new
// ones.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Format implements fmt.Formatter for every verb with the vendor's name alone.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "sinch") }

// Send implements provider.Provider.
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
		return c.sendSMS(ctx, m, "+"+digits, time.Now().Add(left))
	case provider.Voice:
		return c.call(ctx, m, "+"+digits)
	}
	return provider.Receipt{}, provider.Fail(provider.Misconfigured, "", "the channel is neither sms nor voice")
}

// exchange sends a request and returns the answer of 2xx; any other is an error, which the codes of
// its body make plainer where judge knows them.
func (c *Client) exchange(request *http.Request, judge func(*provider.Answer) (string, class, bool)) (*provider.Answer, error) {
	answer, err := provider.Do(c.http, request)
	if err != nil {
		return nil, err
	}
	refusal := provider.StatusError(answer)
	if refusal == nil {
		return answer, nil
	}
	if code, found, ok := judge(answer); ok {
		refusal.Code, refusal.Kind, refusal.Detail = code, found.kind, found.reason
	}
	return nil, refusal
}
