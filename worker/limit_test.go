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

// limited is a dispatcher with the providers in one route and limits of a.
func limited(t *testing.T, workers func() int, limits []provider.Limit, fakes ...*fake) *worker.Dispatcher {
	t.Helper()
	providers := make(map[string]provider.Provider)
	var names []string
	for i, f := range fakes {
		name := string(rune('a' + i))
		names = append(names, name)
		providers[name] = f
	}
	cfg := worker.Config{Tenants: []worker.Tenant{{Name: "*", Routes: []worker.Route{{Providers: names}}}}}
	d, _ := newDispatcher(t, cfg, providers, func(o *worker.Options) {
		o.Limits, o.Workers = map[string][]provider.Limit{"a": limits}, workers
	})
	return d
}

// times is a provider that notes when its calls begin and how many there are at once.
type times struct {
	takes time.Duration

	mu             sync.Mutex
	begun          []time.Time
	inFlight, most int
}

func (p *times) fake() *fake {
	return &fake{do: func(context.Context, provider.Message) (provider.Receipt, error) {
		p.mu.Lock()
		p.begun = append(p.begun, time.Now())
		p.inFlight++
		p.most = max(p.most, p.inFlight)
		p.mu.Unlock()
		time.Sleep(p.takes)
		p.mu.Lock()
		p.inFlight--
		p.mu.Unlock()
		return provider.Receipt{ID: "vendor-1"}, nil
	}}
}

// mostInASecond is the most calls that began within any second, less a microsecond for
// what is lost in rounding.
func (p *times) mostInASecond() int {
	most := 0
	for i := range p.begun {
		n := 0
		for _, at := range p.begun[i:] {
			if at.Sub(p.begun[i]) < time.Second-time.Microsecond {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// sendMany sends n messages at intervals, and returns how many had each outcome.
func sendMany(t *testing.T, d *worker.Dispatcher, n int, interval, limit time.Duration) map[messaging.Code]int {
	t.Helper()
	outcomes := make(map[messaging.Code]int)
	var mu sync.Mutex
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			receipt, err := d.Send(ctx, message())
			mu.Lock()
			defer mu.Unlock()
			outcomes[messaging.CodeOf(receipt, err)]++
		})
		time.Sleep(interval)
	}
	all.Wait()
	return outcomes
}

func TestNoSecondHasMoreThanTheLimit(t *testing.T) {
	for name, tt := range map[string]struct {
		perSecond float64
		workers   int
		limit     int
		least     int // calls begun in the ten seconds
	}{
		"three a second":            {3, 1, 3, 30},
		"one of three workers":      {3, 3, 1, 10},
		"thirty, which allow three": {30, 1, 30, 280},
		"less than one":             {0.5, 1, 1, 5},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := &times{}
				d := limited(t, func() int { return tt.workers }, []provider.Limit{{PerSecond: tt.perSecond}}, p.fake())
				outcomes := sendMany(t, d, 1000, 10*time.Millisecond, 400*time.Millisecond)
				if got := p.mostInASecond(); got > tt.limit {
					t.Errorf("%d calls began within a second, want at most %d", got, tt.limit)
				}
				if len(p.begun) < tt.least {
					t.Errorf("%d calls began in ten seconds, want at least %d", len(p.begun), tt.least)
				}
				if outcomes[messaging.CodeSent] != len(p.begun) || outcomes[messaging.CodeUnavailable] != 1000-len(p.begun) {
					t.Errorf("%d calls and outcomes %v", len(p.begun), outcomes)
				}
			})
		})
	}
}

func TestALimitFollowsTheNumberOfWorkers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var workers atomic.Int32
		p := &times{takes: 500 * time.Millisecond}
		d := limited(t, func() int { return int(workers.Load()) }, []provider.Limit{{PerSecond: 8, InFlight: 100}}, p.fake())
		for _, tt := range []struct{ workers, want int }{{0, 8}, {4, 2}, {1, 8}} {
			workers.Store(int32(tt.workers)) //nolint:gosec // it is small
			time.Sleep(2 * time.Second)      // the bucket is full again
			p.begun = nil
			sendMany(t, d, 100, 10*time.Millisecond, 130*time.Millisecond) // too little to wait
			if got := len(p.begun); got < tt.want || got > tt.want+1 {
				t.Errorf("with %d workers %d calls began in a second, want %d", tt.workers, got, tt.want)
			}
		}
	})
}

