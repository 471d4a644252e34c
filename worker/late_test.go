package worker_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker"
	"github.com/phonehook/phonehook/worker/provider"
)

// load sends a message every interval for a while, and returns the longest that one took
// and how many were not sent.
func load(t *testing.T, d *worker.Dispatcher, interval, length time.Duration) (longest time.Duration, failed int) {
	t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	for range length / interval {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
			defer cancel()
			begun := time.Now()
			_, err := d.Send(ctx, message())
			mu.Lock()
			defer mu.Unlock()
			longest = max(longest, time.Since(begun))
			if err != nil {
				failed++
			}
		})
		time.Sleep(interval)
	}
	all.Wait()
	return longest, failed
}

func TestAHangingProviderIsLeftSoon(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newSwitchable(after(50*time.Millisecond, nil))
		d := pair(t, "", a, after(50*time.Millisecond, nil))
		_, _ = load(t, d, 10*time.Millisecond, time.Second)
		hung := hangs()
		a.now.Store(hung)
		longest, failed := load(t, d, 10*time.Millisecond, 5*time.Second)
		if failed != 0 {
			t.Errorf("%d messages were not sent", failed)
		}
		// A share of the time would have been 4.5 s.
		if want := patient + 200*time.Millisecond; longest > want {
			t.Errorf("a message took %v, want at most %v", longest, want)
		}
		// Those that began until the first were late, and probes.
		if n := len(hung.calls); n > 120 {
			t.Errorf("%d of 500 messages waited for it", n)
		}
		if got := circuit(t, d, "a"); got.State == "closed" {
			t.Errorf("got %+v, want it open", got)
		}
	})
}

func TestASlowProviderIsNotTakenForAHangingOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a, b := newSwitchable(after(900*time.Millisecond, nil)), takes()
		d := pair(t, "", a, b)
		_, _ = load(t, d, 100*time.Millisecond, 5*time.Second)
		a.now.Store(after(1500*time.Millisecond, nil)) // within twice its average
		if _, failed := load(t, d, 10*time.Millisecond, 5*time.Second); failed != 0 || len(b.calls) != 0 {
			t.Errorf("%d failed and %d went to the next; want none", failed, len(b.calls))
		}
	})
}

// A provider that became much slower than it was is left, but comes back with its new
// average.
func TestAProviderThatBecameSlowComesBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a, b := newSwitchable(after(50*time.Millisecond, nil)), takes()
		d := pair(t, "", a, b)
		_, _ = load(t, d, 10*time.Millisecond, time.Second)
		a.now.Store(after(2*time.Second, nil))
		if _, failed := load(t, d, 10*time.Millisecond, 20*time.Second); failed != 0 {
			t.Errorf("%d failed", failed)
		}
		before := len(b.calls)
		if _, failed := load(t, d, 10*time.Millisecond, 5*time.Second); failed != 0 || len(b.calls) != before {
			t.Errorf("%d failed and %d went to the next; want none: %+v", failed, len(b.calls)-before, circuit(t, d, "a"))
		}
	})
}

// alone returns a dispatcher with one provider, a.
func alone(t *testing.T, a provider.Provider) *worker.Dispatcher {
	t.Helper()
	cfg := worker.Config{Tenants: []worker.Tenant{{Name: "*", Routes: []worker.Route{{Providers: []string{"a"}}}}}}
	d, _ := newDispatcher(t, cfg, map[string]provider.Provider{"a": a})
	return d
}

// Nothing is gained by turning messages away from the only provider there is, as long as
// it may be slow and nothing else.
func TestTheOnlyProviderMayBeSlow(t *testing.T) {
	for name, before := range map[string]time.Duration{"from the beginning": 0, "all of a sudden": 50 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := newSwitchable(after(before, nil))
				d := alone(t, a)
				if before > 0 {
					_, _ = load(t, d, 10*time.Millisecond, time.Second)
				}
				a.now.Store(after(5*time.Second, nil))
				if _, failed := load(t, d, 10*time.Millisecond, 20*time.Second); failed != 0 {
					t.Errorf("%d of 2000 messages were not sent", failed)
				}
				if got := circuit(t, d, "a"); got.State != "closed" {
					t.Errorf("got %+v, want it closed in the end", got)
				}
			})
		})
	}
}

