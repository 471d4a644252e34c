package providertest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// at makes a check of what happens at an open site.
func at(name string, run func(ctx context.Context, s *site) error) Check {
	return Check{Name: name, Run: func(h Harness) error {
		s, err := open(h)
		if err != nil {
			return err
		}
		defer s.close()
		return run(context.Background(), s)
	}}
}

func basicChecks() []Check {
	return []Check{
		at("a message is taken once", func(ctx context.Context, s *site) error {
			return errors.Join(s.wantSent(ctx), s.wantTaken(1))
		}),
		at("wrong credentials are misconfigured", func(ctx context.Context, s *site) error {
			if err := s.use(s.NewWrong, s.server.URL); err != nil {
				return err
			}
			_, err := s.wantFailure(ctx, provider.Misconfigured)
			return errors.Join(err, s.wantTaken(0))
		}),
		at("an unknown channel is misconfigured", func(ctx context.Context, s *site) error {
			m := s.message()
			m.Channel = "fax"
			_, err := s.wantFailureOf(ctx, m, provider.Misconfigured)
			return errors.Join(err, s.wantNothingSent())
		}),
		at("a message past its life is not sent", func(ctx context.Context, s *site) error {
			m := s.message()
			m.Expires = time.Now().Add(-time.Second)
			_, err := s.wantFailureOf(ctx, m, provider.Unavailable)
			return errors.Join(err, s.wantNothingSent())
		}),
		at("a recipient that is no number is refused", func(ctx context.Context, s *site) error {
			m := s.message()
			m.To = "+12x4"
			_, err := s.wantFailureOf(ctx, m, provider.Refused)
			return errors.Join(err, s.wantTaken(0))
		}),
	}
}

func (s *site) wantNothingSent() error {
	if stats := s.look.Stats(); stats.Requests != 0 {
		return fmt.Errorf("%d requests reached the vendor; want none", stats.Requests)
	}
	return nil
}

// vendorChecks are the failures that only this vendor has.
func vendorChecks(failures []Failure) []Check {
	checks := make([]Check, len(failures))
	for i, f := range failures {
		checks[i] = at("vendor: "+f.Name, func(ctx context.Context, s *site) error {
			if err := s.look.SetFaults(f.Fault); err != nil {
				return err
			}
			failure, err := s.wantFailure(ctx, f.Kind)
			if err != nil {
				return err
			}
			if failure.Code != f.Code {
				return fmt.Errorf("the error has the code %q; want %q", failure.Code, f.Code)
			}
			return s.wantTaken(f.Taken)
		})
	}
	return checks
}