func TestNoMoreInFlightThanTheLimit(t *testing.T) {
	for name, tt := range map[string]struct{ inFlight, workers, want int }{
		"alone": {10, 1, 10}, "one of three": {10, 3, 3}, "never none": {2, 5, 1},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := &times{takes: 100 * time.Millisecond}
				d := limited(t, func() int { return tt.workers }, []provider.Limit{{InFlight: tt.inFlight}}, p.fake())
				outcomes := sendMany(t, d, 40, 0, 9*time.Second)
				if p.most != tt.want {
					t.Errorf("%d calls were in flight at once, want %d", p.most, tt.want)
				}
				if outcomes[messaging.CodeSent] != 40 { // those who have to wait get their place
					t.Errorf("outcomes %v, want 40 sent", outcomes)
				}
			})
		})
	}
}

func TestAProviderAtItsLimitIsPassedOver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := limited(t, nil, []provider.Limit{{PerSecond: 1}}, takes(), takes())
		for _, want := range [][]string{{"a"}, {"b"}, {"b"}} {
			receipt, err := d.Send(within(t, 9*time.Second), message())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, tried(receipt)); diff != "" {
				t.Errorf("attempts (-want +got):\n%s", diff)
			}
		}
		a := d.Health().Providers[0]
		if a.Provider != "a" || a.Requests != 1 || a.Limited != 2 || a.Failures != 0 || a.State != "closed" {
			t.Errorf("got %+v, want one request, two limited and no failure", a)
		}
	})
}

func TestTheLastProviderAtItsLimitIsWaitedFor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := takes()
		d := limited(t, nil, []provider.Limit{{PerSecond: 1}}, a, fails(provider.Unavailable))
		if _, err := d.Send(within(t, 9*time.Second), message()); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		receipt, err := d.Send(within(t, 9*time.Second), message())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"b", "a"}, tried(receipt)); diff != "" {
			t.Errorf("attempts (-want +got):\n%s", diff)
		}
		if took := time.Since(begun); took != time.Second {
			t.Errorf("took %v, want the second until the next may begin", took)
		}
	})
}

func TestATokenThatComesTooLateIsNotTaken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := takes()
		d := limited(t, nil, []provider.Limit{{PerSecond: 0.5}}, a)
		if _, err := d.Send(within(t, 9*time.Second), message()); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		_, err := d.Send(within(t, 2*time.Second), message()) // it would come with no time for the attempt
		e := messaging.AsError(err)
		if e == nil || e.Code != messaging.CodeUnavailable || e.RetryAfter != 2*time.Second || e.Detail != "every provider that could take the message is at its limit; it was not sent" {
			t.Errorf("got %v, retry after %v; want unavailable for two seconds", err, e.RetryAfter)
		}
		if took := time.Since(begun); took != 0 {
			t.Errorf("it was said after %v, want at once", took)
		}
		// The message that could not wait has not taken the place of one that can.
		if _, err := d.Send(within(t, 2200*time.Millisecond), message()); err != nil || time.Since(begun) != 2*time.Second {
			t.Errorf("got %v after %v, want it sent after two seconds", err, time.Since(begun))
		}
	})
}

func TestLimitsHoldTogether(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := limited(t, nil, []provider.Limit{{PerSecond: 2}, {Channel: provider.Voice, InFlight: 1}}, takes(), takes())
		send := func(channel messaging.Channel) string {
			m := message()
			m.Channel = channel
			receipt, err := d.Send(within(t, 9*time.Second), m)
			if err != nil {
				t.Fatal(err)
			}
			return receipt.Provider
		}
		got := []string{send(messaging.Voice), send(messaging.SMS)} // both take of the same two
		time.Sleep(500 * time.Millisecond)
		got = append(got, send(messaging.SMS), send(messaging.Voice))
		if diff := cmp.Diff([]string{"a", "b", "a", "b"}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestACallerThatLeavesGivesItsPlaceInTheQueueBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := &times{takes: 3 * time.Second}
		d := limited(t, nil, []provider.Limit{{InFlight: 1, PerSecond: 1}}, p.fake())
		go func() { _, _ = d.Send(within(t, 9*time.Second), message()) }()
		synctest.Wait()
		ctx, cancel := context.WithCancel(within(t, 9*time.Second))
		gone := make(chan error, 1)
		go func() {
			_, err := d.Send(ctx, message())
			gone <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-gone; !errors.Is(err, messaging.CodeUnavailable) {
			t.Errorf("got %v, want unavailable", err)
		}
		if _, err := d.Send(within(t, 9*time.Second), message()); err != nil {
			t.Errorf("the next one got %v", err)
		}
		if len(p.begun) != 2 || d.Health().Providers[0].InFlight != 0 {
			t.Errorf("%d calls and %d in flight, want 2 and none", len(p.begun), d.Health().Providers[0].InFlight)
		}
	})
}
