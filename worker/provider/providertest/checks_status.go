package providertest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// statusChecks are the HTTP statuses that a proxy before any vendor can answer.
func statusChecks() []Check {
	var checks []Check
	for _, c := range []struct {
		status int
		kind   provider.Kind
	}{
		{http.StatusUnauthorized, provider.Misconfigured},
		{http.StatusPaymentRequired, provider.Misconfigured},
		{http.StatusForbidden, provider.Misconfigured},
		{http.StatusNotFound, provider.Misconfigured},
		{http.StatusInternalServerError, provider.Unknown},
		{http.StatusBadGateway, provider.Unknown},
		{http.StatusServiceUnavailable, provider.Unavailable},
		{http.StatusGatewayTimeout, provider.Unknown},
	} {
		checks = append(checks, at(fmt.Sprintf("HTTP %d is %v", c.status, c.kind), func(ctx context.Context, s *site) error {
			if err := s.look.SetFaults(simulator.Fault{Kind: simulator.Status, Status: c.status}); err != nil {
				return err
			}
			_, err := s.wantFailure(ctx, c.kind)
			return err
		}))
	}
	return append(checks,
		at("HTTP 429 is throttled", throttled("", 0, 0)),
		at("HTTP 429 with seconds to wait is throttled", throttled("7", 7*time.Second, 7*time.Second)),
		at("HTTP 429 with a date to wait for is throttled", func(ctx context.Context, s *site) error {
			date := time.Now().Add(5 * time.Minute).UTC().Format(http.TimeFormat)
			return throttled(date, time.Minute, 5*time.Minute)(ctx, s)
		}),
		at("HTTP 429 with nonsense to wait for is throttled", throttled("soon", 0, 0)),
	)
}

func throttled(header string, low, high time.Duration) func(context.Context, *site) error {
	return func(ctx context.Context, s *site) error {
		fault := simulator.Fault{Kind: simulator.Status, Status: http.StatusTooManyRequests, RetryAfter: header}
		if err := s.look.SetFaults(fault); err != nil {
			return err
		}
		failure, err := s.wantFailure(ctx, provider.Throttled)
		if err != nil {
			return err
		}
		if failure.RetryAfter < low || failure.RetryAfter > high {
			return fmt.Errorf("the error says to wait for %v; want %v to %v", failure.RetryAfter, low, high)
		}
		return nil
	}
}

// spoiledChecks are answers that begin as a success and can't be understood. The
// vendor took the message each time, which the provider can't know.
func spoiledChecks() []Check {
	var checks []Check
	for _, kind := range []simulator.Kind{simulator.Truncate, simulator.Garbage, simulator.Empty, simulator.Huge} {
		checks = append(checks, at("an answer that is spoiled is unknown: "+string(kind), func(ctx context.Context, s *site) error {
			if err := s.look.SetFaults(simulator.Fault{Kind: kind}); err != nil {
				return err
			}
			_, err := s.wantFailure(ctx, provider.Unknown)
			return errors.Join(err, s.wantTaken(1))
		}))
	}
	return checks
}
