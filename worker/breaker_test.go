package worker_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker"
	"github.com/phonehook/phonehook/worker/provider"
)

// patient is the time after which an attempt is late, as long as no average is higher.
const patient = time.Second

// switchable does what it was told last.
type switchable struct{ now atomic.Pointer[fake] }

func newSwitchable(f *fake) *switchable {
	s := new(switchable)
	s.now.Store(f)
	return s
}

func (s *switchable) Send(ctx context.Context, m provider.Message) (provider.Receipt, error) {
	return s.now.Load().Send(ctx, m)
}

// circuit returns the health of one provider for SMS to the US.
func circuit(t *testing.T, d *worker.Dispatcher, name string) worker.ProviderHealth {
	t.Helper()
	for _, p := range d.Health().Providers {
		if p.Provider == name && p.Channel == "sms" && p.Country == "US" {
			return p
		}
	}
	t.Fatalf("%s was never tried", name)
	return worker.ProviderHealth{}
}

// sendN sends n messages one after the other and returns the last result.
func sendN(t *testing.T, d *worker.Dispatcher, n int) (receipt messaging.Receipt, err error) {
	t.Helper()
	for range n {
		receipt, err = d.Send(within(t, 9*time.Second), message())
	}
	return receipt, err
}

func TestWhatOpensABreaker(t *testing.T) {
	for name, tt := range map[string]struct {
		kind provider.Kind
		want string
	}{
		"unavailable":   {provider.Unavailable, "open"},
		"throttled":     {provider.Throttled, "open"},
		"unknown":       {provider.Unknown, "open"},
		"misconfigured": {provider.Misconfigured, "open"},
		"refused":       {provider.Refused, "closed"},
		"unroutable":    {provider.Unroutable, "closed"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := fails(tt.kind)
				d := pair(t, "", a, takes())
				for i := range 5 {
					if state := circuitOr(d, "a"); state == "open" {
						t.Errorf("it is open after %d attempts", i)
					}
					_, _ = sendN(t, d, 1)
				}
				if got := circuit(t, d, "a"); got.State != tt.want || got.Requests != 5 {
					t.Errorf("got %+v, want state %s after 5 attempts", got, tt.want)
				}
				_, _ = sendN(t, d, 20)
				if tt.want == "open" && len(a.calls) != 5 {
					t.Errorf("it was called %d times while it is open", len(a.calls)-5)
				}
			})
		})
	}
}

// circuitOr is the state of a provider, or empty where it was never tried.
func circuitOr(d *worker.Dispatcher, name string) string {
	for _, p := range d.Health().Providers {
		if p.Provider == name {
			return p.State
		}
	}
	return ""
}

func TestEveryOtherFailureOpensABreakerToo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := 0
		a := &fake{do: func(context.Context, provider.Message) (provider.Receipt, error) {
			if n++; n%2 == 0 {
				return provider.Receipt{}, &provider.Error{Kind: provider.Unavailable}
			}
			return provider.Receipt{ID: "vendor-1"}, nil
		}}
		d := pair(t, "", a, takes())
		_, _ = sendN(t, d, 19)
		if got := circuit(t, d, "a"); got.State != "closed" {
			t.Errorf("after 19 attempts got %+v, want it closed", got)
		}
		_, _ = sendN(t, d, 1)
		if got := circuit(t, d, "a"); got.State != "open" || got.Failures != 10 {
			t.Errorf("after 20 attempts got %+v, want it open after 10 failures", got)
		}
	})
}

func TestCircuitsAreApart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := pair(t, "", fails(provider.Unavailable), takes())
		_, _ = sendN(t, d, 6)
		for _, change := range []func(*messaging.Message){
			func(m *messaging.Message) { m.Channel = messaging.Voice },
			func(m *messaging.Message) { m.Country = "CA" },
			func(m *messaging.Message) { m.Country = "" },
			func(m *messaging.Message) { m.Country = "nowhere" }, // shares the one before
		} {
			m := message()
			change(&m)
			receipt, err := d.Send(within(t, 9*time.Second), m)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"a", "b"}, tried(receipt)); diff != "" {
				t.Errorf("attempts (-want +got):\n%s", diff)
			}
		}
		if got := len(d.Health().Providers); got != 8 {
			t.Errorf("%d circuits, want 4 of each provider", got)
		}
	})
}

func TestRecoveryIsSeenWithinTwoSeconds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newSwitchable(fails(provider.Unavailable))
		d := pair(t, "", a, takes())
		_, _ = sendN(t, d, 5)
		for range 10 { // probes that fail
			time.Sleep(700 * time.Millisecond)
			_, _ = sendN(t, d, 2)
		}
		a.now.Store(takes())
		recovered := time.Now()
		for {
			receipt, err := sendN(t, d, 1)
			if err != nil {
				t.Fatal(err)
			}
			if receipt.Provider == "a" {
				break
			}
			if time.Since(recovered) > 2*time.Second {
				t.Fatal("two seconds after its recovery it is still passed over")
			}
			time.Sleep(10 * time.Millisecond)
		}
		if got := circuit(t, d, "a"); got.State != "closed" || got.ConsecutiveFailures != 0 {
			t.Errorf("got %+v, want it closed", got)
		}
	})
}

