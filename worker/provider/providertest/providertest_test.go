package providertest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/providertest"
	"github.com/phonehook/phonehook/worker/provider/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The vendor of these tests has one path and one credential.
const (
	secret = "the-secret-of-the-account"
	busy   = simulator.Kind("busy")
)

func newVendor() providertest.LookAlike {
	var s *simulator.Server
	s = simulator.New(simulator.Options{Kinds: []simulator.Kind{busy}, Handler: func(r *http.Request, body []byte, f *simulator.Fault) simulator.Answer {
		switch {
		case r.Header.Get("Authorization") != secret:
			return simulator.Answer{Status: http.StatusUnauthorized}
		case f != nil:
			return simulator.Answer{Status: http.StatusOK, Body: []byte(`{"error":"busy"}`)}
		}
		s.Take(simulator.Message{Reference: string(body), Parts: 1})
		return simulator.Answer{Status: http.StatusOK, Body: []byte(`{"id":"m-1"}`)}
	}})
	return s
}

// good keeps the contract.
type good struct {
	client       *http.Client
	base, secret string
}

func (g *good) Close() { g.client.CloseIdleConnections() }

func (g *good) Send(ctx context.Context, m provider.Message) (provider.Receipt, error) {
	switch {
	case m.Channel != provider.SMS:
		return provider.Receipt{}, &provider.Error{Kind: provider.Misconfigured}
	case strings.Trim(m.To, "+0123456789") != "":
		return provider.Receipt{}, &provider.Error{Kind: provider.Refused}
	case time.Now().After(m.Expires):
		return provider.Receipt{}, &provider.Error{Kind: provider.Unavailable}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.base+"/send", bytes.NewReader([]byte(m.Reference)))
	if err != nil {
		return provider.Receipt{}, &provider.Error{Kind: provider.Misconfigured}
	}
	request.Header.Set("Authorization", g.secret)
	answer, err := provider.Do(g.client, request)
	if err != nil {
		return provider.Receipt{}, err
	}
	if failure := provider.StatusError(answer); failure != nil {
		return provider.Receipt{}, failure
	}
	var body struct{ ID, Error string }
	if answer.Cut || json.Unmarshal(answer.Body, &body) != nil {
		return provider.Receipt{}, &provider.Error{Kind: provider.Unknown}
	}
	if body.Error != "" {
		return provider.Receipt{}, &provider.Error{Kind: provider.Throttled, Code: body.Error}
	}
	return provider.Receipt{ID: body.ID, Parts: 1}, nil
}

// broken is a provider made of a good one.
type broken struct {
	*good

	send func(ctx context.Context, m provider.Message, g *good) (provider.Receipt, error)
}

func (b *broken) Send(ctx context.Context, m provider.Message) (provider.Receipt, error) {
	return b.send(ctx, m, b.good)
}

// follower is a transport that follows redirects.
type follower struct{ http.RoundTripper }

func (f follower) RoundTrip(r *http.Request) (*http.Response, error) {
	return (&http.Client{Transport: f.RoundTripper}).Do(r) //nolint:gosec // it is the test's
}

func harness(wrap func(*good) provider.Provider) providertest.Harness {
	create := func(secret string) func(string) (provider.Provider, error) {
		return func(base string) (provider.Provider, error) {
			return wrap(&good{client: provider.NewHTTPClient(), base: base, secret: secret}), nil
		}
	}
	return providertest.Harness{
		LookAlike: newVendor,
		New:       create(secret),
		NewWrong:  create("another"),
		Message:   provider.Message{Channel: provider.SMS, To: "+447400123456", Text: "Your code is 493817", Code: "493817"},
		Secrets:   []string{secret, "another"},
		Failures: []providertest.Failure{
			{Name: "busy", Fault: simulator.Fault{Kind: busy}, Kind: provider.Throttled, Code: "busy"},
		},
		// Only the providers that never return wait for it.
		Grace: 2 * time.Second,
	}
}

func TestAGoodProviderPasses(t *testing.T) {
	providertest.Run(t, harness(func(g *good) provider.Provider { return g }))
}