// Once attempts have ended in failure, most messages are answered at once again.
func TestTheOnlyProviderMayNotHangForLong(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := alone(t, hangs())
		_, _ = load(t, d, 100*time.Millisecond, 10*time.Second)
		begun := time.Now()
		var answered sync.WaitGroup
		soon := make(chan struct{}, 200)
		for range cap(soon) {
			answered.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
				defer cancel()
				if _, err := d.Send(ctx, message()); err == nil {
					t.Error("a message was sent")
				}
				if time.Since(begun) < time.Second {
					soon <- struct{}{}
				}
			})
		}
		answered.Wait()
		// A quarter of the 256 slots may try all the same, and one as the breaker's probe.
		if n := len(soon); n < cap(soon)-65 {
			t.Errorf("%d of 200 messages were answered at once, want all but 65 at most", n)
		}
	})
}

func TestStopAfterUnknownWaitsForAHangingProvider(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := takes()
		d := pair(t, worker.StopAfterUnknown, hangs(), b)
		_, failed := load(t, d, 500*time.Millisecond, 3*time.Second)
		if failed != 6 || len(b.calls) != 0 {
			t.Errorf("%d ended as unknown and %d went to the next, want 6 and none", failed, len(b.calls))
		}
	})
}

func TestAnEndThatIsOursDoesNotCount(t *testing.T) {
	for name, send := range map[string]func(t *testing.T, d *worker.Dispatcher){
		"too little time to be fair": func(t *testing.T, d *worker.Dispatcher) {
			t.Helper()
			_, _ = d.Send(within(t, 800*time.Millisecond), message())
		},
		"a caller that leaves": func(t *testing.T, d *worker.Dispatcher) {
			t.Helper()
			ctx, cancel := context.WithCancel(within(t, 9*time.Second))
			time.AfterFunc(500*time.Millisecond, cancel)
			_, _ = d.Send(ctx, message())
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				d, _ := dispatcher(t, hangs())
				for range 10 {
					send(t, d)
				}
				if got := circuit(t, d, "a"); got.State != "closed" || got.Failures != 0 || got.Unknown != 10 || got.InFlight != 0 {
					t.Errorf("got %+v, want 10 unknown and no failure", got)
				}
			})
		})
	}
}

func TestATimeThatWasFairCounts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, _ := dispatcher(t, hangs())
		for range 5 {
			_, _ = d.Send(within(t, 2*time.Second), message())
		}
		if got := circuit(t, d, "a"); got.State != "open" || got.Failures != 5 || got.Unknown != 5 {
			t.Errorf("got %+v, want it open after 5 failures", got)
		}
	})
}

func TestAProviderThatNeverReturnsCountsAsFailed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		release := make(chan struct{})
		d := pair(t, "", deaf(release), takes())
		for range 5 {
			if receipt, err := d.Send(within(t, 3*time.Second), message()); err != nil || receipt.Provider != "b" {
				t.Fatalf("got %v from %q", err, receipt.Provider)
			}
		}
		if got := circuit(t, d, "a"); got.State != "open" || got.InFlight != 5 {
			t.Errorf("got %+v, want it open with 5 in flight", got)
		}
		close(release)
	})
}

func TestHealthTellsOfRoutesAndTimes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cfg := parse(t, `
tenants:
  - {name: acme, routes: [{name: calls, match: {channel: voice}, providers: [a]}, {providers: [a]}]}
  - {name: other, routes: [{providers: [a]}]}
`)
		d, _ := newDispatcher(t, cfg, map[string]provider.Provider{"a": after(80*time.Millisecond, nil)})
		_, _ = sendN(t, d, 30)
		voice := message()
		voice.Channel = messaging.Voice
		_, _ = d.Send(within(t, 9*time.Second), voice)
		h := d.Health()
		want := []worker.RouteHealth{{Tenant: "acme", Route: "calls", Messages: 1}, {Tenant: "acme", Route: "routes[1]", Messages: 30}, {Tenant: "other", Route: "routes[0]"}}
		for i, r := range h.Routes {
			if r != want[i] {
				t.Errorf("got %+v, want %+v", r, want[i])
			}
		}
		if got := circuit(t, d, "a"); got.Requests != 30 || got.AverageMS < 70 || got.AverageMS > 80 {
			t.Errorf("got %+v, want 30 requests of about 80 ms", got)
		}
	})
}