func TestOneMessageAtATimeTriesWhetherAProviderIsBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newSwitchable(fails(provider.Unavailable))
		d := pair(t, "", a, takes())
		_, _ = sendN(t, d, 5)
		time.Sleep(1100 * time.Millisecond)
		probe := after(500*time.Millisecond, nil)
		a.now.Store(probe)
		if outcomes := sendMany(t, d, 20, 10*time.Millisecond, 9*time.Second); outcomes[messaging.CodeSent] != 20 {
			t.Errorf("outcomes %v, want 20 sent", outcomes)
		}
		if len(probe.calls) != 1 {
			t.Errorf("%d messages tried at once, want 1", len(probe.calls))
		}
	})
}

func TestTheLeastBadIsTriedWhenAllFail(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a, b := newSwitchable(takes()), newSwitchable(takes())
		d := pair(t, "", a, b)
		_, _ = sendN(t, d, 1) // a works
		time.Sleep(time.Second)
		a.now.Store(fails(provider.Unavailable))
		_, _ = sendN(t, d, 1) // b works, and more recently
		b.now.Store(fails(provider.Throttled))
		_, _ = sendN(t, d, 5)
		if x, y := circuit(t, d, "a"), circuit(t, d, "b"); x.State != "open" || y.State != "open" {
			t.Fatalf("got %+v and %+v, want both open", x, y)
		}
		receipt, err := sendN(t, d, 1)
		if diff := cmp.Diff([]string{"b"}, tried(receipt)); diff != "" {
			t.Errorf("attempts (-want +got):\n%s", diff)
		}
		if e := messaging.AsError(err); e == nil || e.Code != messaging.CodeUnavailable || e.RetryAfter != time.Second {
			t.Errorf("got %v, want unavailable for a second", err)
		}
		b.now.Store(takes())
		if receipt, err := sendN(t, d, 1); err != nil || receipt.Provider != "b" {
			t.Errorf("got %v from %q, want b to take it at once", err, receipt.Provider)
		}
	})
}

func TestAnOpenBreakerIsNoWayOutForOthersThatFail(t *testing.T) {
	for name, tt := range map[string]struct {
		b    *fake
		want []string
	}{
		"throttled":     {fails(provider.Throttled), []string{"b"}},
		"unroutable":    {fails(provider.Unroutable), []string{"b", "a"}}, // a is the only one there is
		"misconfigured": {fails(provider.Misconfigured), []string{"b", "a"}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				b := newSwitchable(takes())
				d := pair(t, "", fails(provider.Unavailable), b)
				_, _ = sendN(t, d, 5)
				b.now.Store(tt.b)
				receipt, err := sendN(t, d, 1)
				if diff := cmp.Diff(tt.want, tried(receipt)); diff != "" {
					t.Errorf("attempts (-want +got):\n%s", diff)
				}
				if !errors.Is(err, messaging.CodeUnavailable) {
					t.Errorf("got %v, want unavailable, for a may come back", err)
				}
			})
		})
	}
}

func TestTheOnlyProviderIsTriedThoughItFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newSwitchable(fails(provider.Unavailable))
		d, _ := newDispatcher(t, parse(t, `tenants: [{name: "*", routes: [{providers: [a]}]}]`), map[string]provider.Provider{"a": a})
		_, _ = sendN(t, d, 5)
		a.now.Store(fails(provider.Unroutable))
		if receipt, err := sendN(t, d, 1); !errors.Is(err, messaging.CodeRejected) || len(receipt.Attempts) != 1 {
			t.Errorf("got %v after %d attempts, want rejected after one", err, len(receipt.Attempts))
		}
	})
}

// What hangs holds a part of the worker and not all of it, for others have a way.
func TestProvidersThatHangHoldAPartOfTheSlots(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := hangs()
		cfg := worker.Config{Slots: 40, Tenants: []worker.Tenant{
			{Name: "*", Routes: []worker.Route{{Providers: []string{"a"}}}}, {Name: "other", Routes: []worker.Route{{Providers: []string{"b"}}}},
		}}
		d, _ := newDispatcher(t, cfg, map[string]provider.Provider{"a": a, "b": takes()})
		var all sync.WaitGroup
		send := func() {
			all.Go(func() { _, _ = d.Send(within(t, 9*time.Second), message()) })
		}
		for range 10 {
			send()
		}
		time.Sleep(patient)
		for range 50 { // the first of them finds that the others are late
			send()
			synctest.Wait()
		}
		if got, want := len(a.calls), 10+40/4; got != want {
			t.Errorf("%d attempts are under way, want %d", got, want)
		}
		_, err := sendN(t, d, 1)
		if e := messaging.AsError(err); e == nil || e.Code != messaging.CodeUnavailable || e.RetryAfter != time.Second {
			t.Errorf("got %v, want unavailable for a second", err)
		}
		all.Wait()
	})
}
