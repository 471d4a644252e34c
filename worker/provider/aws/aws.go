// Package aws delivers SMS and calls through Amazon Web Services: End User Messaging (the API
// "SMS and voice v2"), and SNS for accounts that have nothing else.
//
// Requests are made and signed by the vendor's SDK, which is told to try once and to send through
// this package's own HTTP client. What became of a request is judged by that client's answer, so
// that the SDK's view of errors and time does not matter.
//
// What the tables here say is from the vendor's pages and the models of its SDK. None of the
// vendor's free text reaches an error, because it can quote the message.
package aws

import (
	"context"
	"fmt"
	"io"
	"net/http"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/phonehook/phonehook/worker/provider"
)

// Client is one account in one region. It is safe for concurrent use.
type Client struct {
	cfg  Config
	http *http.Client
	// messaging is End User Messaging; publisher is SNS, in the mode of that name alone.
	messaging    *pinpointsmsvoicev2.Client
	publisher    *sns.Client
	certificates *certificates
}

var (
	_ provider.ServiceSender = (*Client)(nil)
	_ provider.Receiver      = (*Client)(nil)
)

// applicationID tells the vendor's support whose requests these are.
const applicationID = "phonehook"

// New returns a client for the account of cfg. It reads the files that cfg names, so that a file
// which is missing is found at start and not by the first message; every error is a
// *configs.Complaint or several joined. It connects to nothing. The vendor reports to where its
// topics are subscribed, so that nothing is needed of the account's place in the worker's file.
func New(cfg Config, _ provider.Account) (*Client, error) {
	cfg, key, err := cfg.resolve()
	if err != nil {
		return nil, err
	}
	c := &Client{cfg: cfg, http: provider.NewHTTPClient()}
	c.certificates = newCertificates(c.fetch)
	var base *string
	if cfg.BaseURL != "" {
		base = &cfg.BaseURL
	}
	if cfg.Mode == modeSNS {
		c.publisher = sns.New(sns.Options{
			Region: cfg.Region, Credentials: key, BaseEndpoint: base, AppID: applicationID,
			Retryer: sdk.NopRetryer{}, RetryMaxAttempts: 1,
		})
		return c, nil
	}
	c.messaging = pinpointsmsvoicev2.New(pinpointsmsvoicev2.Options{
		Region: cfg.Region, Credentials: key, BaseEndpoint: base, AppID: applicationID,
		Retryer: sdk.NopRetryer{}, RetryMaxAttempts: 1,
	})
	return c, nil
}

// staticKey returns what requests are signed with.
func staticKey(id, secret, token string) sdk.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(id, secret, token)
}

// Close closes the connections that are not in use. The client can still send afterwards, over new
// ones.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Format implements fmt.Formatter for every verb with the vendor's name alone.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "aws") }

// SendsFromService implements provider.ServiceSender: End User Messaging has pools of senders, and
// SNS none.
func (c *Client) SendsFromService() bool { return c.messaging != nil }

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
	switch {
	case m.Channel == provider.SMS && c.publisher != nil:
		return c.publish(ctx, m, "+"+digits)
	case m.Channel == provider.SMS:
		return c.sendSMS(ctx, m, "+"+digits, left)
	case m.Channel == provider.Voice:
		return c.call(ctx, m, "+"+digits, left)
	}
	return provider.Receipt{}, provider.Fail(provider.Misconfigured, "", "the channel is neither sms nor voice")
}
