// Package webhook delivers messages through any vendor with an HTTP API, as the worker's file
// describes it: what the request looks like, by templates, and what the answer means, by
// expressions. It is for the vendors that have no package of their own.
//
// Nothing of a message can break out of its place. The body of a JSON request is a tree whose
// strings are templates, so that every answer of theirs is one string; a form's values and an
// address's parts are escaped by themselves; in a text every value must say how it is escaped;
// and a header's value has no line break.
//
// Every template and expression is compiled when the file is read and tried on sample messages,
// and on the examples of answers that the file gives. Templates have no loop, an expression's
// loops have an end, and what either makes has a greatest length.
package webhook

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/phonehook/phonehook/worker/provider"
)

// Client is one account at one vendor. It is safe for concurrent use.
type Client struct {
	cfg     Config
	account provider.Account
	http    *http.Client
	plan    *plan
	judge   *judge
	reports *reports
	secrets map[string]string
	signing []byte
}

var (
	_ provider.Provider = (*Client)(nil)
	_ provider.Receiver = (*Client)(nil)
)

// New returns a client for the vendor of cfg. It reads the files that cfg names and tries the
// templates with what is in them; every error is a *configs.Complaint or several joined. It
// connects to nothing.
func New(cfg Config, account provider.Account) (*Client, error) {
	made, err := cfg.compile()
	if err != nil {
		return nil, err
	}
	c := &Client{cfg: cfg, account: account, plan: made.plan, judge: made.judge, reports: made.reports}
	if err := c.readSecrets(); err != nil {
		return nil, err
	}
	if err := c.plan.try(c.secrets); err != nil {
		return nil, err
	}
	c.http = provider.NewHTTPClient()
	return c, nil
}

// Close closes the connections that are not in use. The client can still send afterwards, over
// new ones.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Format implements fmt.Formatter for every verb with the kind's name alone.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "webhook") }

// Send implements provider.Provider.
func (c *Client) Send(ctx context.Context, m provider.Message) (provider.Receipt, error) {
	if !slices.Contains(c.cfg.Channels, m.Channel) {
		return provider.Receipt{}, provider.Fail(provider.Misconfigured, "", "the vendor is not configured for this channel")
	}
	v, failure := c.values(m)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	request, failure := c.plan.request(ctx, v)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	answer, err := provider.Do(c.http, request)
	if err != nil {
		return provider.Receipt{}, err
	}
	return c.judge.verdict(answer, v)
}
