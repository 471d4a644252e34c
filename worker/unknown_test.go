package worker_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker"
	"github.com/phonehook/phonehook/worker/provider"
)

// bubble runs a test in a time of its own. What is still under way when no attempt can
// be any more fails it.
func bubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		test(t)
		time.Sleep(worker.MaxAttempt)
	})
}

// pair is a tenant with the providers a and b.
func pair(t *testing.T, afterUnknown string, a, b provider.Provider) *worker.Dispatcher {
	t.Helper()
	cfg := worker.Config{Tenants: []worker.Tenant{{Name: "*", AfterUnknown: afterUnknown, Routes: []worker.Route{{Providers: []string{"a", "b"}}}}}}
	d, _ := newDispatcher(t, cfg, map[string]provider.Provider{"a": a, "b": b})
	return d
}

func TestAfterUnknownTheTenantDecides(t *testing.T) {
	earlier := []messaging.Attempt{{Provider: "x", Code: messaging.CodeUnavailable}, {Code: messaging.CodeUnknown}}
	for name, tt := range map[string]struct {
		rule     string
		a        *fake
		earlier  []messaging.Attempt
		want     messaging.Code
		attempts []string
		counted  uint64
	}{
		"next by default":                 {"", fails(provider.Unknown), nil, messaging.CodeSent, []string{"a", "b"}, 1},
		"next":                            {worker.NextAfterUnknown, fails(provider.Unknown), nil, messaging.CodeSent, []string{"a", "b"}, 1},
		"stop":                            {worker.StopAfterUnknown, fails(provider.Unknown), nil, messaging.CodeUnknown, []string{"a"}, 0},
		"stop after nothing unknown":      {worker.StopAfterUnknown, fails(provider.Throttled), nil, messaging.CodeSent, []string{"a", "b"}, 0},
		"stop after an earlier one":       {worker.StopAfterUnknown, takes(), earlier, messaging.CodeUnknown, nil, 0},
		"stop after none that is unknown": {worker.StopAfterUnknown, takes(), earlier[:1], messaging.CodeSent, []string{"a"}, 0},
		"next after an earlier one":       {worker.NextAfterUnknown, takes(), earlier, messaging.CodeSent, []string{"a"}, 1},
		"refused after an earlier one":    {worker.NextAfterUnknown, fails(provider.Refused), earlier, messaging.CodeUnknown, []string{"a"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			d := pair(t, tt.rule, tt.a, takes())
			m := message()
			m.Earlier = tt.earlier
			receipt, err := d.Send(within(t, 9*time.Second), m)
			if got := messaging.CodeOf(receipt, err); got != tt.want {
				t.Errorf("got %v (%v), want %v", got, err, tt.want)
			}
			if diff := cmp.Diff(tt.attempts, tried(receipt)); diff != "" {
				t.Errorf("attempts (-want +got):\n%s", diff)
			}
			if got := d.Health().AfterUnknown; got != tt.counted {
				t.Errorf("%d attempts were counted, want %d", got, tt.counted)
			}
		})
	}
}

func TestEarlierUnknownOutlivesAFailure(t *testing.T) {
	d := pair(t, "", fails(provider.Unavailable), fails(provider.Unavailable))
	m := message()
	m.Earlier = []messaging.Attempt{{Code: messaging.CodeUnknown}}
	_, err := d.Send(within(t, 9*time.Second), m)
	if e := messaging.AsError(err); e == nil || e.Code != messaging.CodeUnknown || e.Detail != "an earlier attempt may have delivered the message" {
		t.Errorf("got %v, want unknown because of the earlier attempt", err)
	}
}

func TestNothingBeginsWithoutTheHold(t *testing.T) {
	lost := &messaging.Error{Code: messaging.CodeConflict, Detail: "another worker has the message"}
	for name, tt := range map[string]struct {
		a        *fake
		allowed  int
		want     messaging.Code
		attempts []string
	}{
		"from the start":    {takes(), 0, messaging.CodeConflict, nil},
		"after a failure":   {fails(provider.Throttled), 1, messaging.CodeConflict, []string{"a"}},
		"after an unknown":  {fails(provider.Unknown), 1, messaging.CodeUnknown, []string{"a"}},
		"as long as it is":  {fails(provider.Throttled), 2, messaging.CodeSent, []string{"a", "b"}},
		"not after success": {takes(), 1, messaging.CodeSent, []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := takes()
			d := pair(t, "", tt.a, b)
			asked := 0
			ctx := messaging.WithHold(within(t, 9*time.Second), func(context.Context) error {
				if asked++; asked > tt.allowed {
					return lost
				}
				return nil
			})
			receipt, err := d.Send(ctx, message())
			if got := messaging.CodeOf(receipt, err); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			if isLost := errors.Is(err, lost); isLost != (err != nil) {
				t.Errorf("got %v, and the hold's own error in it: %t", err, isLost)
			}
			if diff := cmp.Diff(tt.attempts, tried(receipt)); diff != "" {
				t.Errorf("attempts (-want +got):\n%s", diff)
			}
			if calls := len(tt.a.calls) + len(b.calls); calls != len(tt.attempts) {
				t.Errorf("%d calls for %d attempts", calls, len(tt.attempts))
			}
			for _, p := range d.Health().Providers {
				if p.InFlight != 0 || p.Requests != 1 && p.Requests != 0 {
					t.Errorf("%s has %d requests and %d in flight", p.Provider, p.Requests, p.InFlight)
				}
			}
		})
	}
}

func TestAHoldThatTakesLongLeavesNoTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := takes()
		d, _ := dispatcher(t, a)
		ctx := messaging.WithHold(within(t, time.Second), func(context.Context) error {
			time.Sleep(900 * time.Millisecond)
			return nil
		})
		_, err := d.Send(ctx, message())
		if !errors.Is(err, messaging.CodeExpired) || len(a.calls) != 0 {
			t.Errorf("got %v after %d attempts, want expired without any", err, len(a.calls))
		}
	})
}

func TestTheEndOfLifeGoesByTheInjectedClock(t *testing.T) {
	for name, tt := range map[string]struct {
		off, life time.Duration
		want      messaging.Code
		left      time.Duration
	}{
		"fast, long life":  {30 * time.Second, 5 * time.Minute, messaging.CodeSent, 8980 * time.Millisecond},
		"fast, short life": {30 * time.Second, 29 * time.Second, messaging.CodeExpired, 0},
		"fast, bounds":     {30 * time.Second, 32020 * time.Millisecond, messaging.CodeSent, 2 * time.Second},
		"slow":             {-30 * time.Second, time.Second, messaging.CodeSent, 8980 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := takes()
				cfg := worker.Config{Tenants: []worker.Tenant{{Name: "*", Routes: []worker.Route{{Providers: []string{"a"}}}}}}
				d, _ := newDispatcher(t, cfg, map[string]provider.Provider{"a": a}, func(o *worker.Options) {
					o.Clock = func() time.Time { return time.Now().Add(tt.off) }
				})
				m := message()
				m.Expires = time.Now().Add(tt.life)
				receipt, err := d.Send(within(t, 9*time.Second), m)
				if got := messaging.CodeOf(receipt, err); got != tt.want {
					t.Fatalf("got %v, want %v", got, tt.want)
				}
				if tt.left != 0 && a.calls[0].left != tt.left {
					t.Errorf("the attempt had %v, want %v", a.calls[0].left, tt.left)
				}
			})
		})
	}
}
