package providertest

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// The sizes of the checks under load: enough at once to meet each other under the
// race detector, and enough in a row to show that connections are kept.
const (
	together = 100
	inARow   = 20
)

func loadChecks() []Check {
	return []Check{
		at("100 messages at once are each taken once", sendTogether),
		at("connections are used again", reuse),
		at("connections are used again after refusals", func(ctx context.Context, s *site) error {
			fault := simulator.Fault{Kind: simulator.Status, Status: http.StatusTooManyRequests}
			if err := s.look.SetFaults(fault); err != nil {
				return err
			}
			for range inARow {
				if _, err := s.wantFailure(ctx, provider.Throttled); err != nil {
					return err
				}
			}
			return s.wantOneConnection()
		}),
	}
}

func sendTogether(ctx context.Context, s *site) error {
	results := make(chan error, together)
	for range together {
		go func() { results <- s.wantSent(ctx) }()
	}
	var failed error
	for range together {
		failed = errors.Join(failed, <-results)
	}
	return errors.Join(failed, s.wantTaken(together))
}

func reuse(ctx context.Context, s *site) error {
	for range inARow {
		if err := s.wantSent(ctx); err != nil {
			return err
		}
	}
	return s.wantOneConnection()
}

func (s *site) wantOneConnection() error {
	if n := s.conns.Load(); n != 1 {
		return fmt.Errorf("%d connections were made for %d requests in a row; want 1", n, inARow)
	}
	return nil
}
