package aws

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

const (
	// maxCertificates are kept. The vendor has one in use in each region, and another for some days
	// when it changes.
	maxCertificates = 32
	// fetchTimeout is well below the 15 s in which SNS wants its answer.
	fetchTimeout = 5 * time.Second
)

// certificates are the vendor's for notifications, kept by their addresses. It is safe for
// concurrent use.
type certificates struct {
	fetch func(ctx context.Context, address *url.URL) (*provider.Answer, error)
	// turn is held by who looks or fetches, so that many notifications fetch a certificate once.
	turn chan struct{}
	kept map[string]*x509.Certificate
}

func newCertificates(fetch func(ctx context.Context, address *url.URL) (*provider.Answer, error)) *certificates {
	return &certificates{fetch: fetch, turn: make(chan struct{}, 1), kept: make(map[string]*x509.Certificate)}
}

// key returns the public key of the certificate at an address of the vendor's for a region.
//
// What is there is one certificate without those of its issuers, so that no chain can be built from
// it. It is the vendor's because it came from the vendor's host over TLS, whose own certificate is
// checked as always; its name and its time are looked at besides.
func (c *certificates) key(ctx context.Context, address *url.URL, region string, now time.Time) (*rsa.PublicKey, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, unanswerable("the vendor's certificate did not come in time")
	}
	certificate, ok := c.kept[address.String()]
	if !ok {
		var err error
		if certificate, err = c.get(ctx, address); err != nil {
			return nil, err
		}
		if len(c.kept) >= maxCertificates {
			clear(c.kept)
		}
		c.kept[address.String()] = certificate
	}
	key, ok := certificate.PublicKey.(*rsa.PublicKey)
	switch {
	case !ok || !slices.ContainsFunc(signers(region), func(name string) bool { return certificate.VerifyHostname(name) == nil }):
		return nil, provider.Forgery("the certificate is not one for notifications")
	case now.Before(certificate.NotBefore) || now.After(certificate.NotAfter):
		return nil, provider.Forgery("the certificate's time is over, or has not begun")
	}
	return key, nil
}

// signers are the names that a certificate for notifications has: one for most regions, one of its
// own for those that an account has to opt in to, and one for the government's. They are of the
// vendor's SDK for Java, and on no page.
func signers(region string) []string {
	return []string{"sns.amazonaws.com", "sns-signing." + region + ".amazonaws.com", "sns-us-gov-west-1.amazonaws.com"}
}

func (c *certificates) get(ctx context.Context, address *url.URL) (*x509.Certificate, error) {
	answer, err := c.fetch(ctx, address)
	if err != nil {
		return nil, unanswerable("the vendor's certificate can't be fetched")
	}
	switch {
	case answer.Status >= 400 && answer.Status < 500 && answer.Status != http.StatusTooManyRequests:
		return nil, provider.Forgery("the vendor has no such certificate")
	case answer.Status != http.StatusOK:
		return nil, unanswerable("the vendor's certificate can't be fetched")
	}
	block, _ := pem.Decode(answer.Body)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, unanswerable("the vendor's certificate can't be read")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, unanswerable("the vendor's certificate can't be read")
	}
	return certificate, nil
}

// fetch gets what is at an address of the vendor's, or in its place at that of a look-alike.
func (c *Client) fetch(ctx context.Context, address *url.URL) (*provider.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	whole := address.String()
	if c.cfg.SNSURL != "" {
		whole = c.cfg.SNSURL + address.RequestURI()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, whole, nil)
	if err != nil {
		return nil, errors.New("the address can't be asked")
	}
	return provider.Do(c.http, request)
}

// unanswerable has the vendor try again.
func unanswerable(detail string) error {
	return &provider.CallbackError{Fault: provider.Unanswerable, Detail: detail}
}