// TestBrokenProvidersFail breaks a provider in one way after the other. Each check
// named must fail, with what is expected in its error.
func TestBrokenProvidersFail(t *testing.T) {
	send := func(f func(ctx context.Context, m provider.Message, g *good) (provider.Receipt, error)) func(*good) provider.Provider {
		return func(g *good) provider.Provider { return &broken{good: g, send: f} }
	}
	kinds := func(change func(*provider.Error)) func(*good) provider.Provider {
		return send(func(ctx context.Context, m provider.Message, g *good) (provider.Receipt, error) {
			receipt, err := g.Send(ctx, m)
			if failure, ok := errors.AsType[*provider.Error](err); ok {
				change(failure)
			}
			return receipt, err
		})
	}
	client := func(change func(*http.Client, *http.Transport)) func(*good) provider.Provider {
		return func(g *good) provider.Provider {
			change(g.client, g.client.Transport.(*http.Transport))
			return g
		}
	}
	for _, c := range []struct {
		name   string
		wrap   func(*good) provider.Provider
		checks map[string]string
	}{
		{"never sends", send(func(context.Context, provider.Message, *good) (provider.Receipt, error) {
			return provider.Receipt{ID: "x"}, nil
		}), map[string]string{
			"a message is taken once":                  "took 0 messages",
			"no connection is unavailable":             "succeeded",
			"wrong credentials are misconfigured":      "succeeded",
			"HTTP 503 is unavailable":                  "succeeded",
			"vendor: busy":                             "succeeded",
			"100 messages at once are each taken once": "took 0 messages",
		}},
		{"sends twice", send(func(ctx context.Context, m provider.Message, g *good) (provider.Receipt, error) {
			_, _ = g.Send(ctx, m)
			return g.Send(ctx, m)
		}), map[string]string{"a message is taken once": "took 2 messages", "100 messages at once are each taken once": "took 200"}},
		{"gives no ID", send(func(ctx context.Context, m provider.Message, g *good) (provider.Receipt, error) {
			_, err := g.Send(ctx, m)
			return provider.Receipt{}, err
		}), map[string]string{"a message is taken once": "no ID"}},
		{
			"panics", send(func(context.Context, provider.Message, *good) (provider.Receipt, error) { panic("oh") }),
			map[string]string{"a message is taken once": "panicked", "an answer that is spoiled is unknown: empty": "panicked"},
		},
		{"wraps its errors", send(func(ctx context.Context, m provider.Message, g *good) (provider.Receipt, error) {
			receipt, err := g.Send(ctx, m)
			if err != nil {
				err = fmt.Errorf("vendor: %w", err)
			}
			return receipt, err
		}), map[string]string{"HTTP 429 is throttled": "not a *provider.Error"}},
		{"calls everything unavailable", kinds(func(e *provider.Error) { e.Kind = provider.Unavailable }), map[string]string{
			"a deadline after sending is unknown":            "of kind unavailable",
			"a cancellation after sending is unknown":        "of kind unavailable",
			"a connection closed after sending is unknown":   "of kind unavailable",
			"a connection reset after sending is unknown":    "of kind unavailable",
			"an answer that is spoiled is unknown: truncate": "of kind unavailable",
			"HTTP 502 is unknown":                            "of kind unavailable",
			"wrong credentials are misconfigured":            "of kind unavailable",
			"a recipient that is no number is refused":       "of kind unavailable",
			"an unknown channel is misconfigured":            "of kind unavailable",
		}},
		{"calls everything unknown", kinds(func(e *provider.Error) { e.Kind = provider.Unknown }), map[string]string{
			"no connection is unavailable":                  "of kind unknown",
			"a failed TLS handshake is unavailable":         "of kind unknown",
			"a deadline before a connection is unavailable": "of kind unknown",
			"HTTP 503 is unavailable":                       "of kind unknown",
			"a message past its life is not sent":           "of kind unknown",
		}},
		{"loses the cause", kinds(func(e *provider.Error) { e.Cause = nil }), map[string]string{
			"a deadline after sending is unknown":  "does not say that the deadline passed",
			"a context that is over sends nothing": "does not say that the context was cancelled",
		}},
		{"loses Retry-After", kinds(func(e *provider.Error) { e.RetryAfter = 0 }), map[string]string{
			"HTTP 429 with seconds to wait is throttled":    "wait for 0s",
			"HTTP 429 with a date to wait for is throttled": "wait for 0s",
		}},
		{"loses the code", kinds(func(e *provider.Error) { e.Code = "" }), map[string]string{"vendor: busy": "has the code"}},
		{"tells the number", kinds(func(e *provider.Error) { e.Detail = "could not reach 447400123456" }), map[string]string{
			"HTTP 503 is unavailable": "tells the recipient",
		}},
		{"tells the text", kinds(func(e *provider.Error) { e.Detail = "bad text: Your code is 493817" }), map[string]string{
			"HTTP 503 is unavailable": "tells the",
		}},
		{"tells the secret in a cause", kinds(func(e *provider.Error) { e.Cause = errors.New("header " + secret) }), map[string]string{
			"HTTP 503 is unavailable": "tells secret 0",
		}},
		{"tells the address", send(func(ctx context.Context, m provider.Message, g *good) (provider.Receipt, error) {
			receipt, err := g.Send(ctx, m)
			if failure, ok := errors.AsType[*provider.Error](err); ok {
				failure.Detail = "at " + g.base
			}
			return receipt, err
		}), map[string]string{"HTTP 503 is unavailable": "tells the vendor's address"}},
		{"ignores its context", send(func(ctx context.Context, m provider.Message, g *good) (provider.Receipt, error) {
			return g.Send(context.WithoutCancel(ctx), m)
		}), map[string]string{
			"a deadline after sending is unknown":     "did not return",
			"a cancellation after sending is unknown": "did not return",
			"a context that is over sends nothing":    "succeeded",
		}},
		{"takes no notice of the message's life", send(func(ctx context.Context, m provider.Message, g *good) (provider.Receipt, error) {
			m.Expires = time.Now().Add(time.Hour)
			return g.Send(ctx, m)
		}), map[string]string{"a message past its life is not sent": "succeeded"}},
		{"follows redirects", client(func(c *http.Client, t *http.Transport) { c.Transport = follower{t} }), map[string]string{
			"a redirect is not followed": "want",
		}},
		{"trusts any certificate", client(func(_ *http.Client, t *http.Transport) { t.TLSClientConfig.InsecureSkipVerify = true }), map[string]string{
			"a failed TLS handshake is unavailable": "succeeded",
		}},
		{"keeps no connection", client(func(_ *http.Client, t *http.Transport) { t.DisableKeepAlives = true }), map[string]string{
			"connections are used again":                "20 connections",
			"connections are used again after refusals": "20 connections",
		}},
		{"believes every answer", send(func(ctx context.Context, m provider.Message, g *good) (provider.Receipt, error) {
			request, _ := http.NewRequestWithContext(ctx, http.MethodPost, g.base+"/send", strings.NewReader(m.Reference))
			request.Header.Set("Authorization", g.secret)
			response, err := g.client.Do(request)
			if err != nil {
				return provider.Receipt{}, &provider.Error{Kind: provider.Unavailable}
			}
			defer func() { _ = response.Body.Close() }()
			_, _ = io.Copy(io.Discard, response.Body)
			return provider.Receipt{ID: "x"}, nil
		}), map[string]string{
			"vendor: busy": "succeeded",
			"an answer that is spoiled is unknown: garbage":  "succeeded",
			"an answer that is spoiled is unknown: empty":    "succeeded",
			"an answer that is spoiled is unknown: huge":     "succeeded",
			"an answer that is spoiled is unknown: truncate": "succeeded",
			"HTTP 401 is misconfigured":                      "succeeded",
			"HTTP 500 is unknown":                            "succeeded",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := harness(c.wrap)
			run := 0
			for _, check := range providertest.Checks(h) {
				want, named := c.checks[check.Name]
				if !named {
					continue
				}
				run++
				if err := check.Run(h); err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%s: got %v; want an error with %q", check.Name, err, want)
				}
			}
			if run != len(c.checks) {
				t.Errorf("%d of %d checks named exist", run, len(c.checks))
			}
		})
	}
}

// TestEveryCheckIsSeenToFail goes through all checks with a provider that does the
// opposite of each: it fails where success is wanted, and succeeds elsewhere.
func TestEveryCheckIsSeenToFail(t *testing.T) {
	fails := harness(func(g *good) provider.Provider {
		return &broken{good: g, send: func(context.Context, provider.Message, *good) (provider.Receipt, error) {
			return provider.Receipt{}, &provider.Error{Kind: provider.Kind(99)}
		}}
	})
	for _, check := range providertest.Checks(fails) {
		if err := check.Run(fails); err == nil {
			t.Errorf("%s: a provider that always fails, with a kind that does not exist, passes", check.Name)
		}
	}
}
